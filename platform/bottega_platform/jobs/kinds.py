"""The control plane's half of each job kind: limits, inputs, and what happens under the fence."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from bottega_platform.jobs.models import Job
from bottega_platform.jobs.problems import UnknownJobKind

HandleCall = Callable[[Job, dict[str, Any]], Any]


class JobKind(ABC):
    """One kind of job. Subclass it in your app and register an instance in ``AppConfig.ready``.

    The child's half is the function that ``bottega_training.kinds.KINDS`` names for the same kind.
    """

    name: ClassVar[str]
    queue: ClassVar[str] = "cpu"
    """Where it runs unless the call to enqueue says otherwise."""
    other_queues: ClassVar[tuple[str, ...]] = ()
    """Where it may run, too: the zygotes of these queues are ready for it."""
    max_attempts: ClassVar[int] = 3
    timeout_seconds: ClassVar[float] = 3600.0
    memory_bytes: ClassVar[int | None] = None
    """Resident memory the child and its children may use together; ``None`` takes the worker's share."""
    connections: ClassVar[tuple[str, ...]] = ()
    """Names of the secret connections the child gets, and no others."""
    calls: ClassVar[dict[str, HandleCall]] = {}
    """What the child may ask for by name; each call runs in a transaction that holds the fence."""

    def inputs(self, job: Job) -> dict[str, Any]:  # noqa: ARG002
        """Resolve what the child may know: published snapshots, digests, definitions. JSON only."""
        return {}

    @abstractmethod
    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Make the child's result visible. Runs inside the fenced transaction that finishes the job."""

    def failed(self, job: Job) -> None:  # noqa: B027 - not abstract: only some kinds have to
        """Settle the subject after a final failure or a cancel, in the transaction that ends the job."""


_KINDS: dict[str, JobKind] = {}


def register(kind: JobKind) -> None:
    """Make a kind known to this process; registering the same class twice is harmless."""
    known = _KINDS.get(kind.name)
    if known is not None and type(known) is not type(kind):
        raise ValueError(f"job kind {kind.name} is registered by {type(known).__name__} already")
    _KINDS[kind.name] = kind


def get(name: str) -> JobKind:
    """Return the kind of this name.

    Raises:
        UnknownJobKind: no installed app registered it.
    """
    try:
        return _KINDS[name]
    except KeyError:
        raise UnknownJobKind(
            f"Job kind {name!r} is not known here. Known kinds: {', '.join(sorted(_KINDS)) or 'none'}."
        ) from None


def of_queue(queue: str) -> list[str]:
    """Return the names of the kinds that run on this queue."""
    return sorted(name for name, kind in _KINDS.items() if queue in (kind.queue, *kind.other_queues))


def names() -> list[str]:
    """Return the names of all kinds this process knows."""
    return sorted(_KINDS)
