"""From wheels alone: the command, the platform with its console, and, in ``make wheels-test``, the whole example."""

import json
import re
from pathlib import Path

import httpx
import pytest

# Installing every package takes minutes: with the long tests, in `make faults`.
pytestmark = pytest.mark.faults
ROOT = Path(__file__).parents[2]
DEMO_SECONDS = 1500


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_of_the_checkout_is_in_it(installed) -> None:
    code = "import sys, bottega, bottega_platform, bottega_serving; print(bottega.__file__); print(sys.path)"
    printed = installed.run("python", "-c", code)
    assert str(ROOT) not in printed
    assert str(installed.folder / "venv") in printed.splitlines()[0]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_command_lists_what_it_does(installed) -> None:
    shown = installed.run("bottega", "--help")
    assert [name for name in ("up", "down", "demo", "user", "doctor") if name not in shown] == []
    assert installed.run("bottega", "--version").startswith("bottega 0.")
    doctor = {check["name"]: check for check in json.loads(installed.run("bottega", "doctor", "-o", "json"))}
    assert doctor["node"]["detail"] == "not needed: the console is built"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_platform_starts_and_serves_the_console_and_signs_in(installed) -> None:
    link = re.search(r"http://\S+/signin#(\S+)", installed.run("bottega", "up", seconds=900))
    page = read(f"{installed.url}/")
    script = re.search(r'src="(/assets/[^"]+\.js)"', page)
    assert script, page[:500]
    assert len(read(installed.url + script[1])) > 10_000
    assert link
    added = json.loads(installed.run("bottega", "user", "add", "ada@example.org", "-o", "json"))
    assert added["link"].startswith(f"{installed.url}/signin#")
    assert "ada" in installed.run("bottega", "user", "list")
    assert json.loads(read(f"{installed.url}/api/v1/health"))["version"] in installed.run("bottega", "--version")


@pytest.mark.wheels
@pytest.mark.timeout(3600)
def test_pip_installs_it_and_the_example_runs_through_the_whole_loop(dist: Path, new_installation) -> None:
    installation = new_installation(pip=True)
    wheels = [f"{path}[embedded]" if "platform" in path.name else str(path) for path in dist.glob("*.whl")]
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(dist / "constraints.txt")]
    installation.run("python", *pip, *wheels, seconds=1800)
    installation.run("bottega", "up", seconds=900)
    summary = json.loads(installation.run("bottega", "demo", seconds=DEMO_SECONDS).splitlines()[-1])
    assert summary["features"] >= 20
    assert summary["auc"]["lightgbm_tuned"]["value"] > summary["auc"]["logistic_regression"]["value"] > 0.7
    assert 0 < summary["prediction"]["answer"]["predictions"][0] < 1
    assert summary["model"] == "delay version 1"


def read(url: str) -> str:
    answer = httpx.get(url, timeout=60, trust_env=False)
    assert answer.status_code == 200
    return answer.text
