"""A feature service with every name resolved: what jobs, bundles and signatures are built from."""

from typing import Literal

import msgspec

from bottega.specs.data import Column, DataType, TableRead
from bottega.specs.features import ExpressionFeature, FeatureViewSpec, RequestField

NUMERIC: frozenset[DataType] = frozenset({"int32", "int64", "float32", "float64", "bool"})


class ResolvedKey(msgspec.Struct, frozen=True):
    """One entity key: its column in the view's table, the request's name for it, and its type."""

    column: str
    request: str
    type: DataType


class ResolvedView(msgspec.Struct, frozen=True):
    """One feature view at one published version.

    ``keys`` are in the entity's order (the order of the online key). ``columns`` are all feature columns in
    packed order, ``features`` the names among them that the service uses. The view's table has the key
    columns, ``event_time``, ``created_time`` and ``columns``. ``hop_seconds`` is set for windowed views.
    """

    name: str
    view_id: str
    version: str
    entity: str
    keys: list[ResolvedKey]
    columns: list[Column]
    features: list[str]
    ttl_seconds: int | None
    hop_seconds: int | None
    read: TableRead
    spec: FeatureViewSpec
    event_time: str = "event_time"
    created_time: str = "created_time"


class ResolvedFeature(msgspec.Struct, frozen=True, omit_defaults=True):
    """One input of a model: where it comes from and whether it is a category."""

    name: str
    type: DataType
    origin: Literal["view", "key", "request", "expression"]
    view: str | None = None
    categorical: bool = False


class ResolvedService(msgspec.Struct, frozen=True):
    """A feature service resolved against the published versions of its views."""

    name: str
    service_id: str
    version: str
    views: list[ResolvedView]
    request: list[RequestField]
    expressions: list[ExpressionFeature]
    categorical: list[str]
    event_time: str | None

    def keys(self) -> list[Column]:
        """Return the request's entity keys, each once, in the order of the views."""
        found = {key.request: key.type for view in self.views for key in view.keys}
        return [Column(name, kind, nullable=False) for name, kind in found.items()]

    def features(self) -> list[ResolvedFeature]:
        """Return the model's inputs in order: view features, expressions, request fields, keys.

        Numeric request fields are inputs; string ones and keys only when ``categorical`` names them.
        """
        chosen = set(self.categorical)
        found = [
            ResolvedFeature(column.name, column.type, "view", view.name, column.name in chosen)
            for view in self.views
            for column in view.columns
            if column.name in view.features
        ]
        found += [ResolvedFeature(e.name, e.type, "expression", None, e.name in chosen) for e in self.expressions]
        found += [
            ResolvedFeature(field.name, field.type, "request", None, field.name in chosen)
            for field in self.request
            if field.name in chosen or (field.type in NUMERIC and field.name != self.event_time)
        ]
        found += [ResolvedFeature(key.name, key.type, "key", None, True) for key in self.keys() if key.name in chosen]
        return found
