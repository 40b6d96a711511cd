"""The network trainer on a GPU: it trains, is killed, goes on from its checkpoint, and predicts on the device.

Needs Python, torch and numpy only.

usage: gpu.py [--rows N] [--epochs N] [--device gpu|cpu] [--out FILE]
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from report import HERE, Report

sys.path.insert(0, str(HERE.parent / "training"))

NUMBERS, CATEGORIES = 28, (16, 3, 105)
KILL_AFTER = 2
COMPARED_ROWS = 100_000
SETTINGS = {"layers": 3, "width": 512, "batch_size": 8_192, "patience": 0}


class FileSlot:
    """Keeps the checkpoint in a file, replaced whole."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "checkpoint"

    def load(self) -> bytes | None:
        """Return the checkpoint that is there."""
        return self._path.read_bytes() if self._path.exists() else None

    def save(self, content: bytes) -> None:
        """Replace it."""
        temporary = self._path.with_suffix(".incoming")
        temporary.write_bytes(content)
        os.replace(temporary, self._path)


def table(rows: int, seed: int) -> Any:
    """Return rows that look like the flights: numbers with nulls, three categories, a label that follows from them."""
    from bottega_training.network.fit import Rows

    random = np.random.default_rng(seed)
    numbers = random.normal(size=(rows, NUMBERS))
    codes = np.column_stack([random.integers(0, size, rows) for size in CATEGORIES])
    signal = numbers[:, 0] * numbers[:, 1] + np.sin(2 * numbers[:, 2]) + np.cos(codes).sum(axis=1) - 1
    label = (signal + random.normal(size=rows) > 0).astype(np.float64)
    numbers[random.random(numbers.shape) < 0.05] = np.nan
    return Rows(np.hstack([numbers, codes]), label)


def train(options: argparse.Namespace) -> None:
    """Fit in this process, an epoch's line for each, and leave what was found in ``result.json``."""
    from bottega_training.network.fit import fit
    from bottega_training.network.settings import Columns, Settings

    rows, valid = table(options.rows, 1), table(options.rows // 10, 2)
    categories = {NUMBERS + place: size for place, size in enumerate(CATEGORIES)}
    ends: list[float] = []

    def report(epoch: int, value: float, total: int) -> bool:
        ends.append(time.perf_counter())
        print(f"epoch {epoch} of {total}: auc {value:.4f}", flush=True)
        return False

    fitted = fit(
        rows,
        valid,
        Columns(NUMBERS + len(CATEGORIES), categories),
        probability=True,
        settings=Settings(epochs=options.epochs, threads=os.cpu_count() or 1, **SETTINGS),
        device=options.device,
        slot=FileSlot(options.folder),
        report=report,
        say=lambda line: print(line, flush=True),
    )
    trained = ends[fitted.resumed_after :]  # epochs of the earlier attempt are only told again
    found = {
        "device": fitted.device.name,
        "resumed_after": fitted.resumed_after,
        "auc": max(point["valid"] for point in fitted.curve),
        "epoch_seconds": float(np.median(np.diff(trained))),
        **predict(fitted, valid.matrix),
    }
    (options.folder / "result.json").write_text(json.dumps(found))


def predict(fitted: Any, matrix: np.ndarray) -> dict[str, Any]:
    """Predict on the fit's device in single precision; return its speed and how far it is from the served numbers."""
    import torch

    weights, device = fitted.weights, torch.device(fitted.device.kind)
    tables = [torch.tensor(one, dtype=torch.float32, device=device) for one in weights.tables]
    layers = [[torch.tensor(one, dtype=torch.float32, device=device) for one in pair] for pair in weights.layers]
    numbers = torch.tensor(weights.preparation.numbers(matrix), dtype=torch.float32, device=device)
    codes = torch.tensor(weights.preparation.codes(matrix), device=device)

    def run() -> np.ndarray:
        values = torch.cat([numbers, *(one[codes[:, place]] for place, one in enumerate(tables))], dim=1)
        for weight, bias in layers[:-1]:
            values = torch.relu(values @ weight + bias)
        weight, bias = layers[-1]
        return torch.sigmoid((values @ weight + bias)[:, 0]).cpu().numpy()

    run()
    began = time.perf_counter()
    answers = run()
    seconds = time.perf_counter() - began
    served = weights.predict(matrix[:COMPARED_ROWS])
    return {
        "predict_rows_per_s": len(matrix) / seconds,
        "difference": float(np.abs(answers[:COMPARED_ROWS] - served).max()),
        "torch": torch.__version__,
        "predicted_on": str(numbers.device),
    }


def start(options: argparse.Namespace, folder: Path, device: str, epochs: int) -> "subprocess.Popen[str]":
    """Start a process of its own that trains."""
    folder.mkdir(exist_ok=True)
    arguments = ["--rows", str(options.rows), "--epochs", str(epochs), "--device", device, "--folder", str(folder)]
    return subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True)


def trained_and_killed(options: argparse.Namespace, folder: Path) -> None:
    """Train in a process until it has told of some epochs, and kill it with SIGKILL.

    Its epochs come after their checkpoints, so there is one to go on from.
    """
    child = start(options, folder, options.device, options.epochs)
    assert child.stdout is not None
    for line in child.stdout:
        print(f"  first: {line}", end="", flush=True)
        if line.startswith(f"epoch {KILL_AFTER} "):
            break
    child.send_signal(signal.SIGKILL)
    child.wait()
    if child.returncode != -signal.SIGKILL:
        raise SystemExit(f"The fit ended with {child.returncode} before it could be killed.")
    print(f"  killed process {child.pid} after epoch {KILL_AFTER}", flush=True)


def finished(options: argparse.Namespace, folder: Path, device: str, epochs: int) -> dict[str, Any]:
    """Train to the end in a process and return what it found."""
    child = start(options, folder, device, epochs)
    assert child.stdout is not None
    for line in child.stdout:
        print(f"  {line}", end="", flush=True)
    if child.wait():
        raise SystemExit(f"The fit failed with status {child.returncode}.")
    found: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return found


def measure(options: argparse.Namespace) -> None:
    """Kill a fit, resume it, compare with the CPU of the same machine, and write the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained_and_killed(options, folder / "device")
        found = finished(options, folder / "device", options.device, options.epochs)
        floor = finished(options, folder / "floor", "cpu", KILL_AFTER)
    report = Report("gpu")
    for system, one in (("bottega", found), ("floor", floor)):
        report.add("epoch", system, "seconds", one["epoch_seconds"], "s")
        report.add("predict", system, "rows_per_s", one["predict_rows_per_s"], "1/s")
        report.add("predict", system, "difference", one["difference"], "")
    report.add("resume", "bottega", "after_epoch", found["resumed_after"], "epochs")
    report.add("resume", "bottega", "auc", found["auc"], "")
    report.ratios("seconds")
    about = {"device": found["device"], "predicted_on": found["predicted_on"], "torch": found["torch"]}
    print(report.write(options.out, **about, train_rows=options.rows))


def main() -> int:
    """Measure, or with ``--folder`` be the process that trains."""
    parser = argparse.ArgumentParser(description="Train on a GPU, be killed, resume, predict.")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--device", choices=("gpu", "cpu"), default="gpu")
    parser.add_argument("--out", type=Path, help="default: benchmarks/results/gpu.json")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        train(options)
        return 0
    import torch

    if options.device == "gpu" and not torch.cuda.is_available():
        print(f"PyTorch {torch.__version__} sees no CUDA device here: nothing was measured.", file=sys.stderr)
        return 1
    measure(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
