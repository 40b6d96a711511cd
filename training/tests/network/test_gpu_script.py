"""`make gpu` without a GPU: it trains, is killed for real, resumes and predicts on the CPU; or says that it cannot."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="scripts/install_torch installs it")
SCRIPT = Path(__file__).parents[3] / "benchmarks" / "gpu.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)


def test_a_fit_is_killed_resumed_and_its_figures_are_written_with_the_device(tmp_path):
    out = tmp_path / "gpu.json"
    done = run("--device", "cpu", "--rows", "3000", "--epochs", "5", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "killed process" in done.stdout
    written = json.loads(out.read_text())
    assert (written["benchmark"], written["device"], written["predicted_on"]) == ("gpu", "CPU", "cpu")
    figures = {(row["case"], row["system"], row["metric"]): row["value"] for row in written["rows"]}
    assert 2 <= figures["resume", "bottega", "after_epoch"] < 5
    assert 0.5 < figures["resume", "bottega", "auc"] < 1
    assert figures["predict", "bottega", "difference"] < 1e-3


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU")
def test_without_a_gpu_nothing_is_measured_and_the_script_says_so(tmp_path):
    done = run("--out", str(tmp_path / "gpu.json"))
    assert done.returncode == 1
    assert "sees no CUDA device" in done.stderr
    assert not (tmp_path / "gpu.json").exists()
