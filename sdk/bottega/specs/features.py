"""Specs of entities, feature views and feature services."""

from typing import Literal

import msgspec

from bottega.specs.data import Column, DataType

AggregateFunction = Literal["count", "sum", "mean", "min", "max", "stddev"]


class EntitySpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What features describe: one or more typed join keys (a composite key is native)."""

    keys: list[Column]
    description: str = ""


class Aggregate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Windowed aggregates of one column: one feature per window, named ``<name>_<window>``.

    ``windows`` are durations as ``1h``, ``24h``, ``7d``; a value at t covers
    (floor(t, hop) - w, floor(t, hop)].
    """

    name: str
    column: str
    function: AggregateFunction
    windows: list[str]


class FeatureViewSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A group of features with one pipeline and keys.

    ``sql`` is one SELECT in Spark's dialect over declared ``sources`` (tables and other views, by name).
    Without ``aggregates`` its columns, other than keys and times, are the features. With them, each
    aggregate is computed over the rows of the SELECT on ``event_time`` tiles of width ``hop``.
    ``created_time`` is when the row became known (default: ``event_time``). ``keys`` maps this view's key
    columns onto the entity's, when they are named differently. ``online`` False keeps it offline only
    (an intermediate view); an intermediate view may have no entity.
    """

    sql: str
    sources: list[str]
    entity: str | None = None
    keys: dict[str, str] = {}
    event_time: str | None = None
    created_time: str | None = None
    aggregates: list[Aggregate] = []
    hop: str = "1h"
    ttl: str | None = None
    online: bool = True
    owner: str = ""
    description: str = ""
    tags: dict[str, str] = {}


class RequestField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value that the caller sends with the request and that is no entity key."""

    name: str
    type: DataType


class ExpressionFeature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A scalar SQL expression over keys, request fields and view features, the same offline and online."""

    name: str
    sql: str
    type: DataType


class FeatureServiceSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The exact list of features that a model version is pinned to.

    ``views`` lists ``view`` (all its features) or ``view:feature``; ``request`` the fields a caller sends (a service
    may have these alone: the features then stand in the request); ``expressions`` the request-time features;
    ``categorical`` those passed to the model as categories.
    ``event_time`` names the request field that is the record's time (default of ``as_of``).
    ``keys`` maps ``view.key`` to the request's name for it where they differ.
    """

    views: list[str] = []
    request: list[RequestField] = []
    expressions: list[ExpressionFeature] = []
    categorical: list[str] = []
    event_time: str | None = None
    keys: dict[str, str] = {}
    description: str = ""
