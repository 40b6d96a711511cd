"""The ``MLmodel`` file: makes a bundle folder loadable by MLflow, without anything pickled."""

import json
from typing import Any

import lightgbm
import onnx
import xgboost

from bottega.bundle import ModelFormat

FILE_NAME = "MLmodel"


def document(model_format: ModelFormat, model_file: str, *, run: str, created_at: str) -> bytes:
    """Return the file's bytes; JSON is valid YAML."""
    flavour, details = _flavour(model_format)
    content: dict[str, Any] = {
        "flavors": {
            flavour: {"data": model_file, "code": None, **details},
            "python_function": {
                "loader_module": f"mlflow.{flavour}",
                "data": model_file,
                "env": {"virtualenv": "python_env.yaml"},
            },
        },
        "metadata": {"bottega_run_id": run},
        "utc_time_created": created_at,
    }
    return json.dumps(content, indent=2).encode()


def _flavour(model_format: ModelFormat) -> tuple[str, dict[str, Any]]:
    if model_format == "lightgbm":
        return "lightgbm", {"lgb_version": lightgbm.__version__, "model_class": "lightgbm.basic.Booster"}
    if model_format == "xgboost":
        details = {"xgb_version": xgboost.__version__, "model_class": "xgboost.core.Booster", "model_format": "ubj"}
        return "xgboost", details
    return "onnx", {"onnx_version": onnx.__version__, "providers": ["CPUExecutionProvider"]}
