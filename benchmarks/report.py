"""Every benchmark's result: rows in one JSON shape, and a table with ratios to the floor."""

import datetime as dt
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False, cwd=HERE).stdout.strip()


def percentile(values: list[float], percent: float) -> float:
    """Return the nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Report:
    """Collects the rows of one benchmark and writes ``results/<name>.json``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[dict[str, Any]] = []

    def add(self, case: str, system: str, metric: str, value: float, unit: str) -> None:
        """Add and print one figure."""
        self.rows.append({"case": case, "system": system, "metric": metric, "value": round(value, 4), "unit": unit})
        print(f"{case:24} {system:14} {metric:14} {value:14.3f} {unit}", flush=True)

    def ratios(self, metric: str, *, against: str = "floor") -> None:
        """Print each system's value of a metric as a share of the one it is held against."""
        value = {(row["case"], row["system"]): row["value"] for row in self.rows if row["metric"] == metric}
        for (case, system), figure in sorted(value.items()):
            if system != against and value.get((case, against)):
                print(f"{case:24} {system:14} {metric} is {figure / value[case, against]:.2f} of {against}'s")

    def write(self, path: Path | None = None, **about: Any) -> Path:
        """Write the JSON, and what else there is to say ``about`` the machine, to ``path`` and return where it is.

        The default is ``results/<name>.json``.
        """
        machine = (
            f"{os.cpu_count()} CPUs, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
        )
        document = {
            "benchmark": self.name,
            "commit": _git("rev-parse", "HEAD"),
            "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "machine": machine,
            **about,
            "rows": self.rows,
        }
        path = path or HERE / "results" / f"{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n")
        return path
