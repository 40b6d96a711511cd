"""The command line as people use it: a process of its own, signed in by a link."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
BOTTEGA = Path(sys.executable).parent / "bottega"
ENTITY = """apiVersion: bottega/v1
kind: Entity
metadata: {{name: {name}}}
spec:
  description: {description}
  keys: [{{name: id, type: int64}}]
"""


SCHEDULE = """apiVersion: bottega/v1
kind: Schedule
metadata: {{name: cli_weekly}}
spec:
  cron: {cron}
  timezone: America/New_York
  training_run: logistic_regression
  model: delay
  enabled: false
"""


class CommandLine:
    """Runs `bottega` with a login of its own."""

    def __init__(self, folder: Path) -> None:
        self._environment = {
            **os.environ,
            "BOTTEGA_CONFIG": str(folder),
            "BOTTEGA_PROJECT": "flights",
            "COLUMNS": "200",
        }

    def __call__(self, *arguments: Any, code: int = 0) -> str:
        command = [BOTTEGA, *map(str, arguments)]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + (done.stderr if code else "")

    def json(self, *arguments: Any) -> Any:
        return json.loads(self(*arguments, "-o", "json"))


@pytest.fixture(scope="module")
def bottega(running_platform: Any, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    command = CommandLine(tmp_path_factory.mktemp("login"))
    assert "signed in" in command("login", running_platform.signin_link())
    return command


def test_a_link_signs_in_once_and_the_login_is_for_its_user_only(running_platform, tmp_path):
    command = CommandLine(tmp_path)
    assert "not_signed_in" in command("get", "models", code=1)
    link = running_platform.signin_link()
    command("login", link)
    assert (tmp_path / "credentials.json").stat().st_mode & 0o077 == 0
    assert "link" in command("login", link, code=1)
    assert command("logout").strip() == "forgotten"


def test_a_project_is_exported_and_applied_back_without_a_difference(bottega, tmp_path):
    bottega("export", tmp_path)
    assert (tmp_path / "feature-views.yaml").exists()
    assert bottega("diff", "-f", tmp_path) == ""
    acts = {line.split()[0] for line in bottega("apply", "-f", tmp_path).splitlines()}
    assert acts == {"unchanged"}


def test_documents_are_created_changed_shown_and_deleted(bottega, tmp_path):
    file = tmp_path / "one.yaml"
    file.write_text(ENTITY.format(name="visitor", description="Somebody"))
    assert "+  description: Somebody" in bottega("diff", "-f", file, code=1)
    assert bottega("apply", "-f", file).split() == ["created", "Entity", "visitor"]
    assert bottega("apply", "-f", file).split() == ["unchanged", "Entity", "visitor"]
    file.write_text(ENTITY.format(name="visitor", description="Somebody else"))
    assert "-  description: Somebody\n+  description: Somebody else" in bottega("diff", "-f", file, code=1)
    assert bottega("apply", "-f", file).split() == ["changed", "Entity", "visitor"]
    assert bottega.json("get", "entity", "visitor")["spec"]["description"] == "Somebody else"
    assert "visitor" in bottega("get", "entities")
    bottega("delete", "entity", "visitor")
    assert "not_found" in bottega("get", "entity", "visitor", code=1)


def test_a_schedule_is_a_document_like_any_other_and_a_bad_one_says_where(bottega, tmp_path):
    file = tmp_path / "schedule.yaml"
    file.write_text(SCHEDULE.format(cron="0 25 * * 1"))
    assert "position 3" in bottega("apply", "-f", file, code=1)
    file.write_text(SCHEDULE.format(cron="0 3 * * 1"))
    assert bottega("apply", "-f", file).split() == ["created", "Schedule", "cli_weekly"]
    assert bottega("apply", "-f", file).split() == ["unchanged", "Schedule", "cli_weekly"]
    assert bottega.json("get", "schedule", "cli_weekly")["next_fires"] == []
    bottega("delete", "schedule", "cli_weekly")


def test_nothing_is_applied_when_one_document_is_wrong(bottega, tmp_path):
    file = tmp_path / "two.yaml"
    wrong = ENTITY.format(name="wrong", description="x").replace("int64", "number")
    file.write_text(ENTITY.format(name="fine", description="x") + "---\n" + wrong)
    assert f"{file}:13" in bottega("apply", "-f", file, code=1)
    assert "not_found" in bottega("get", "entity", "fine", code=1)


def test_nothing_is_applied_when_the_platform_refuses_one_and_every_fault_has_its_line(bottega, tmp_path):
    file = tmp_path / "three.yaml"
    unknown = "apiVersion: bottega/v1\nkind: FeatureView\nmetadata: {name: lost}\nspec:\n  entity: carrier\n"
    unknown += "  sources: [flights]\n  event_time: time_hour\n  sql: DROP TABLE flights\n"
    taken = ENTITY.format(name="Upper", description="x")
    file.write_text("---\n".join([ENTITY.format(name="fine", description="x"), unknown, taken]))
    said = bottega("apply", "-f", file, code=1)
    assert f"{file}:15" in said, "the line of the SQL"
    assert f"{file}:19" in said, "the line of the name"
    assert "not_found" in bottega("get", "entity", "fine", code=1)


def test_what_never_changes_is_refused_with_its_place(bottega, tmp_path):
    bottega("export", tmp_path)
    file = tmp_path / "training-sets.yaml"
    file.write_text(file.read_text().replace("label: late", "label: arr_delay"))
    assert "never changes" in bottega("apply", "-f", file, code=1)


def test_a_model_is_trained_registered_deployed_asked_and_deleted(bottega):
    bottega("train", "cli_regression", "-s", "delay_2013", "-t", "logistic_regression", "--param", "max_iterations=20")
    assert "cli_delay version 1" in bottega("register", "cli_regression", "-m", "cli_delay", "--alias", "champion")
    assert "active: cli_delay version 1" in bottega("deploy", "cli_delay", 1, "-e", "cli")
    answer = json.loads(bottega("predict", "cli", "--sample"))
    assert 0 < answer["predictions"][0] < 1
    bottega("delete", "endpoint", "cli")


def test_the_log_of_a_job_is_printed_to_its_end(bottega):
    job = next(job for job in bottega.json("jobs") if job["kind"] == "train")
    assert bottega("logs", "-f", job["id"]) == bottega("logs", job["id"])


def test_any_request_can_be_sent(bottega):
    assert json.loads(bottega("api", "get", "/me"))["user"]["username"]
    assert "not_found" in bottega("api", "GET", "/projects/nobody", code=1)


def test_a_platform_that_is_away_is_named(bottega, monkeypatch, tmp_path):
    away = CommandLine(tmp_path)
    away._environment |= {"BOTTEGA_URL": "http://127.0.0.1:1", "BOTTEGA_TOKEN": "x"}
    assert "Nothing answers at http://127.0.0.1:1" in away("get", "models", code=1)
