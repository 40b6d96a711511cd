"""Loopback ports: free or taken, and by whom."""

import random
import socket

from bottega.problems import Fault, ProblemError
from bottega_platform.config.env import LOOPBACK

# Below the range from which the kernel takes ports for outgoing connections.
_TEST_PORTS = range(20_000, 32_000)


class PortTakenError(ProblemError):
    """Another program listens where a service of ours should."""

    code = "port_taken"
    title = "A port is already in use"
    status = 409


def is_free(port: int) -> bool:
    """Say whether we could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Say whether something accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def require_free(wanted: dict[str, int]) -> None:
    """Refuse taken ports, each named with the variable that moves it.

    Raises:
        PortTakenError: with one fault per taken port.
    """
    faults = [
        Fault("port_taken", f"port {port} is in use; set {name} to a free one, e.g. {name}={port + 1000}", name)
        for name, port in wanted.items()
        if not is_free(port)
    ]
    if faults:
        raise PortTakenError("; ".join(fault.detail for fault in faults), errors=faults)


def pick(count: int) -> list[int]:
    """Return ``count`` different ports that are free now."""
    found: list[int] = []
    for port in random.SystemRandom().sample(_TEST_PORTS, len(_TEST_PORTS)):
        if is_free(port):
            found.append(port)
        if len(found) == count:
            break
    return found
