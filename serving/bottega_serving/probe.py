"""Load a bundle in a process of its own: a malformed native model may abort it, and nothing else.

``python -m bottega_serving.probe <folder> <digest>`` prints one JSON object: ``{"ok": true}`` or the code and reason.
"""

import json
import subprocess
import sys
from pathlib import Path

from bottega_serving.models import BundleError, load_bundle

PROBE_SECONDS = 60.0


def probe(folder: Path, digest: str, *, timeout: float = PROBE_SECONDS) -> None:
    """Load the bundle in a child process; raise :class:`BundleError` when it cannot be served."""
    command = [sys.executable, "-m", "bottega_serving.probe", str(folder), digest]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise BundleError("model_load_failed", f"loading took more than {timeout:.0f} s") from error
    if done.returncode < 0:
        raise BundleError("model_load_failed", f"the model ended its loader with signal {-done.returncode}")
    _raise_reported(done.stdout, done.stderr)


def _raise_reported(stdout: bytes, stderr: bytes) -> None:
    lines = stdout.decode(errors="replace").strip().splitlines()
    try:
        said = json.loads(lines[-1])
    except (IndexError, ValueError) as error:
        tail = stderr.decode(errors="replace").strip()[-300:]
        raise BundleError("model_load_failed", f"the loader ended without a result: {tail}") from error
    if not said["ok"]:
        raise BundleError(said["code"], said["reason"])


def main() -> None:
    """Load the bundle named on the command line and say how it went."""
    try:
        load_bundle(Path(sys.argv[1]), sys.argv[2])
        said: dict[str, object] = {"ok": True}
    except BundleError as error:
        said = {"ok": False, "code": error.code, "reason": str(error)}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
