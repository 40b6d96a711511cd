"""What uses a model's versions: apps that serve register themselves, the registry does not know them."""

from collections.abc import Callable

import msgspec

from bottega_platform.registry.models import Model


class Use(msgspec.Struct, frozen=True):
    """One use of a version, in words that name the user: “endpoint price serves version 3”."""

    version: int
    detail: str


Finder = Callable[[Model], list[Use]]
_finders: list[Finder] = []


def finder(function: Finder) -> Finder:
    """Register a function that finds what uses a model's versions."""
    _finders.append(function)
    return function


def of(model: Model) -> list[Use]:
    """Return every use of the model's versions, by version."""
    found = {use for function in _finders for use in function(model)}
    return sorted(found, key=lambda use: (use.version, use.detail))
