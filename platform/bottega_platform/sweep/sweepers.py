"""Who sweeps what. An app registers its sweepers with :func:`sweeper`, and what it points at with :func:`root`.

Nothing goes by its age alone: a sweeper first marks what is pointed at. What is left goes when it was last written
before :attr:`Sweep.before`, which lies a grace back, and before the first attempt that is at work now: what a job has
stored and not yet published is never in danger, however long the job takes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bottega_platform.jobs import clock
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.states import JobState

GRACE = timedelta(hours=24)
CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clock of a store may be from the database's."""


@dataclass(frozen=True)
class Sweep:
    """One sweep: its moment, the staging names of attempts at work, and whether it only tells."""

    before: datetime
    running: frozenset[str]
    dry_run: bool


@dataclass(frozen=True)
class Swept:
    """One thing that went, or would go: by which sweeper, what, and its bytes."""

    sweeper: str
    subject: str
    bytes: int = 0


Sweeper = Callable[[Sweep], Iterable[tuple[str, int]]]
Root = Callable[[], Iterable[str]]
_SWEEPERS: dict[str, Sweeper] = {}
_ROOTS: dict[str, Root] = {}


def sweeper(name: str) -> Callable[[Sweeper], Sweeper]:
    """Register a sweeper: a function that removes, unless ``dry_run``, and yields (subject, bytes) of each thing."""

    def register(function: Sweeper) -> Sweeper:
        _SWEEPERS[name] = function
        return function

    return register


def root(name: str) -> Callable[[Root], Root]:
    """Register a root: a function that yields the digest of every blob that the app's rows point at."""

    def register(function: Root) -> Root:
        _ROOTS[name] = function
        return function

    return register


def names() -> list[str]:
    """Return the names of all sweepers."""
    return sorted(_SWEEPERS)


def marked() -> set[str]:
    """Return the digests of all blobs that something points at."""
    return {digest for name in sorted(_ROOTS) for digest in _ROOTS[name]()}


def run(*, grace: timedelta = GRACE, dry_run: bool = False, only: Iterable[str] | None = None) -> Iterator[Swept]:
    """Sweep, and yield what went; with ``dry_run`` what would go."""
    sweep = begin(grace=grace, dry_run=dry_run)
    for name in names() if only is None else only:
        for subject, size in _SWEEPERS[name](sweep):
            yield Swept(name, subject, size)


def begin(*, grace: timedelta, dry_run: bool) -> Sweep:
    """Say what a sweep that begins now may touch."""
    moment = clock.now() - grace
    running = list(Job.objects.filter(state=JobState.RUNNING).only("pk", "fence", "started_at"))
    began = [job.started_at - CLOCKS_DIFFER for job in running if job.started_at is not None]
    return Sweep(min([moment, *began]), frozenset(job.staging_name for job in running), dry_run)
