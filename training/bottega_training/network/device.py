"""Where a fit runs: on the GPU where PyTorch sees one, else on the CPU, and why."""

from dataclasses import dataclass
from typing import Literal

import torch

Asked = Literal["auto", "cpu", "gpu"]


class NoGpuError(RuntimeError):
    """A GPU was asked for and PyTorch sees none; the message says why."""


@dataclass(frozen=True)
class Device:
    """The device of a fit. ``note`` says why it is the CPU although a GPU would have been taken."""

    kind: Literal["cpu", "cuda"]
    name: str
    note: str = ""


def choose(asked: Asked) -> Device:
    """Return the device: ``auto`` takes the GPU that is visible, else the CPU.

    Raises:
        NoGpuError: ``gpu`` was asked for and there is none.
    """
    if asked == "cpu":
        return Device("cpu", "CPU")
    if torch.cuda.is_available():
        return Device("cuda", torch.cuda.get_device_name(0))
    if asked == "gpu":
        raise NoGpuError(_why())
    return Device("cpu", "CPU", f"{_why()} Trained on the CPU.")


def _why() -> str:
    if torch.version.cuda is None:
        return f"This PyTorch ({torch.__version__}) was built without CUDA."
    return f"PyTorch {torch.__version__} sees no CUDA device."
