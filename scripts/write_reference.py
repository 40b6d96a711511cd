"""Write docs/reference/{cli,sdk}.md from the code; with --check only print how they differ from it."""

import ast
import difflib
import re
import sys
from collections.abc import Iterator
from enum import Enum
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, get_args

import typer

import bottega

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code: change the docstrings, not this page. -->"
COMMANDS = (
    ("client", "With `bottega` alone", "These need no more than a platform's address."),
    ("platform", "On the platform's machine", "These come with `bottega-platform` and act on `BOTTEGA_HOME`."),
)
MODULES = (
    ("Signing in", "client/platform.py"),
    ("Projects", "client/project.py"),
    ("Data", "client/data.py"),
    ("Features", "client/features.py"),
    ("Training sets", "client/training_sets.py"),
    ("Training runs", "client/runs.py"),
    ("Models", "client/models.py"),
    ("Own models", "packaging/package.py"),
    ("Endpoints", "client/endpoints.py"),
    ("What all objects share", "client/resources.py"),
    ("Errors", "problems.py"),
    ("Jobs", "client/jobs.py"),
    ("Plain REST", "client/http.py"),
)
SECTIONS = {"Args:": "Arguments:", "Raises:": "Raises:"}
_ROLE = re.compile(r":(?:class|func|meth):`~?(?:[\w.]+\.)?(\w+)`")
_EXAMPLE = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)


def main() -> int:
    """Write both pages, or compare them."""
    pages = {"cli.md": cli(), "sdk.md": sdk()}
    if "--check" not in sys.argv:
        for name, text in pages.items():
            (REFERENCE / name).write_text(text, encoding="utf-8")
        return 0
    old = {name: (REFERENCE / name).read_text(encoding="utf-8") for name in pages}
    for name, text in pages.items():
        lines = difflib.unified_diff(old[name].splitlines(), text.splitlines(), name, "the code", lineterm="")
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    return int(old != pages)


def cli() -> str:
    """Return the page of the command line."""
    lines = ["# Command line", "", NOTE, ""]
    lines += ["`bottega COMMAND --help` says the same. The exit status is 0 where all went well, 1 where something was "
              "refused or failed, 2 where the command was not understood.", ""]  # fmt: skip
    for member, title, about in COMMANDS:
        (point,) = entry_points(group="bottega.commands", name=member)
        lines += [f"## {title}", "", about, ""]
        for path, command in sorted(_commands(typer.main.get_group(point.load()), "bottega"), key=lambda pair: pair[0]):
            lines += _command(path, command)
    return _page(lines)


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _command(path: str, command: Any) -> list[str]:
    params = [param for param in command.params if param.name != "help"]
    usage = " ".join([path, *(_usage(param) for param in params if param.required or not _is_option(param))])
    lines = [f"### {path}", "", _plain(command.help or ""), "", "```text", usage, "```", ""]
    return lines + (["| | |", "|---|---|", *(_parameter(param) for param in params), ""] if params else [])


def _is_option(param: Any) -> bool:
    return bool(param.opts[0].startswith("-"))


def _usage(param: Any) -> str:
    name = param.name.upper()
    if _is_option(param):
        return f"{param.opts[0]} {name}"
    return name if param.required else f"[{name}]"


def _parameter(param: Any) -> str:
    names = [*param.opts, *param.secondary_opts] if _is_option(param) else [param.name.upper()]
    if not param.help:
        raise SystemExit(f"{param.name} has no help")
    about = [_plain(param.help)]
    if choices := _choices(param.type_descriptor.annotation):
        about.append(f"One of {', '.join(choices)}.")
    default = getattr(param.default, "value", param.default)
    if default not in (None, "") and not param.multiple and not isinstance(default, bool):
        about.append(f"Default: `{default}`.")
    if param.envvar:
        about.append(f"Or the variable `{param.envvar}`.")
    return f"| {', '.join(f'`{name}`' for name in names)} | {' '.join(about)} |"


def _choices(kind: Any) -> list[str]:
    values = [one.value for one in kind] if isinstance(kind, type) and issubclass(kind, Enum) else get_args(kind)
    return [f"`{value}`" for value in values if isinstance(value, str)]


def sdk() -> str:
    """Return the page of the Python client."""
    lines = ["# Python client", "", NOTE, "", "`pip install bottega`, with the extra `pandas` for frames and `package` "
             "for own models. `import bottega` gives `connect`, `login`, `package` and the errors; the rest is "
             "reached from what `connect` returns.", ""]  # fmt: skip
    for title, file in MODULES:
        tree = ast.parse((ROOT / "sdk" / "bottega" / file).read_text(encoding="utf-8"))
        lines += [f"## {title}", ""]
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                lines += _class(node)
            elif isinstance(node, ast.FunctionDef) and node.name in bottega.__all__:
                lines += _function(node, node.name, "###")
    return _page(lines)


def _class(node: ast.ClassDef) -> list[str]:
    public = [item for item in node.body if isinstance(item, ast.FunctionDef) and not item.name.startswith("_")]
    made = next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"), None)
    lines = [f"### {node.name}", ""]
    if made is not None and "Args:" in (ast.get_docstring(node) or ""):
        lines += _code(f"{node.name}({_arguments(made)})")
    lines += _document(node)
    if values := [item for item in public if _is_value(item)]:
        lines += ["| | | |", "|---|---|---|", *(_value(item) for item in values), ""]
    for item in public:
        if not _is_value(item):
            lines += _function(item, f"{node.name}.{item.name}", "####")
    return lines


def _is_value(node: ast.FunctionDef) -> bool:
    return bool({ast.unparse(item) for item in node.decorator_list} & {"property", "cached_property"})


def _value(node: ast.FunctionDef) -> str:
    kind = _annotation(node.returns).replace("|", r"\|")
    return f"| `{node.name}` | `{kind}` | {' '.join(_document(node)).strip()} |"


def _function(node: ast.FunctionDef, name: str, mark: str) -> list[str]:
    returned = f" -> {_annotation(node.returns)}" if node.returns else ""
    called = f"{name.rpartition('.')[2]}({_arguments(node)}){returned}"
    return [f"{mark} {name}()", "", *_code(called), *_document(node)]


def _arguments(node: ast.FunctionDef) -> str:
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults)) + list(given.defaults)
    parts = [_argument(one, default) for one, default in zip(plain, defaults, strict=True)]
    parts = [part for part in parts if part not in {"self", "cls"}]
    if given.vararg or given.kwonlyargs:
        parts.append(f"*{_argument(given.vararg, None)}" if given.vararg else "*")
    parts += [_argument(one, default) for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    return ", ".join(parts + ([f"**{_argument(given.kwarg, None)}"] if given.kwarg else []))


def _argument(one: ast.arg, default: ast.expr | None) -> str:
    name = f"{one.arg}: {_annotation(one.annotation)}" if one.annotation else one.arg
    if default is None:
        return name
    return f"{name} = {ast.unparse(default)}" if one.annotation else f"{name}={ast.unparse(default)}"


def _annotation(node: ast.expr | None) -> str:
    """Return an annotation without the quotes that forward references need."""
    return re.sub(r"'([^']*)'", r"\1", ast.unparse(node)) if node else ""


def _document(node: ast.ClassDef | ast.FunctionDef) -> list[str]:
    """Return a docstring as Markdown: its sections as lists, its examples as code."""
    text = ast.get_docstring(node)
    if text is None:
        raise SystemExit(f"{node.name} has no docstring")
    lines: list[str] = []
    inside = False
    for line in _EXAMPLE.sub(lambda found: f"```python\n{found.group()}\n```", _plain(text)).splitlines():
        if line in SECTIONS:
            inside = True
            lines += [SECTIONS[line], ""]
        elif inside and line.startswith("        "):
            lines[-1] += f" {line.strip()}"
        elif inside and line:
            name, _, about = line.strip().partition(": ")
            lines.append(f"- `{name}`: {about}")
        else:
            lines.append(line)
    return [*lines, ""]


def _code(text: str) -> list[str]:
    return ["```python", text, "```", ""]


def _plain(text: str) -> str:
    """Turn the marks of docstrings into Markdown's."""
    return _ROLE.sub(r"`\1`", text).replace("``", "`")


def _page(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
