"""The stamp of the platform's own code: the commit of its checkout, else its version."""

import re
from functools import cache
from importlib import metadata
from pathlib import Path

_COMMIT = re.compile(r"^[0-9a-f]{40,64}$")


@cache
def version() -> str:
    """Return ``git:<commit>`` in a checkout, otherwise ``bottega-platform <version>``; read once."""
    for folder in Path(__file__).resolve().parents:
        if (folder / ".git").is_dir():
            commit = _commit(folder / ".git")
            if commit:
                return f"git:{commit}"
    return f"bottega-platform {metadata.version('bottega-platform')}"


def _commit(git: Path) -> str | None:
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref: "):
        return head if _COMMIT.match(head) else None
    name = head.removeprefix("ref: ")
    if (git / name).is_file():
        return (git / name).read_text().strip()
    packed = git / "packed-refs"
    lines = packed.read_text().splitlines() if packed.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {name}")), None)
