"""A job kind for tests of the engine, the platform's half: its effects are audited outside the job's own row."""

from typing import Any

from bottega.problems import DataProblem
from bottega_platform.jobs import kinds
from bottega_platform.jobs.models import Job, JobEvent


class Probe(kinds.JobKind):
    """Does what its spec says; each published effect is one event of type ``probe.effect``."""

    name = "probe"
    queue = "probe"
    other_queues = ("gpu",)
    timeout_seconds = 30.0
    memory_bytes = 400 * 1024**2
    connections = ("artifacts",)

    def inputs(self, job: Job) -> dict[str, Any]:
        if job.spec.get("bad_inputs"):
            raise DataProblem("The table has no published version. Ingest it first.")
        return {"greeting": "hello"}

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        if job.spec.get("bad_publish"):
            raise DataProblem("The result does not fit.")
        _record(job, "probe.effect", {"job": job.pk, "fence": job.fence, "result": result})

    def failed(self, job: Job) -> None:
        _record(job, "probe.failed", {"job": job.pk, "state": job.state})


def _record(job: Job, topic: str, payload: dict[str, Any]) -> None:
    JobEvent.objects.create(type=topic, data=payload, project_id=job.project_id, job_id=job.pk)


def _echo(job: Job, params: dict[str, Any]) -> dict[str, Any]:
    if params.get("refuse"):
        raise DataProblem("No more of that.")
    return {"job": job.pk, "fence": job.fence, **params}


def _break(job: Job, params: dict[str, Any]) -> None:
    raise RuntimeError("a bug of the platform")


Probe.calls = {"probe.echo": _echo, "probe.break": _break}
kinds.register(Probe())
