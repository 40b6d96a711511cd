"""What a model was made with."""

import platform
from importlib import metadata

PACKAGES = (
    "bottega-training",
    "lightgbm",
    "xgboost-cpu",
    "scikit-learn",
    "numpy",
    "pyarrow",
    "optuna",
    "onnx",
    "onnxruntime",
)


def versions() -> dict[str, str]:
    """Return the versions of Python, the system and the packages that shape a model."""
    found = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    return found | {name: metadata.version(name) for name in PACKAGES} | _installed("torch")


def _installed(name: str) -> dict[str, str]:
    """Return the version of a package that is not installed everywhere."""
    try:
        return {name: metadata.version(name)}
    except metadata.PackageNotFoundError:
        return {}
