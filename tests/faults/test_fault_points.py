"""No fault point is forgotten: those in the code, found by reading it, are those of the matrix."""

import ast
from collections.abc import Iterator
from pathlib import Path

from matrix import EVERYWHERE, JOB_KINDS

from bottega_platform.jobs import kinds

ROOT = Path(__file__).parents[2]
MEMBERS = (
    "sdk/bottega",
    "feature_store/bottega_feature_store",
    "training/bottega_training",
    "serving/bottega_serving",
    "platform/bottega_platform",
)


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of ``fault_point`` in the five members, with its place."""
    for member in MEMBERS:
        for path in sorted((ROOT / member).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "fault_point":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_fault_point_has_a_name_that_can_be_read_without_running_the_code() -> None:
    unreadable = [place for place, call in calls() if not (call.args and isinstance(call.args[0], ast.Constant))]
    assert unreadable == []


def test_the_fault_points_of_the_code_are_those_of_the_matrix() -> None:
    found = {ast.literal_eval(call.args[0]) for _, call in calls()}
    assert found == EVERYWHERE


def test_every_job_kind_of_the_platform_is_in_the_matrix() -> None:
    assert set(kinds.names()) - {"probe"} == JOB_KINDS.keys()
