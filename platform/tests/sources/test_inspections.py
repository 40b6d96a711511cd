"""An upload is inspected by a job; the answer is kept, and a file that cannot be read says why."""

from typing import Any

import pytest

from bottega_platform.api.testing import client_as, make_project
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.projects.models import Role

pytestmark = pytest.mark.django_db(transaction=True)
CSV = b"order;placed;paid\nA-1;03/02/2024;yes\nA-2;17/02/2024;no\nA-3;18/02/2024;no\n"
PATH = "/projects/harbour/uploads"


class Desk:
    """A project and an editor who looks at files."""

    def __init__(self) -> None:
        self.project = make_project("harbour")
        self.client = client_as(Role.EDITOR, self.project)

    def upload(self, content: bytes) -> str:
        answer = self.client.send(
            "POST", f"{PATH}?filename=orders.csv", raw=content, Content_Type="application/octet-stream"
        )
        return str(answer.json()["digest"])

    def ask(self, content: bytes, body: dict[str, Any] | None = None) -> Any:
        return self.client.post(f"{PATH}/{self.upload(content)}/inspections", body or {})

    def inspect(self, content: bytes, body: dict[str, Any] | None = None) -> dict[str, Any]:
        asked = self.ask(content, body)
        assert (asked.status_code, asked.json()["state"]) == (202, "queued")
        assert asked["Location"] == f"/api/v1/jobs/{asked.json()['job']}"
        run_until_idle(("cpu",))
        found: dict[str, Any] = self.client.get(
            f"{PATH}/{asked.json()['upload']}/inspections/{asked.json()['id']}"
        ).json()
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_inspection_proposes_a_source_that_can_be_ingested(desk: Desk) -> None:
    found = desk.inspect(CSV)
    assert (found["state"], found["filename"], found["problem"]) == ("ready", "orders.csv", None)
    spec = found["found"]["spec"]
    assert (spec["keys"], spec["format"]["delimiter"]) == (["order"], ";")
    assert desk.client.post("/projects/harbour/sources", {"name": "orders", "spec": spec}).status_code == 201
    job = desk.client.post("/projects/harbour/sources/orders/ingest").json()["job"]
    run_until_idle(("cpu",))
    assert Job.objects.get(pk=job).state == "succeeded"


def test_a_format_that_is_given_is_not_guessed(desk: Desk) -> None:
    found = desk.inspect(CSV, {"format": {"delimiter": "|"}})
    assert [column["header"] for column in found["found"]["columns"]] == ["order;placed;paid"]


def test_a_file_that_cannot_be_read_says_why_and_where(desk: Desk) -> None:
    found = desk.inspect(b'a,b\n1,"x\n2,y\n3,z\n')
    assert (found["state"], found["found"]) == ("failed", None)
    assert (found["problem"]["code"], found["problem"]["status"]) == ("unclosed_quote", 422)
    assert found["problem"]["errors"][0]["row"] == 2


def test_a_format_that_no_reader_has_is_refused_at_once(desk: Desk) -> None:
    answer = desk.ask(CSV, {"format": {"delimiter": "::", "encoding": "klingon"}})
    assert answer.status_code == 422
    assert [(fault["code"], fault["pointer"]) for fault in answer.json()["errors"]] == [
        ("bad_delimiter", "/format/delimiter"),
        ("encoding", "/format/encoding"),
    ]
    assert desk.ask(CSV, {"colour": "red"}).json()["errors"][0]["pointer"] == "/colour"


def test_an_inspection_is_found_below_its_own_upload_and_project_alone(desk: Desk) -> None:
    asked = desk.ask(CSV).json()
    other = desk.upload(CSV + b"A-4;18/02/2024;no\n")
    assert desk.client.get(f"{PATH}/{other}/inspections/{asked['id']}").status_code == 404
    assert desk.client.post(f"{PATH}/{'0' * 64}/inspections", {}).status_code == 404
    stranger = client_as(Role.EDITOR, make_project("valley"))
    assert stranger.get(f"/projects/valley/uploads/{asked['upload']}/inspections/{asked['id']}").status_code == 404


def test_a_cancelled_inspection_says_so(desk: Desk) -> None:
    asked = desk.ask(CSV).json()
    desk.client.post(f"/jobs/{asked['job']}/cancel")
    found = desk.client.get(f"{PATH}/{asked['upload']}/inspections/{asked['id']}").json()
    assert (found["state"], found["problem"]["code"]) == ("failed", "cancelled")
