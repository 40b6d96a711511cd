"""The child's half of the test kind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bottega.faults import fault_point
from bottega.problems import DataProblem
from bottega.protocol import JobContext
from bottega_training.kinds import KINDS


def run(context: JobContext) -> dict:
    """Do what the spec says, in order, and return what was seen."""
    spec = context.spec
    sys.stdout.write(f"probe begins attempt {context.start.attempt}\n")
    for step in range(spec.get("steps", 0)):
        context.progress(step + 1, spec["steps"], "working", "steps")
        time.sleep(spec.get("step_seconds", 0.0))
    seen = {"fence": context.start.fence, "greeting": context.inputs["greeting"], "pid": os.getpid()}
    if "call" in spec:
        seen["reply"] = context.call(spec["call"], **spec.get("params", {}))
    while "until" in spec and not Path(spec["until"]).exists():
        time.sleep(0.05)
    if spec.get("environment"):
        seen["devices"] = os.environ["CUDA_VISIBLE_DEVICES"]
        seen["environment"] = sorted(os.environ)
        seen["initial"] = Path("/proc/self/environ").read_text().split("\0")
        seen["descriptors"] = sorted(int(name) for name in os.listdir("/proc/self/fd"))
    if spec.get("grandchild"):
        seen["grandchild"] = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid
        Path(spec["grandchild"]).write_text(str(seen["grandchild"]))
    if spec.get("stage"):
        stage(Path(spec["stage"]), context.staging_name)
    act(spec)
    return seen


def stage(folder: Path, name: str) -> None:
    """Write a staged effect in two steps."""
    (folder / f"{name}.part").write_text("half")
    fault_point("mid_artifact")
    (folder / f"{name}.part").rename(folder / name)


def act(spec: dict) -> None:
    """End in the way the spec asks for."""
    if spec.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(spec.get("sleep", 0.0))
    if spec.get("raise") == "problem":
        raise DataProblem("Row 7 has no label. Remove it.")
    if spec.get("raise") == "crash":
        raise RuntimeError("secret detail of a bug")
    if spec.get("raise") == "memory":
        raise MemoryError
    if spec.get("allocate"):
        hoard = [b"x" * 10_000_000 for _ in range(spec["allocate"] // 10)]
        time.sleep(20)
        sys.stdout.write(str(len(hoard)))
    if spec.get("die"):
        os.kill(os.getpid(), spec["die"])


KINDS["probe"] = "probe_child:run"
