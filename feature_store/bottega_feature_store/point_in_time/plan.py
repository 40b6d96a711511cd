"""What a point-in-time join joins, the same for every engine.

For each label row: among a view's rows with the same key that were known by the label's time (the later of
event time and created time is at or before it), the one with the greatest (event time, created time, row
id); its features when it is no older than the TTL, else nulls with a reason. Always one output row per
label row, in its order.

Engines reduce a view to its *newest* rows first: per key and the time at which a row became known, keep
the greatest row, and only if no row known earlier has a later event time. What is left ascends in both
times, so the last row known at or before a label's time is the answer.
"""

from dataclasses import dataclass

from bottega.problems import SpecProblem
from bottega.specs.resolved import ResolvedService, ResolvedView

MISSING, STALE = "missing", "stale"
ROW_ID = "row_id"
FILE_SHIFT = 40
_WHOLE = {"int32", "int64"}


@dataclass(frozen=True)
class Join:
    """One view in a join: key pairs (label column, view column), features, and how old a value may be."""

    name: str
    keys: tuple[tuple[str, str], ...]
    features: tuple[str, ...]
    ttl_seconds: int | None = None
    event: str = "event_time"
    created: str = "created_time"

    @property
    def reason(self) -> str:
        """The output column that says why the features are null: ``missing``, ``stale`` or null."""
        return f"__{self.name}_reason"


def joins_of(service: ResolvedService, label_types: dict[str, str]) -> list[Join]:
    """Return the joins of a service; keys must have the labels' type, so that tuples compare as typed."""
    for view in service.views:
        _check_keys(view, label_types)
    joins = [_join(view) for view in service.views]
    names = [feature for join in joins for feature in join.features]
    doubled = sorted({feature for feature in names if names.count(feature) > 1} | (set(names) & set(label_types)))
    if doubled:
        raise SpecProblem(
            f"{', '.join(doubled)}: more than one column has this name; rename the feature", code="duplicate_feature"
        )
    return joins


def _join(view: ResolvedView) -> Join:
    keys = tuple((key.request, key.column) for key in view.keys)
    features = tuple(column.name for column in view.columns if column.name in view.features)
    return Join(view.name, keys, features, view.ttl_seconds, view.event_time, view.created_time)


def _check_keys(view: ResolvedView, label_types: dict[str, str]) -> None:
    for key in view.keys:
        found = label_types.get(key.request)
        if found is None:
            raise SpecProblem(f"the labels have no column {key.request}, a key of {view.name}", code="unknown_column")
        if found != key.type and not {found, key.type} <= _WHOLE:
            raise SpecProblem(
                f"{key.request} is {found} in the labels and {key.type} in {view.name}: cast one of them",
                code="key_type_mismatch",
            )
