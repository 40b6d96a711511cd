"""Where a wheel with programs in it lies, without importing it: some do a lot when imported."""

from importlib.util import find_spec
from pathlib import Path


def folder(package: str) -> Path:
    """Return the folder of an installed package.

    Raises:
        ModuleNotFoundError: when it is not installed.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed: pip install 'bottega-platform[embedded]'")
    return Path(next(iter(spec.submodule_search_locations)))
