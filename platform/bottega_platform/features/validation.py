"""Checks of definitions against what the project has; every refusal says what to do."""

import difflib
import re
from collections.abc import Iterable

from bottega.problems import Fault, SpecProblem
from bottega.specs import Column, EntitySpec, FeatureViewSpec
from bottega_feature_store.sqlguard import Guarded, SqlProblem, guard
from bottega_feature_store.types import parse_duration
from bottega_feature_store.windows.sql import feature_columns
from bottega_platform.api.errors import Invalid
from bottega_platform.features.models import Entity, FeatureView
from bottega_platform.projects.models import Project
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import Table

NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")
KEY_TYPES = frozenset({"string", "int32", "int64"})
RESERVED = frozenset({"event_time", "created_time", "row_id", "label"})


def refuse(faults: list[Fault]) -> None:
    """Raise 422 with all faults, if there are any; the first one's code is the problem's."""
    if faults:
        raise Invalid(faults[0].detail, code=faults[0].code, errors=faults)


def check_entity(spec: EntitySpec) -> None:
    """Refuse keys that cannot be looked up."""
    faults = [] if spec.keys else [Fault("required", "Name at least one key.", pointer="/spec/keys")]
    for place, key in enumerate(spec.keys):
        pointer = f"/spec/keys/{place}"
        if not NAME.match(key.name) or key.name in RESERVED:
            faults.append(Fault("bad_name", "Use letters, digits and _, and no reserved word.", pointer, got=key.name))
        if key.type not in KEY_TYPES:
            detail = f"A key is one of {', '.join(sorted(KEY_TYPES))}, not {key.type}."
            faults.append(Fault("key_type", detail, pointer, got=key.type))
        if key.timezone is not None:
            faults.append(Fault("invalid_value", "A key has no time zone.", f"{pointer}/timezone"))
        if key.name in [other.name for other in spec.keys[:place]]:
            faults.append(Fault("duplicate_name", "Each key once.", pointer, got=key.name))
    refuse(faults)


def view_keys(spec: FeatureViewSpec, entity: Entity | None) -> list[Column]:
    """Return the key columns of the view's SELECT in the entity's order."""
    if entity is None:
        return []
    own_name = {theirs: ours for ours, theirs in spec.keys.items()}
    known = {key.name for key in entity.parsed.keys}
    unknown = sorted(set(own_name) - known)
    if unknown:
        detail = f"The entity has no key “{unknown[0]}”; it has {', '.join(sorted(known))}."
        refuse([Fault("unknown_key", detail, pointer="/spec/keys", got=unknown[0])])
    return [Column(own_name.get(key.name, key.name), key.type, nullable=False) for key in entity.parsed.keys]


def check_view(project: Project, name: str, spec: FeatureViewSpec, keys: list[Column]) -> Guarded:
    """Check a view's sources, SQL, times, windows and names; return its guarded SQL."""
    sources = _sources(project, name, spec)
    _durations(spec)
    try:
        guarded = guard(spec.sql, sources)
    except SqlProblem as problem:
        faults = [Fault(f.code, f.detail, pointer="/spec/sql", got=f.got) for f in problem.problem.errors]
        raise Invalid(str(problem), code=problem.problem.code, errors=faults) from problem
    unread = [source for source in spec.sources if source not in guarded.tables]
    if unread:
        detail = f"The SQL does not read “{unread[0]}”: remove it from the sources."
        refuse([Fault("unused_source", detail, pointer="/spec/sources", got=unread[0])])
    refuse(list(_column_faults(spec, keys, guarded.columns)))
    return guarded


def _sources(project: Project, name: str, spec: FeatureViewSpec) -> dict[str, list[Column] | None]:
    rows = {table.name: table for table in Table.objects.in_project(project).select_related("current")}
    faults = []
    for place, source in enumerate(spec.sources):
        pointer = f"/spec/sources/{place}"
        if source not in rows:
            near = difflib.get_close_matches(source, rows, 1)
            hint = f" Did you mean “{near[0]}”?" if near else " Add the source or the view first."
            faults.append(Fault("unknown_source", f"There is no table “{source}”.{hint}", pointer, got=source))
        elif source == name or _depends_on(project, source, name):
            faults.append(Fault("cycle", f"“{source}” is computed from this view.", pointer, got=source))
    if not spec.sources:
        faults.append(Fault("required", "Declare the tables that the SQL reads.", "/spec/sources"))
    refuse(faults)
    found = {source: rows[source].current for source in spec.sources}
    return {source: None if version is None else tables.columns_of(version) for source, version in found.items()}


def _depends_on(project: Project, source: str, name: str) -> bool:
    views = {view.name: list(view.spec["sources"]) for view in FeatureView.objects.in_project(project)}
    waiting, seen = [source], set()
    while waiting:
        present = waiting.pop()
        if present == name:
            return True
        if present not in seen:
            seen.add(present)
            waiting += views.get(present, [])
    return False


def _durations(spec: FeatureViewSpec) -> None:
    faults = []
    texts = [("/spec/hop", spec.hop), ("/spec/ttl", spec.ttl)]
    for place, aggregate in enumerate(spec.aggregates):
        texts += [(f"/spec/aggregates/{place}/windows", window) for window in aggregate.windows]
        if not aggregate.windows:
            faults.append(Fault("required", "Name at least one window.", f"/spec/aggregates/{place}/windows"))
    for pointer, text in texts:
        try:
            seconds = 0 if text is None else parse_duration(text)
            if text is not None and pointer.endswith("windows") and seconds % parse_duration(spec.hop):
                detail = f"The window {text} is no multiple of the hop {spec.hop}."
                faults.append(Fault("duration_invalid", detail, pointer, got=text))
        except SpecProblem as problem:
            faults.append(Fault("duration_invalid", str(problem), pointer, got=text))
    refuse(faults)


def _column_faults(spec: FeatureViewSpec, keys: list[Column], columns: list[str] | None) -> Iterable[Fault]:
    if not keys:
        if spec.aggregates:
            yield Fault("required", "A view with aggregates needs an entity.", "/spec/entity")
        return
    if spec.event_time is None:
        yield Fault("required", "A view with an entity names its event_time.", "/spec/event_time")
    wanted = [("/spec/event_time", spec.event_time), ("/spec/created_time", spec.created_time)]
    wanted += [("/spec/sql", key.name) for key in keys]
    wanted += [(f"/spec/aggregates/{place}/column", a.column) for place, a in enumerate(spec.aggregates)]
    for pointer, name in wanted:
        if name is not None and columns is not None and name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            hint = f" Did you mean “{near[0]}”?" if near else f" It has {', '.join(columns)}."
            yield Fault("unknown_column", f"The SELECT has no column “{name}”.{hint}", pointer, got=name)
    yield from _feature_faults(spec, keys, columns)


def _feature_faults(spec: FeatureViewSpec, keys: list[Column], columns: list[str] | None) -> Iterable[Fault]:
    names = features_of(spec, keys, columns)
    if names is None:
        return
    if not names:
        yield Fault("required", "The SELECT has no feature besides keys and times.", "/spec/sql")
    taken = {key.name for key in keys} | RESERVED
    for name in names:
        if name in taken or names.count(name) > 1:
            yield Fault("duplicate_name", f"The feature “{name}” has a name that is taken: rename it.", "/spec/sql")
        elif not NAME.match(name):
            yield Fault("bad_name", f"Name the feature “{name[:60]}” with letters, digits and _.", "/spec/sql")


def features_of(spec: FeatureViewSpec, keys: list[Column], columns: list[str] | None) -> list[str] | None:
    """Return the names of the view's features as far as its spec tells them."""
    if spec.aggregates:
        return [column.name for column in feature_columns(spec.aggregates)]
    if columns is None or not keys:
        return None
    taken = {key.name for key in keys} | {spec.event_time, spec.created_time}
    return [name for name in columns if name not in taken]
