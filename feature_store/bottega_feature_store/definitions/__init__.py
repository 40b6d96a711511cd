"""What a definition means: normalised specs and their semantic hashes.

A description, owner or tag is no part of the meaning; SQL is taken by its syntax tree, durations by their
length. The same meaning always hashes the same, so an edit of words makes no new version.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from bottega.specs.data import Column
from bottega.specs.features import FeatureServiceSpec, FeatureViewSpec
from bottega_feature_store.types import parse_duration

VERSION_LENGTH = 12


def view_version(spec: FeatureViewSpec, canonical_sql: str, keys: Sequence[Column]) -> str:
    """Return the semantic hash of a feature view: its SQL, keys, times, windows, hop and time to live."""
    meaning = {
        "sql": canonical_sql,
        "sources": sorted(spec.sources),
        "keys": [[key.name, key.type] for key in keys],
        "event_time": spec.event_time,
        "created_time": spec.created_time,
        "aggregates": [msgspec.to_builtins(aggregate) for aggregate in spec.aggregates],
        "hop": parse_duration(spec.hop) if spec.aggregates else None,
        "ttl": None if spec.ttl is None else parse_duration(spec.ttl),
    }
    return _digest(meaning)


def service_version(spec: FeatureServiceSpec, views: Sequence[tuple[str, str, Sequence[str]]]) -> str:
    """Return the semantic hash of a feature service over its views' (name, version, features)."""
    meaning = msgspec.to_builtins(spec)
    meaning.pop("description", None)
    meaning["views"] = [[name, version, list(features)] for name, version, features in views]
    return _digest(meaning)


def _digest(meaning: Any) -> str:
    text = msgspec.json.encode(meaning, order="sorted")
    return hashlib.sha256(text).hexdigest()[:VERSION_LENGTH]
