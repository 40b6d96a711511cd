"""Which queue a fit goes to: ``gpu`` where its trainer can use one and one is there, else the kind's own."""

from typing import Any

from bottega.specs.trainers import TRAINERS
from bottega_platform.api.errors import Conflict
from bottega_platform.jobs import devices, gpus


def check(device: str) -> None:
    """Refuse a run that insists on a GPU where there is none.

    Raises:
        Conflict: no worker has announced a device.
    """
    if device == "gpu" and not devices.present():
        detail = (
            "No worker has announced a GPU in the last minute. Ask for device auto or cpu, or start Bottega where "
            "there is one."
        )
        raise Conflict(detail, code="no_gpu", title="There is no GPU")


def queue(run: dict[str, Any]) -> str | None:
    """Return the queue of a fit with this spec; None is the default of its kind."""
    return gpus.QUEUE if _may_use_gpu(run) and devices.present() else None


def parallel(run: dict[str, Any], slots: int) -> int:
    """Return how many fits of this spec run at once: one for each device, or as many as the ``cpu`` queue has slots."""
    return devices.present() if queue(run) else slots


def _may_use_gpu(run: dict[str, Any]) -> bool:
    info = TRAINERS.get(run["trainer"])
    return info is not None and "gpu" in info.devices and run.get("device", "auto") != "cpu"
