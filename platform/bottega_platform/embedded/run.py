"""Start one service and wait for it: what tests and single commands need. `bottega up` has the supervisor."""

from typing import Protocol

from bottega_platform.embedded.ports import require_free
from bottega_platform.embedded.process import Child, Program, ServiceFailedError, spawn, tail, wait_for


class Service(Protocol):
    """One service: its files, its program, how to see that it is ready, and what is left to do then."""

    @property
    def name(self) -> str:
        """Its name, as `bottega status` shows it."""

    @property
    def ready_seconds(self) -> float:
        """How long it may take from its start until it is ready."""

    def ports(self) -> dict[str, int]:
        """The ports it listens on, by the variable that moves them."""

    def prepare(self) -> None:
        """Make its files; called before each start, and never while it runs."""

    def program(self) -> Program:
        """The program to run."""

    def ready(self) -> bool:
        """Say whether it does its work now."""

    def settle(self) -> None:
        """Finish its set-up once it is ready."""


def start(service: Service) -> Child:
    """Start ``service`` as a child of this process and return when it is ready.

    Raises:
        PortTakenError: when another program listens on one of its ports.
        ServiceFailedError: when it ends or is not ready in its time.
    """
    service.prepare()
    require_free(service.ports())
    child = spawn(service.program())
    wait_for(lambda: child.returncode() is not None or service.ready(), seconds=service.ready_seconds)
    if child.returncode() is not None or not service.ready():
        child.kill()
        raise failure(child)
    service.settle()
    return child


def failure(child: Child) -> ServiceFailedError:
    """Return the error for a child that did not become ready, with its last log lines."""
    program, status = child.program, child.popen.returncode
    ended = f"ended with status {status}" if status is not None and status >= 0 else "was not ready in its time"
    return ServiceFailedError(
        f"{program.name} {ended}. Last lines of {program.log}:\n{tail(program.log)}",
        hint=f"bottega logs {program.name}",
    )
