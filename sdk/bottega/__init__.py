"""Bottega: what users import, and the contracts that the components share.

>>> import bottega
>>> platform = bottega.connect()
>>> project = platform.project("shop")

Nothing heavy is loaded before it is used: the other members import this package for its contracts alone.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from bottega.client import JobFailed, Platform, connect, login
    from bottega.packaging import Package, package
    from bottega.problems import ProblemError

__all__ = ["JobFailed", "Package", "Platform", "ProblemError", "connect", "login", "package"]

_HOMES = {
    "JobFailed": "bottega.client",
    "Package": "bottega.packaging",
    "Platform": "bottega.client",
    "ProblemError": "bottega.problems",
    "connect": "bottega.client",
    "login": "bottega.client",
    "package": "bottega.packaging",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bottega' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
