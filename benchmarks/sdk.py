"""How light the client is: seconds of `import bottega`, and what it installs, both beside a bare Python."""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

from report import Report

TIMES = 15
CASES = {"import": "import bottega", "connect": "import bottega; bottega.connect"}


def seconds(code: str) -> float:
    """Return the median wall time of a new Python that runs ``code``."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def needed(name: str, seen: set[str]) -> Iterator[Distribution]:
    """Yield the distributions that installing ``name`` brings, its own included, extras left out."""
    if name.lower() in seen:
        return
    seen.add(name.lower())
    found = distribution(name)
    yield found
    for line in found.requires or []:
        if ";" not in line:
            yield from needed(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0], seen)


def size(found: Distribution) -> int:
    """Return the bytes of a distribution's files, compiled ones left out; our own lies in the checkout."""
    paths = [path.locate() for path in found.files or [] if path.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file())


def main() -> None:
    """Measure and write."""
    report = Report("sdk")
    bare = seconds("pass")
    report.add("start", "floor", "seconds", bare, "s")
    for case, code in CASES.items():
        report.add(case, "bottega", "seconds", seconds(code) - bare, "s")
    brought = list(needed("bottega", set()))
    report.add("install", "bottega", "packages", len(brought), "packages")
    report.add("install", "bottega", "size", sum(map(size, brought)) / 1e6, "MB")
    report.write()


if __name__ == "__main__":
    main()
