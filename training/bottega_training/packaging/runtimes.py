"""Loads a bundle's model file the way serving does: native library, no pickle, one thread."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import lightgbm
import numpy as np
import onnxruntime
import xgboost
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from bottega.bundle import ModelFormat
from bottega.problems import ProblemError

_FORMATS: dict[str, ModelFormat] = {".onnx": "onnx", ".txt": "lightgbm", ".ubj": "xgboost"}
_ONNX_ERRORS = (
    RuntimeError,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
Predict = Callable[[np.ndarray], np.ndarray]


class BrokenModel(ProblemError):
    """The model file cannot be loaded, or does not do what it should."""

    code = "model_broken"
    title = "The model file cannot be used"


def load(path: Path, model_format: ModelFormat) -> Predict:
    """Return a function from an encoded matrix to predictions.

    Raises:
        BrokenModel: the file is damaged.
    """
    loaders = {"lightgbm": _lightgbm, "onnx": _onnx, "xgboost": _xgboost}
    return loaders[model_format](path)


def format_of(name: str) -> ModelFormat | None:
    """Return the format of a model file by its name; None for a file that is no model."""
    return _FORMATS.get(PurePosixPath(name).suffix)


def _lightgbm(path: Path) -> Predict:
    try:
        booster = lightgbm.Booster(model_file=str(path))
    except lightgbm.basic.LightGBMError as error:
        raise BrokenModel(f"LightGBM cannot load the model file: {error}") from error
    return lambda matrix: np.asarray(booster.predict(matrix, num_threads=1), dtype=np.float64)


def _xgboost(path: Path) -> Predict:
    try:
        booster = xgboost.Booster({"nthread": 1}, model_file=str(path))
    except xgboost.core.XGBoostError as error:
        raise BrokenModel(f"XGBoost cannot load the model file: {str(error).splitlines()[0]}") from error
    return lambda matrix: np.asarray(booster.inplace_predict(matrix, missing=np.nan), dtype=np.float64)


def _onnx(path: Path) -> Predict:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            path.read_bytes(), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except _ONNX_ERRORS as error:
        raise BrokenModel(f"ONNX Runtime cannot load the model file: {error}") from error
    return _onnx_predict(session)


def _onnx_predict(session: onnxruntime.InferenceSession) -> Predict:
    name = session.get_inputs()[0].name

    def predict(matrix: np.ndarray) -> np.ndarray:
        try:
            return np.asarray(session.run(None, {name: matrix})[0], dtype=np.float64).ravel()
        except _ONNX_ERRORS as error:
            raise BrokenModel(f"ONNX Runtime cannot run the model: {error}") from error

    return predict
