"""Rules about the tree itself that no linter knows."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
MEMBERS = ("platform", "feature_store", "training", "serving", "sdk")


def _sources(*folders: str, suffixes: tuple[str, ...] = (".py", ".ts", ".tsx", ".html", ".toml")) -> list[Path]:
    skipped = {"node_modules", "static", "dist", "__pycache__"}
    return [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in suffixes and not skipped & set(path.parts)
    ]


def test_neither_platform_nor_a_tests_folder_is_a_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert [path for folder in (*MEMBERS, "tests") for path in (ROOT / folder).glob("**/tests/**/__init__.py")] == []
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_the_product_knows_nothing_of_its_example() -> None:
    word = re.compile(r"\b(flights?|airports?|airlines?|tailnum|nycflights\w*)\b", re.IGNORECASE)
    found = [str(path.relative_to(ROOT)) for path in _sources(*MEMBERS, "webui") if word.search(path.read_text())]
    assert found == []


def test_every_member_names_its_licence() -> None:
    for member in MEMBERS:
        assert 'license = "Apache-2.0"' in (ROOT / member / "pyproject.toml").read_text()
    assert "Apache License" in (ROOT / "LICENSE").read_text()


def test_the_readme_begins_with_the_two_commands_and_make_knows_them() -> None:
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    commands = re.findall(r"^make (\w+)", readme, re.MULTILINE)
    assert commands[:2] == ["demo", "test"]
    for command in re.findall(r"make ((?:\w+(?: \| )?)+)", readme):
        for target in command.split(" | "):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"README names make {target}"


def test_docs_link_only_to_pages_that_exist() -> None:
    broken = []
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        broken += [f"{page.name} -> {target}" for target in targets if not (page.parent / target).exists()]
    assert broken == []
