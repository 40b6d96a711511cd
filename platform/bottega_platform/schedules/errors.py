"""What can go wrong with a schedule."""

from bottega_platform.api.errors import Conflict


class AlreadyRunning(Conflict):
    """The fire before is not over."""

    code = "already_running"
    title = "The schedule is at work"


class OwnerMissing(Conflict):
    """Who the schedule acts as is gone, or may not do it any more."""

    code = "owner_missing"
    title = "The schedule has no owner who may do this"


class StepFailed(Conflict):
    """A job of a fire did not succeed."""

    code = "job_failed"
    title = "A job did not succeed"
