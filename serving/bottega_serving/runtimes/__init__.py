"""Native runtimes: one per model format, files only, no user code."""

from bottega_serving.runtimes.base import ModelLoadError, Runtime, load

__all__ = ["ModelLoadError", "Runtime", "load"]
