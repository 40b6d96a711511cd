"""Check the invariants of the whole platform: ``bottega verify``. Other apps add checks with :func:`check`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q

from bottega_platform.jobs import clock, gpus, kinds
from bottega_platform.jobs.models import Job, JobPublication, OutboxMessage
from bottega_platform.jobs.states import JobState

GRACE = timedelta(seconds=60)
OUTBOX_GRACE = timedelta(minutes=5)


@dataclass(frozen=True)
class Violation:
    """One broken promise: of which check, about what, and how."""

    check: str
    subject: str
    detail: str


Check = Callable[[bool], Iterable[tuple[str, str]]]
_CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    """Register a check: a function of ``at_rest`` that yields (subject, detail) for each violation.

    ``at_rest`` is true when nothing should be under way, so that no grace is given.
    """

    def register(function: Check) -> Check:
        _CHECKS[name] = function
        return function

    return register


def names() -> list[str]:
    """Return the names of all checks."""
    return sorted(_CHECKS)


def verify(*, at_rest: bool = False) -> list[Violation]:
    """Run every check and return what is broken."""
    return [Violation(name, subject, detail) for name in names() for subject, detail in _CHECKS[name](at_rest)]


@check("jobs.running_has_live_lease")
def _live_leases(at_rest: bool) -> Iterable[tuple[str, str]]:
    limit = clock.now() - (timedelta(0) if at_rest else GRACE)
    for job in Job.objects.filter(state=JobState.RUNNING).filter(
        Q(lease_until__lt=limit) | Q(lease_until__isnull=True)
    ):
        yield job.pk, f"running, but its lease of {job.lease_owner} ended at {job.lease_until}: is a scheduler up?"


@check("jobs.one_effect")
def _one_effect(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    for job in Job.objects.filter(state=JobState.SUCCEEDED, publication__isnull=True):
        yield job.pk, "succeeded without a committed effect"
    odd = JobPublication.objects.exclude(job__state=JobState.SUCCEEDED, fence=F("job__fence"))
    for publication in odd.select_related("job"):
        yield publication.job_id, f"published at fence {publication.fence}, but is {publication.job.state}"


@check("jobs.final_has_reason")
def _reasons(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    for job in Job.objects.filter(state=JobState.FAILED).filter(Q(problem=None) | Q(failure_class=None)):
        yield job.pk, "failed without a reason"


@check("jobs.kind_is_known")
def _known_kinds(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    unfinished = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
    for job in unfinished.exclude(kind__in=kinds.names()):
        yield job.pk, f"is of kind {job.kind}, which no installed app knows: it can never run"


@check("jobs.gpu_job_holds_a_device")
def _devices(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    running = Job.objects.filter(state=JobState.RUNNING, queue=gpus.QUEUE)
    for job in running.exclude(device__fence=F("fence")):
        yield job.pk, "runs on the gpu queue without a device of its own"


@check("jobs.outbox_is_delivered")
def _outbox(at_rest: bool) -> Iterable[tuple[str, str]]:
    limit = clock.now() - (timedelta(0) if at_rest else OUTBOX_GRACE)
    for message in OutboxMessage.objects.filter(created_at__lt=limit).order_by("id")[:100]:
        detail = f"{message.topic} is not delivered after {message.attempts} tries: {message.last_error or '-'}"
        yield f"outbox {message.pk}", detail
