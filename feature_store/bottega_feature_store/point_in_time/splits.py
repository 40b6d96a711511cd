"""How rows are split: by time, or by a hash of columns that is the same on every engine and for ever."""

import itertools

from bottega.problems import Fault, SpecProblem
from bottega.specs import Column, TrainingSetSpec
from bottega_feature_store.quoting import name
from bottega_feature_store.types import parse_timestamp as _micros

SPLITS = ("train", "valid", "test")
_BUCKETS = 2**32


def check_split(spec: TrainingSetSpec) -> list[Fault]:
    """Return what is wrong with the split and the time bounds of a spec."""
    faults = _time_faults(spec) + _order_faults(spec)
    if spec.split.kind == "time" and spec.split.by:
        faults.append(Fault("bad_split", "a split by time takes no columns: leave by out", pointer="/spec/split/by"))
    if spec.split.kind == "hash" and not _fractions_fit(spec):
        detail = "valid and test are fractions above 0 that leave something to train on"
        faults.append(Fault("bad_split", detail, pointer="/spec/split"))
    return faults


def bounds(spec: TrainingSetSpec) -> tuple[int | None, int | None]:
    """Return the first and the end (exclusive) label time, in microseconds: rows outside are never read."""
    ends = [_micros(text) for text in (spec.end, spec.split.end if spec.split.kind == "time" else None) if text]
    return (_micros(spec.start) if spec.start else None), (min(ends) if ends else None)


def split_sql(spec: TrainingSetSpec, time: str, by: list[Column]) -> str:
    """Return DuckDB SQL for the split of a row; ``by`` are the row's key columns where the spec names none."""
    if spec.split.kind == "time":
        at = f"epoch_us({name(time)})"
        valid, test = _micros(str(spec.split.valid_from)), _micros(str(spec.split.test_from))
        return f"CASE WHEN {at} < {valid} THEN 'train' WHEN {at} < {test} THEN 'valid' ELSE 'test' END"
    test_end = int(spec.split.test * _BUCKETS)
    valid_end = test_end + int(spec.split.valid * _BUCKETS)
    place = _hash_sql(by)
    return f"CASE WHEN {place} < {test_end} THEN 'test' WHEN {place} < {valid_end} THEN 'valid' ELSE 'train' END"


def hash_columns(spec: TrainingSetSpec, available: list[Column], keys: list[str]) -> list[Column]:
    """Return the columns that decide a row's place in a hash split."""
    types = {column.name: column for column in available}
    chosen = spec.split.by or keys
    for wanted in chosen:
        if wanted not in types:
            raise SpecProblem(f"split.by names {wanted}, which the labels do not have", code="unknown_column")
        if types[wanted].type in {"float32", "float64"}:
            raise SpecProblem(f"split.by cannot use {wanted}: a hash of a float is not stable", code="bad_split")
    return [types[wanted] for wanted in chosen]


def _hash_sql(by: list[Column]) -> str:
    """The first 32 bits of the md5 of the values as text, each with its length in front: (1,12) is not (11,2)."""
    parts = []
    for column in by:
        text = name(column.name)
        value = f"CAST(epoch_us({text}) AS VARCHAR)" if column.type == "timestamp" else f"CAST({text} AS VARCHAR)"
        parts.append(f"coalesce(strlen({value}) || ':' || {value}, '-')")
    return f"CAST('0x' || left(md5(concat({', '.join(parts)})), 8) AS BIGINT)"


def _time_faults(spec: TrainingSetSpec) -> list[Fault]:
    times = {"/spec/start": spec.start, "/spec/end": spec.end}
    if spec.split.kind == "time":
        times |= {
            "/spec/split/valid_from": spec.split.valid_from,
            "/spec/split/test_from": spec.split.test_from,
            "/spec/split/end": spec.split.end,
        }
    faults = []
    for pointer, text in times.items():
        if text is None and pointer in {"/spec/split/valid_from", "/spec/split/test_from"}:
            faults.append(Fault("required", "a split by time needs valid_from and test_from", pointer=pointer))
        elif text is not None and (problem := _bad_time(text)):
            faults.append(Fault("bad_time", problem, pointer=pointer, got=text[:40]))
    return faults


def _order_faults(spec: TrainingSetSpec) -> list[Fault]:
    split = spec.split if spec.split.kind == "time" else None
    given = [text for text in (spec.start, split and split.valid_from, split and split.test_from) if text]
    ends = [text for text in (spec.end, split and split.end) if text]
    if any(_bad_time(text) for text in (*given, *ends)):
        return []
    moments = [_micros(text) for text in given] + ([min(_micros(text) for text in ends)] if ends else [])
    if any(later < earlier for earlier, later in itertools.pairwise(moments)):
        detail = "times must be in order: start, valid_from, test_from, end"
        return [Fault("bad_split", detail, pointer="/spec/split")]
    return []


def _fractions_fit(spec: TrainingSetSpec) -> bool:
    valid, test = spec.split.valid, spec.split.test
    return 0 < valid < 1 and 0 < test < 1 and valid + test < 1


def _bad_time(text: str) -> str | None:
    try:
        _micros(text)
    except SpecProblem as problem:
        return str(problem)
    return None
