"""A deployment whose parts are stopped at every step ends, and the node answers with one version or the other."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from matrix import AGENT, EDGE, WEB
from processes import eventually
from tier import ENDPOINTS, Web, calling, faults, fired, predict, versions_in_turn

from bottega_platform.api.testing import client_as, make_project
from bottega_platform.deployments.models import Deployment, Endpoint
from bottega_platform.deployments.testing import register_bundle, serving_node
from bottega_platform.jobs.verify import verify
from bottega_platform.projects.models import Role
from bottega_platform.runs.models import TrainingRun
from bottega_serving.testing import make_bundle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800), pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    return [make_bundle(folder, seed=seed).folder for seed in (1, 2)]


@pytest.fixture
def web(transactional_db: None, bundles: list[Path]) -> Web:
    """A project with an endpoint and two versions, and the web process of a deployer."""
    project = make_project("harbour")
    for folder in bundles:
        register_bundle(project, folder)
    TrainingRun.objects.update(state="cancelled")
    Endpoint.objects.create(project=project, name="risk")
    return Web(client_as(Role.DEPLOYER, project))


@pytest.fixture
def node(tmp_path: Path) -> Iterator["Node"]:
    with ExitStack() as stack:
        yield Node(tmp_path / "node", stack)


class Node:
    """A serving node that can be started again with another environment."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.home, self._stack = home, stack

    def start(self, **environment: str) -> None:
        """End the node that runs, if one does, and start it from its disk."""
        self._stack.close()
        self._stack.enter_context(serving_node(self.home, **environment))


def deploy(web: Web, version: int, key: str) -> Deployment:
    body = web.post(f"{ENDPOINTS}/risk/deployments", {"model": "risk", "version": version}, key)
    return Deployment.objects.get(pk=body["id"])


def until_active(deployment: Deployment) -> None:
    def final() -> bool:
        deployment.refresh_from_db()
        assert deployment.stage != "failed", (deployment.code, deployment.reason)
        return deployment.stage == "active"

    eventually(final, seconds=600, what="the deployment to be active")


def check_end(web: Web, node: Node, said: tuple[int, float], deployments: int) -> None:
    """The answer is the same after a restart from disk without the control plane, and all invariants hold."""
    assert predict() == said
    node.start(BOTTEGA_CONTROL_URL="http://127.0.0.1:9")
    assert predict() == said
    assert Deployment.objects.count() == deployments
    assert verify(at_rest=True) == []


def swap_under_faults(web: Web, node: Node) -> dict[int, float]:
    """Deploy the second version while somebody calls; return what each version says."""
    old = predict()
    with calling() as caller:
        until_active(deploy(web, 2, "second"))
        eventually(lambda: predict()[0] == 2, seconds=120)
    new = predict()
    assert versions_in_turn(caller) in ([1, 2], [2], [1]), "the versions were mixed"
    assert set(caller.answers) <= {old, new}, "a version said what the other one says"
    assert caller.refused == []
    return dict([old, new])


@pytest.mark.parametrize(
    ("part", "action"),
    [
        pytest.param(AGENT, "kill", id="agent-kill"),
        pytest.param(AGENT, "exception", id="agent-exception", marks=pytest.mark.faults),
        pytest.param(EDGE, "kill", id="edge-kill", marks=pytest.mark.faults),
        pytest.param(EDGE, "exception", id="edge-exception", marks=pytest.mark.faults),
    ],
)
def test_a_node_stopped_at_every_step_serves_the_old_version_or_the_new_one(
    web: Web, node: Node, tmp_path: Path, part: tuple[str, ...], action: str
) -> None:
    marks = tmp_path / "marks"
    with web.kept():
        node.start()
        until_active(deploy(web, 1, "first"))
        node.start(**faults(part, action, marks))
        said = swap_under_faults(web, node)
        eventually(lambda: fired(marks) == set(part), seconds=60, what=f"all of {part} to be passed")
    check_end(web, node, (2, said[2]), deployments=2)


@pytest.mark.faults
@pytest.mark.parametrize("action", ["kill", "exception"])
def test_a_web_process_stopped_at_every_step_deploys_once(web: Web, node: Node, tmp_path: Path, action: str) -> None:
    marks = tmp_path / "marks"
    with web.kept():
        node.start()
        until_active(deploy(web, 1, "first"))
    web.environment = faults(WEB, action, marks)
    with web.kept():
        said = swap_under_faults(web, node)
        eventually(lambda: fired(marks) == set(WEB), seconds=60, what="every point to be passed")
    check_end(web, node, (2, said[2]), deployments=2)
