"""Every error code in the code is explained in docs/reference/errors.md, and nothing there is invented."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = (
    "platform/bottega_platform",
    "feature_store/bottega_feature_store",
    "training/bottega_training",
    "sdk/bottega",
)
LISTED = re.compile(r"^\| `([a-z_]+)` \|", re.MULTILINE)


def codes_in(file: Path) -> Iterator[str]:
    """Yield codes given as class attribute ``code = "…"`` or as argument ``code="…"``."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ClassDef):
            yield from (value for name, value in constants(node) if name == "code" and value.islower())
        if isinstance(node, ast.Call):
            for argument in node.keywords:
                if argument.arg == "code" and isinstance(argument.value, ast.Constant) and argument.value.value:
                    yield str(argument.value.value)


def constants(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str):
            yield ast.unparse(line.targets[0]), line.value.value


def test_every_code_is_explained_and_every_explained_code_exists():
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py") if "migrations" not in file.parts]
    used = {code for file in files for code in codes_in(file)}
    explained = set(LISTED.findall((ROOT / "docs/reference/errors.md").read_text()))
    assert sorted(used - explained) == [], "explain these codes"
    text = "\n".join(file.read_text() for file in files)
    assert sorted(code for code in explained if f'"{code}"' not in text) == []
