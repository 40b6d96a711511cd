"""What can be wrong with a job, as problems a user can act on."""

from bottega.problems import ProblemError


class UnknownJobKind(ProblemError):
    """No app registered this kind."""

    code = "unknown_job_kind"
    title = "There is no such kind of job"
    status = 500


class StaleFence(Exception):
    """Somebody else owns the job now: this attempt's writes are refused and its output is discarded."""
