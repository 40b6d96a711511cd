"""LightGBM through its public C API: no Python package, no copy, about two microseconds a row.

A malformed model text can abort the whole process, so a bundle is first loaded in a probe process.
"""

import ctypes
import functools
import importlib.util
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bottega_serving.runtimes.base import ModelLoadError, without_none

_FLOAT64, _NORMAL, _ROW_MAJOR = 1, 0, 1
_PARAMETERS = b"num_threads=1 predict_disable_shape_check=false"


@functools.cache
def _library() -> ctypes.CDLL:
    spec = importlib.util.find_spec("lightgbm")
    if spec is None or not spec.submodule_search_locations:
        raise ModelLoadError("the lightgbm package is not installed on this node")
    folder = Path(next(iter(spec.submodule_search_locations)))
    found = next(iter(sorted(folder.rglob("lib_lightgbm.*"))), None)
    if found is None:
        raise ModelLoadError(f"there is no lib_lightgbm in {folder}")
    library = ctypes.CDLL(str(found))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library


def _check(code: int) -> None:
    if code != 0:
        raise ModelLoadError(f"LightGBM: {_library().LGBM_GetLastError().decode(errors='replace')}")


class LightGbmRuntime:
    """One booster with a single-row configuration into preallocated buffers."""

    def __init__(self, data: bytes, *, width: int) -> None:
        library = _library()
        self._booster = ctypes.c_void_p()
        iterations = ctypes.c_int()
        _check(
            library.LGBM_BoosterLoadModelFromString(
                ctypes.c_char_p(data), ctypes.byref(iterations), ctypes.byref(self._booster)
            )
        )
        self._check_shape(width)
        self._width = width
        self._pack = struct.Struct(f"{width}d").pack_into
        self._buffer = (ctypes.c_double * width)()
        self._prepare_fast(library, width)

    def _check_shape(self, width: int) -> None:
        features, classes = ctypes.c_int(), ctypes.c_int()
        _check(_library().LGBM_BoosterGetNumFeature(self._booster, ctypes.byref(features)))
        _check(_library().LGBM_BoosterGetNumClasses(self._booster, ctypes.byref(classes)))
        if features.value != width:
            raise ModelLoadError(f"the model takes {features.value} inputs, its signature has {width}")
        if classes.value != 1:
            raise ModelLoadError(f"the model has {classes.value} outputs, only one is served")

    def _prepare_fast(self, library: ctypes.CDLL, width: int) -> None:
        self._fast = ctypes.c_void_p()
        _check(
            library.LGBM_BoosterPredictForMatSingleRowFastInit(
                self._booster, _NORMAL, 0, -1, _FLOAT64, width, ctypes.c_char_p(_PARAMETERS), ctypes.byref(self._fast)
            )
        )
        self._output = ctypes.c_double()
        self._length = ctypes.c_int64()
        self._call = library.LGBM_BoosterPredictForMatSingleRowFast
        self._arguments: tuple[Any, ...] = (
            self._fast,
            ctypes.cast(self._buffer, ctypes.c_void_p),
            ctypes.byref(self._length),
            ctypes.byref(self._output),
        )

    def predict_row(self, values: Sequence[float | None]) -> float:
        """Return the output of one input vector."""
        try:
            self._pack(self._buffer, 0, *values)
        except struct.error:  # None is looked for only where there is one
            self._pack(self._buffer, 0, *without_none(values))
        if self._call(*self._arguments) != 0:
            _check(-1)
        return self._output.value

    def predict_rows(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the outputs of many input vectors; ctypes lets other threads run meanwhile."""
        table = np.ascontiguousarray(matrix, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != self._width:
            raise ModelLoadError(f"expected rows of {self._width} inputs, got shape {table.shape}")
        outputs = np.empty(len(table), np.float64)
        length = ctypes.c_int64()
        _check(
            _library().LGBM_BoosterPredictForMat(
                self._booster,
                ctypes.c_void_p(table.ctypes.data),
                _FLOAT64,
                ctypes.c_int32(len(table)),
                ctypes.c_int32(self._width),
                _ROW_MAJOR,
                _NORMAL,
                0,
                -1,
                ctypes.c_char_p(_PARAMETERS),
                ctypes.byref(length),
                ctypes.c_void_p(outputs.ctypes.data),
            )
        )
        return outputs

    def __del__(self) -> None:
        if getattr(self, "_fast", None):
            _library().LGBM_FastConfigFree(self._fast)
        if getattr(self, "_booster", None):
            _library().LGBM_BoosterFree(self._booster)
