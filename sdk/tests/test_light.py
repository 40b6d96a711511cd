"""The package is light: importing it needs the standard library alone, the client and the command no data library."""

import os
import subprocess
import sys
from pathlib import Path

SDK = Path(__file__).parents[1]
HEAVY = ("numpy", "pandas", "pyarrow", "sklearn", "onnx", "onnxruntime", "skl2onnx", "IPython")


def python(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_it_needs_nothing_but_the_standard_library() -> None:
    # -S leaves site-packages out: whatever is not Python's own could not be found.
    printed = python("-S", "-c", "import bottega, sys; print(*sys.modules)", PYTHONPATH=str(SDK))
    ours = {name for name in printed.split() if name.startswith("bottega")}
    assert ours == {"bottega"}


def test_client_and_command_line_load_no_data_library() -> None:
    modules = "bottega, bottega.cli.main, bottega.cli.remote, sys"
    code = f"import {modules}; bottega.connect, bottega.package; print(*sys.modules)"
    loaded = {name.partition(".")[0] for name in python("-c", code).split()}
    assert {"bottega", "httpx", "typer"} <= loaded
    assert sorted(loaded & set(HEAVY)) == []
