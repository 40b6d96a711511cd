"""The demo's stages, and what the platform costs while nobody uses it.

usage: demo.py [--idle-seconds N]   (BOTTEGA_HOME and the ports choose the platform; a new home measures everything)
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
from report import HERE, Report

from bottega_platform.config import env

BOTTEGA = Path(sys.executable).parent / "bottega"
SETTLE_SECONDS = 20


def run(*arguments: str) -> tuple[float, str]:
    """Run a command of ours and return its seconds and its output."""
    started = time.monotonic()
    done = subprocess.run([BOTTEGA, *arguments], cwd=HERE.parent, check=True, stdout=subprocess.PIPE, text=True)
    return time.monotonic() - started, done.stdout


def processes(home: Path) -> list[psutil.Process]:
    """Return the platform's processes: those whose environment or command line names its home, and their children."""
    found = {}
    for process in psutil.process_iter():
        try:
            named = process.environ().get("BOTTEGA_HOME") == str(home) or str(home) in " ".join(process.cmdline())
            if named and process.pid != psutil.Process().pid:
                found |= {member.pid: member for member in [process, *process.children(recursive=True)]}
        except psutil.Error:
            continue
    return list(found.values())


def idle(report: Report, home: Path, seconds: float) -> None:
    """Measure proportional memory and CPU of all processes while nothing is asked of them."""
    time.sleep(SETTLE_SECONDS)
    mine = processes(home)
    memory = sum(process.memory_full_info().pss for process in mine if process.is_running())
    before = sum(sum(process.cpu_times()[:2]) for process in mine)
    time.sleep(seconds)
    after = sum(sum(process.cpu_times()[:2]) for process in mine if process.is_running())
    report.add("idle", "bottega", "memory_mb", memory / 1e6, "MB")
    report.add("idle", "bottega", "cpu_pct", 100 * (after - before) / seconds, "% of a core")


def disk(report: Report, home: Path) -> None:
    """Measure the disk that the home and the virtual environment take."""
    for case, folder in (("home", home), ("environment", Path(sys.prefix))):
        used = sum(
            file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file() and not file.is_symlink()
        )
        report.add(f"disk_{case}", "bottega", "mb", used / 1e6, "MB")


def main() -> None:
    """Start, run twice, look at the idle platform, write the figures; the platform stays up."""
    parser = argparse.ArgumentParser(description="Measure the demo.")
    parser.add_argument("--idle-seconds", type=float, default=60)
    options = parser.parse_args()
    home = env.load().home
    report = Report("demo")
    seconds, _ = run("up")
    report.add("up", "bottega", "seconds", seconds, "s")
    first, output = run("demo")
    for stage, spent in json.loads(output.strip().splitlines()[-1])["seconds"].items():
        report.add(stage, "bottega", "seconds", spent, "s")
    report.add("all_stages", "bottega", "seconds", first, "s")
    again, _ = run("demo")
    report.add("second_run", "bottega", "seconds", again, "s")
    idle(report, home, options.idle_seconds)
    disk(report, home)
    print(report.write())


if __name__ == "__main__":
    main()
