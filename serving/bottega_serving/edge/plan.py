"""How a record becomes an input vector: compiled once per bundle and project, run for every request.

The names of a row stand in one order: keys and request fields (the base), view features, expressions. A
model input is a place in that order. One row goes through Python scalars, many rows through numpy columns.
"""

import math
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from bottega.bundle import ModelInput, OnlineView, Signature
from bottega_feature_store.codec import Vector
from bottega_feature_store.expressions import Expression, parse
from bottega_feature_store.online.keys import LAYOUT, key_bytes, pointer_key
from bottega_serving.edge.decode import Decoder, types_of
from bottega_serving.edge.vectors import category_text, encode
from bottega_serving.edge.views import PackedView

NAN = math.nan
Row = Sequence[Any]


class ViewPlan(PackedView):
    """How one view is read: its key from the base, and what its packed value says."""

    def __init__(self, view: OnlineView, project_id: str, base: list[str], features: list[str]) -> None:
        ttl_us = None if view.ttl_seconds is None else view.ttl_seconds * 1_000_000
        super().__init__(view.name, view.columns, ttl_us, features)
        self.prefix = LAYOUT + f"{project_id}:{view.view_id}:".encode()
        self.pointer = pointer_key(project_id, view.view_id)
        self.key_places = [base.index(key.name) for key in view.key_fields]

    def key(self, base: Row) -> bytes | None:
        """Return the entity's key bytes, or None when a part of the key is null."""
        values = [base[place] for place in self.key_places]
        return None if None in values else key_bytes(values)


class Plan:
    """Everything needed to go from decoded records to input vectors."""

    def __init__(self, signature: Signature, project_id: str) -> None:
        self.decoder = Decoder(signature)
        self.base_names = [field.name for field in self.decoder.required]
        self.feature_names = [field.name for field in self.decoder.features]
        self.views = [
            ViewPlan(view, project_id, self.base_names, self.feature_names)
            for view in signature.views
            if any(field.view == view.name for field in self.decoder.features)
        ]
        _check_texts(signature)
        compiled = self._parse(signature)
        self._expressions = [expression.compile_row() for expression in compiled]
        self._array_expressions = [expression.compile_numpy() for expression in compiled]
        self._expression_names = [item.name for item in signature.expressions]
        self._names = self.base_names + self.feature_names + self._expression_names
        self._order = _picker([self._names.index(item.name) for item in signature.inputs])
        self._inputs = [(item.name, _codes(item)) for item in signature.inputs]
        self._categories = [(at, codes, name) for at, (name, codes) in enumerate(self._inputs) if codes is not None]
        self._event_time = (
            self.base_names.index(signature.event_time) if signature.event_time in self.base_names else None
        )
        self.blank = [None] * len(self.feature_names)

    @staticmethod
    def _parse(signature: Signature) -> list[Expression]:
        types = types_of(signature)
        return [parse(item.sql, types, item.type) for item in signature.expressions]

    # one row

    def base(self, record: Any) -> list[Any]:
        """Return the keys and request fields of a decoded record."""
        values = list(self.decoder.base(record))
        for at, convert in self.decoder.base_converters:
            values[at] = convert(values[at])
        return values

    def given_features(self, record: Any) -> list[Any] | None:
        """Return a full feature set, or None when none of it was given; raise :class:`PartialFeatures`.

        A plan without view features gets all of them, none, from every record.
        """
        values = list(self.decoder.given(record))
        missing = values.count(UNSET)
        if missing == 0:
            for at, convert in self.decoder.feature_converters:
                values[at] = convert(values[at])
            return values
        if missing == len(values):
            return None
        raise PartialFeatures([name for name, value in zip(self.feature_names, values, strict=True) if value is UNSET])

    def as_of(self, base: Row, default: int) -> int:
        """Return the record's own time where the signature names one, else the default."""
        if self._event_time is None:
            return default
        own = base[self._event_time]
        return default if own is None else own

    def vector(self, base: list[Any], features: list[Any], degraded: list[str]) -> Sequence[float | None]:
        """Return the model's input vector; what had to be left out is added to ``degraded``."""
        row = base + features
        if self._expressions:
            known = dict(zip(self._names, row, strict=False))
            row = row + [compute(known) for compute in self._expressions]
        vector = self._order(row)
        if self._categories:
            vector = self._encode(list(vector), degraded)
        return vector

    def _encode(self, vector: list[Any], degraded: list[str]) -> list[Any]:
        for at, codes, name in self._categories:
            value = vector[at]
            if value is not None:
                code = codes.get(value if type(value) is str else category_text(value))
                vector[at] = code
                if code is None and (said := f"unseen:{name}") not in degraded:
                    degraded.append(said)
        return vector

    # many rows

    @property
    def width(self) -> int:
        """The number of model inputs."""
        return len(self._inputs)

    def moments(self, known: dict[str, Vector], count: int, default: int) -> NDArray[np.int64]:
        """Return each row's own time (µs) where the signature names one and the row has it, else the default."""
        moments = np.full(count, default, np.int64)
        if self._event_time is not None:
            own, nulls = known[self.base_names[self._event_time]]
            moments = np.where(nulls, moments, own)
        return moments

    def fill(self, table: NDArray[np.float64], known: dict[str, Vector], degraded: list[str]) -> None:
        """Write the input vectors of all rows into ``table`` (rows x inputs); like :meth:`vector` for one."""
        for name, compute in zip(self._expression_names, self._array_expressions, strict=True):
            known = known | {name: compute(known, len(table))}
        for at, (name, codes) in enumerate(self._inputs):
            if codes is None:
                values, nulls = known[name]
                table[:, at] = values
                table[nulls, at] = NAN
                continue
            table[:, at], unseen = encode(known[name], codes)
            if unseen and (said := f"unseen:{name}") not in degraded:
                degraded.append(said)


class PartialFeatures(Exception):
    """A record holds some but not all features of the full set."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


def _check_texts(signature: Signature) -> None:
    for item in signature.inputs:
        if item.type == "string" and item.categories is None:
            raise ValueError(f"the input '{item.name}' is text and has no categories")


def _codes(item: ModelInput) -> dict[str, float] | None:
    if item.categories is None:
        return None
    return {category: float(code) for code, category in enumerate(item.categories)}


def _picker(places: list[int]) -> Callable[[list[Any]], Sequence[Any]]:
    if len(places) == 1:
        return lambda row: (row[places[0]],)
    return itemgetter(*places) if places else lambda _: ()
