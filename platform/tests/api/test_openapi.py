"""The API description: valid without a warning, complete, and the same as the one checked in."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from bottega_platform.api import specs
from bottega_platform.api.testing import ApiClient

CHECKED_IN = Path(__file__).parents[3] / "docs" / "reference" / "openapi.json"


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> dict:
    file = tmp_path_factory.mktemp("openapi") / "openapi.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(file))
    return json.loads(file.read_text())


def test_the_checked_in_description_is_the_present_one(document):
    assert json.loads(CHECKED_IN.read_text()) == document, "run `make openapi` and commit the file"


def test_it_is_version_3_1_and_every_operation_has_its_own_name(document):
    assert document["openapi"].startswith("3.1")
    names = [described["operationId"] for path in document["paths"].values() for described in path.values()]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(document):
    def walk(value):
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for item in value.values():
                yield from walk(item)
        elif isinstance(value, list):
            for item in value:
                yield from walk(item)

    for reference in set(walk(document)):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, f"{reference} leads nowhere: two structs may have the same name"
            place = place[step]


def test_every_struct_says_what_it_is():
    assert [name for name, struct in specs.registered.items() if not struct.__doc__] == []


@pytest.mark.django_db
def test_it_is_public(document):
    answer = ApiClient().get("/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == document
