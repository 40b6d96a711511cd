"""XGBoost through its public C API: for models whose ONNX form, which is quicker by row, did not pass its parity check.

A malformed model can abort the whole process, so a bundle is first loaded in a probe process.
"""

import ctypes
import functools
import importlib.util
import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bottega_serving.runtimes.base import ModelLoadError, without_none

_CONFIG = json.dumps(
    {
        "type": 0,
        "training": False,
        "iteration_begin": 0,
        "iteration_end": 0,
        "strict_shape": False,
        "missing": float("nan"),
        "cache_id": 0,
    }
).encode()


@functools.cache
def _library() -> ctypes.CDLL:
    spec = importlib.util.find_spec("xgboost")
    if spec is None or not spec.submodule_search_locations:
        raise ModelLoadError("the xgboost-cpu package is not installed on this node")
    folder = Path(next(iter(spec.submodule_search_locations)))
    found = next(iter(sorted(folder.rglob("libxgboost.*"))), None)
    if found is None:
        raise ModelLoadError(f"there is no libxgboost in {folder}")
    library = ctypes.CDLL(str(found))
    library.XGBGetLastError.restype = ctypes.c_char_p
    return library


def _check(code: int) -> None:
    if code != 0:
        reason = _library().XGBGetLastError().decode(errors="replace").strip()
        raise ModelLoadError(f"XGBoost: {reason.splitlines()[0] if reason else 'no reason given'}")


def _interface(address: int, rows: int, width: int) -> bytes:
    """Describe a row-major table of doubles as the array interface that the library reads."""
    return json.dumps({"data": [address, True], "shape": [rows, width], "typestr": "<f8", "version": 3}).encode()


class XgboostRuntime:
    """One booster and a buffer for single rows."""

    def __init__(self, data: bytes, *, width: int) -> None:
        library = _library()
        self._booster = ctypes.c_void_p()
        _check(library.XGBoosterCreate(None, ctypes.c_uint64(0), ctypes.byref(self._booster)))
        _check(library.XGBoosterLoadModelFromBuffer(self._booster, data, ctypes.c_uint64(len(data))))
        _check(library.XGBoosterSetParam(self._booster, b"nthread", b"1"))
        features = ctypes.c_uint64()
        _check(library.XGBoosterGetNumFeature(self._booster, ctypes.byref(features)))
        if features.value != width:
            raise ModelLoadError(f"the model takes {features.value} inputs, its signature has {width}")
        self._width = width
        self._pack = struct.Struct(f"{width}d").pack_into
        self._buffer = (ctypes.c_double * width)()
        self._row = _interface(ctypes.addressof(self._buffer), 1, width)
        self._predict(self._row, 1)

    def predict_row(self, values: Sequence[float | None]) -> float:
        """Return the output of one input vector."""
        try:
            self._pack(self._buffer, 0, *values)
        except struct.error:  # None is looked for only where there is one
            self._pack(self._buffer, 0, *without_none(values))
        return float(self._predict(self._row, 1)[0])

    def predict_rows(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the outputs of many input vectors; ctypes lets other threads run meanwhile."""
        table = np.ascontiguousarray(matrix, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != self._width:
            raise ModelLoadError(f"expected rows of {self._width} inputs, got shape {table.shape}")
        return self._predict(_interface(table.ctypes.data, len(table), self._width), len(table))

    def _predict(self, interface: bytes, rows: int) -> NDArray[np.float64]:
        """Predict; the library's answer lives until this thread's next call, so it is copied."""
        shape, outputs = ctypes.POINTER(ctypes.c_uint64)(), ctypes.POINTER(ctypes.c_float)()
        dimensions = ctypes.c_uint64()
        _check(
            _library().XGBoosterPredictFromDense(
                self._booster,
                interface,
                _CONFIG,
                None,
                ctypes.byref(shape),
                ctypes.byref(dimensions),
                ctypes.byref(outputs),
            )
        )
        count = int(np.prod(shape[: dimensions.value]))
        if count != rows:
            raise ModelLoadError(f"the model has {count / rows:g} outputs a row, only one is served")
        return np.ctypeslib.as_array(outputs, (rows,)).astype(np.float64)

    def __del__(self) -> None:
        if getattr(self, "_booster", None):
            _library().XGBoosterFree(self._booster)
