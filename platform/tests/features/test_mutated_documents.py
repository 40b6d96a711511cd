"""A good document with any one part replaced by something odd is accepted, or refused with a code."""

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from bottega_platform.api.testing import client_as
from bottega_platform.deployments import services as deployments
from bottega_platform.projects.models import Project, Role
from bottega_platform.runs.testing import make_training_set
from bottega_platform.sources.models import Upload

pytestmark = pytest.mark.django_db
DIGEST = "ab" * 32
EACH = 5
ODD: list[Any] = [
    None, True, 0, -1, 2**63, 2**64, -(2**70), 1e308, 0.1, "", " ", "x" * 70_000, "'; --", "a.b.c", "..", "\u202e",
    "a\nb", "1e400", "nan", "٣", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00",
    "2013-02-30T00:00:00Z", "99999999999999999d", [], [None], [[]], ["a", "a"], {}, {"a": 1}, {"": None},
]  # fmt: skip
COLUMNS = [
    {"name": "person", "type": "string"},
    {"name": "at", "type": "timestamp", "timezone": "Europe/Paris", "formats": ["%d/%m/%Y %H:%M"]},
    {"name": "paid", "type": "bool", "true_values": ["ja"], "false_values": ["nein"]},
]
SPLIT = {
    "kind": "time",
    "valid_from": "2024-01-01T00:00:00Z",
    "test_from": "2024-02-01T00:00:00Z",
    "end": "2024-03-01T00:00:00Z",
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "/projects": {"slug": "quay", "name": "Quay", "description": "d", "tier": 2},
    "/tokens": {"name": "t", "scope": "read", "expires_at": "2099-01-01T00:00:00Z"},
    "{base}/sources": {
        "name": "file",
        "spec": {
            "upload": DIGEST,
            "format": {
                "delimiter": ";",
                "encoding": "utf-8",
                "null_values": ["NA"],
                "names": ["person", "at"],
                "decimal": ",",
            },
            "columns": COLUMNS,
            "keys": ["person"],
            "event_time": "at",
            "description": "d",
        },
    },
    "{base}/entities": {"name": "seller", "spec": {"keys": [{"name": "person", "type": "string"}], "description": "d"}},
    "{base}/feature-views": {
        "name": "again",
        "spec": {
            "entity": "buyer",
            "sources": ["visits"],
            "event_time": "at",
            "created_time": "known",
            "ttl": "7d",
            "sql": "SELECT person, shop, at, known, spent, note FROM visits",
            "aggregates": [{"name": "total", "function": "sum", "column": "spent", "windows": ["1h", "24h"]}],
            "hop": "1h",
            "owner": "ann",
            "tags": {"team": "a"},
            "keys": {"person": "person"},
        },
    },
    "{base}/feature-services": {
        "name": "basket",
        "spec": {
            "views": ["spending"],
            "event_time": "now",
            "request": [{"name": "now", "type": "timestamp"}, {"name": "basket", "type": "float64"}],
            "categorical": ["person"],
            "expressions": [{"name": "share", "type": "float64", "sql": "basket / spent"}],
        },
    },
    "{base}/training-sets": {
        "name": "month",
        "spec": {
            "labels": "visits",
            "label": "spent",
            "event_time": "at",
            "feature_service": "basket",
            "start": "2023-01-01T00:00:00Z",
            "end": "2024-03-01T00:00:00Z",
            "split": SPLIT,
        },
    },
    "{base}/training-runs": {
        "name": "run",
        "spec": {
            "training_set": "rentals",
            "trainer": "lightgbm",
            "task": "binary",
            "params": {"iterations": 20, "learning_rate": 0.1},
            "tune": {
                "trials": 3,
                "startup_trials": 1,
                "space": [
                    {"name": "num_leaves", "kind": "int", "low": 2, "high": 30, "log": True},
                    {"name": "learning_rate", "kind": "float", "low": 0.01, "high": 0.3},
                ],
                "parallel": 1,
            },
            "seed": 1,
        },
    },
    "{base}/models": {"name": "line", "spec": {"task": "binary", "description": "d"}},
    "{base}/models/rented/versions": {"training_run": "nobody", "alias": "champion", "description": "d"},
    "{base}/endpoints": {"name": "counter", "spec": {"description": "d", "auth": "none"}},
    "{base}/endpoints/desk/deployments": {"model": "rented", "version": 1},
    "{base}/endpoints/desk/labels": {"labels": [{"request_id": "req_1", "row": 0, "value": 1}]},
    "{base}/endpoints/desk/label-imports": {
        "spec": {"upload": DIGEST, "value": "late", "event_time": "at", "keys": {"person": "who"}, "known_at": "known"}
    },
    "{base}/feature-views/spending/load": {"as_of": "2024-05-10T00:00:00Z"},
    "{base}/feature-views/spending/read": {"keys": [{"person": "ann", "shop": 1}], "as_of": "2024-05-10T00:00:00Z"},
    "{base}/members": {"email": "ann@example.org", "role": "viewer"},
}


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every part of a document."""
    if path:
        yield path
    parts = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in parts:
        yield from places(value, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return changed


def odd_parts(document: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield each place with some of the odd values; the next place gets the next ones."""
    odd = itertools.cycle(ODD)
    for path in places(document):
        yield from ((path, next(odd)) for _ in range(EACH))


@pytest.fixture
def everything(project: Project, computed: Any) -> str:
    """A project in which each of the documents could be accepted."""
    Upload.objects.create(project=project, digest=DIGEST, size=1)
    make_training_set(project)
    admin = client_as(Role.ADMIN, project)
    base = f"/projects/{project.slug}"
    assert admin.post(f"{base}/models", {"name": "rented", "spec": {"task": "binary"}}).status_code == 201
    deployments.create_endpoint(actor=None, project=project, name="desk")
    return base


@pytest.mark.parametrize("address", DOCUMENTS)
def test_a_good_document_with_one_odd_part_never_gives_a_fault_of_ours(project, everything, address):
    admin, document = client_as(Role.ADMIN, project), DOCUMENTS[address]
    found = []
    for number, (path, odd) in enumerate(odd_parts(document)):
        changed = replaced(document, path, odd)
        for name in ("name", "slug"):
            if path != (name,) and name in changed:
                changed[name] = f"{document[name]}-{number}"
        answer = admin.post(address.format(base=everything), changed)
        if answer.status_code >= 500 or (answer.status_code >= 400 and "code" not in answer.json()):
            found.append((path, str(odd)[:50], answer.status_code, answer.content[:200]))
    assert found == []
