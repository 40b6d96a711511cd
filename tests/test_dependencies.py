"""Each member declares what it imports: nothing may come along by chance with somebody else's dependency."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MEMBERS = {
    "platform": "bottega_platform",
    "feature_store": "bottega_feature_store",
    "training": "bottega_training",
    "serving": "bottega_serving",
    "sdk": "bottega",
}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _declared(member: str) -> set[str]:
    """What the member's pyproject names, its extras included."""
    needed, optional = _dependencies(member)
    return needed | optional


def _dependencies(member: str) -> tuple[set[str], set[str]]:
    """What the member always needs, and what its extras add."""
    project = tomllib.loads((ROOT / member / "pyproject.toml").read_text())["project"]
    extras = [line for extra in project.get("optional-dependencies", {}).values() for line in extra]
    needed, optional = (
        {_normal(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]) for line in lines}
        for lines in (project["dependencies"], extras)
    )
    return needed, optional - needed - {_normal(member), _normal(MEMBERS[member])}


def _imports(path: Path) -> Iterator[str]:
    """The top packages a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def _distributions() -> dict[str, set[str]]:
    found = {package: {_normal(name) for name in names} for package, names in packages_distributions().items()}
    return found | {package: {_normal(package)} for package in MEMBERS.values()}


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_declares_every_package_that_it_imports(member: str) -> None:
    declared, known = _declared(member), _distributions()
    missing = {
        f"{package} in {path.relative_to(ROOT)}"
        for path in (ROOT / member / MEMBERS[member]).rglob("*.py")
        for package in set(_imports(path)) - sys.stdlib_module_names - {MEMBERS[member]}
        if not known.get(package, {package}) & declared
    }
    assert sorted(missing) == []


def test_the_client_needs_exactly_what_it_imports() -> None:
    known = _distributions()
    files = (ROOT / "sdk" / "bottega").rglob("*.py")
    imported = {package for path in files for package in _imports(path)} - sys.stdlib_module_names - {"bottega"}
    used = {name for package in imported for name in known[package]}
    needed, optional = _dependencies("sdk")
    assert sorted(used) == sorted(needed | optional), "a library is declared and not used, or used and not declared"
    assert sorted(needed) == ["httpx", "msgspec", "pyyaml", "rich", "stamina", "typer"], "the plain client grew"
