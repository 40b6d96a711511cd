"""The GPUs of this machine: declared in the environment, or found by NVML."""

from dataclasses import dataclass
from typing import Any

from bottega_platform.config.env import Env

QUEUE = "gpu"


@dataclass(frozen=True)
class Gpu:
    """A GPU; ``number`` is what ``CUDA_VISIBLE_DEVICES`` takes."""

    number: str
    name: str
    memory_bytes: int


def find(env: Env) -> list[Gpu]:
    """Return the GPUs that ``BOTTEGA_GPU_DEVICES`` declares, or where it is unset those that NVML sees."""
    if env.gpu_devices is not None:
        return [Gpu(number, "declared", 0) for number in env.gpu_devices]
    return _seen_by_nvml()


def _seen_by_nvml() -> list[Gpu]:
    import pynvml  # loads the driver's library, which most machines do not have

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [_described(pynvml, place) for place in range(pynvml.nvmlDeviceGetCount())]
    finally:
        pynvml.nvmlShutdown()


def _described(nvml: Any, place: int) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(place)
    memory = int(nvml.nvmlDeviceGetMemoryInfo(handle).total)
    return Gpu(nvml.nvmlDeviceGetUUID(handle), nvml.nvmlDeviceGetName(handle), memory)
