"""The apps of the control plane, in the order in which they may know each other."""

from importlib.util import find_spec

ROOT = "bottega_platform"
CORE = ("api", "accounts", "projects", "audit")
DOMAIN = (
    "jobs",
    "artifacts",
    "events",
    "sources",
    "tables",
    "features",
    "training_sets",
    "runs",
    "registry",
    "deployments",
    "predictions",
    "ground_truth",
    "schedules",
    "documents",
)


def installed() -> list[str]:
    """Return the dotted names of our apps: those with an ``apps.py``."""
    names = [f"{ROOT}.{name}" for name in (*CORE, *DOMAIN)]
    return [name for name in names if _exists(f"{name}.apps")]


def url_modules() -> list[str]:
    """Return the URL modules of our apps, their paths relative to ``/api/v1/``."""
    names = [f"{ROOT}.{name}.api.urls" for name in ("accounts", "projects", "audit", *DOMAIN)]
    return [name for name in names if _exists(name)]


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
