"""A node without a control plane: one bundle on disk behind one endpoint.

It makes the last known good copy that every node starts from, checking the bundle as the agent would; the node
itself is the same. The supervisor imports this and stays light: what loads models runs in a process of its own.
"""

import argparse
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from bottega.ids import SLUG_PATTERN
from bottega_serving.settings import Settings, SettingsError

LOOPBACKS = frozenset({"127.0.0.1", "localhost", "::1"})
MINIMUM_KEY = 16


@dataclass(frozen=True, kw_only=True)
class Standalone:
    """What the command line asks to serve; ``key_file`` is empty for an endpoint that is open to all."""

    bundle: str
    endpoint: str
    project_id: str
    key_file: str

    def use_own_home(self) -> None:
        """Move this process's home below ``BOTTEGA_HOME``: a platform's own node may keep its state there."""
        home = Path(os.environ.get("BOTTEGA_HOME") or Path.home() / ".bottega").absolute()
        os.environ["BOTTEGA_HOME"] = str(home / "standalone" / self.endpoint)

    def prepare(self, settings: Settings) -> None:
        """Make the node's state, in a process of its own.

        Raises:
            SettingsError: the bundle, the endpoint's name, the keys or the address cannot be used; says why.
        """
        if settings.control_url:
            raise SettingsError("--bundle serves without a control plane: unset BOTTEGA_CONTROL_URL")
        if not self.key_file and settings.host not in LOOPBACKS:
            raise SettingsError(f"on {settings.host} others can reach the endpoint: name its API keys by --key-file")
        _make_secret(settings.secret_file)
        asked = json.dumps(asdict(self) | {"state": str(settings.state), "secret": str(settings.secret_file)})
        command = [sys.executable, "-m", "bottega_serving.standalone", asked]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"checking the bundle ended with code {done.returncode}"]
            raise SettingsError(lines[-1])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a node without a control plane."""
    group = parser.add_argument_group("without a control plane")
    group.add_argument("--bundle", metavar="DIR", help="serve the model bundle in this folder")
    group.add_argument("--endpoint", metavar="PROJECT.NAME", help="the address of the bundle's endpoint")
    group.add_argument(
        "--project-id", metavar="ID", help="the project in the online store's keys (default: PROJECT of the endpoint)"
    )
    group.add_argument(
        "--key-file", metavar="FILE", help="API keys, one per line: a request must carry one of them"
    )  # fmt: skip


def from_arguments(given: argparse.Namespace) -> Standalone | None:
    """Return what the arguments ask for; None means a node of a control plane.

    Raises:
        SettingsError: the arguments do not go together.
    """
    if not given.bundle:
        if given.endpoint or given.project_id or given.key_file:
            raise SettingsError("--endpoint, --project-id and --key-file go with --bundle DIR")
        return None
    parts = (given.endpoint or "").split(".")
    if len(parts) != 2 or not all(map(SLUG_PATTERN.fullmatch, parts)):
        raise SettingsError(
            "--bundle needs --endpoint PROJECT.NAME in lower-case letters, such as --endpoint demo.risk"
        )
    return Standalone(
        bundle=os.path.abspath(given.bundle),
        endpoint=given.endpoint,
        project_id=given.project_id or parts[0],
        key_file=os.path.abspath(given.key_file) if given.key_file else "",
    )


def _make_secret(file: Path) -> None:
    """Make the secret by which a node knows its own state again, unless it is there."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))


def _save_state(asked: Standalone, state_folder: Path, secret: bytes) -> None:
    """Copy the bundle, load it once, and write the state that names it."""
    from bottega.serving_contract import DesiredRoute, DesiredState
    from bottega_serving import state
    from bottega_serving.agent.bundles import BundleStore
    from bottega_serving.probe import probe

    digest, source = _digest(Path(asked.bundle)), Path(asked.bundle)
    store = BundleStore(state_folder / "bundles", lambda _, path, target: _copy(source / path, target))
    probe(store.ensure(digest), digest)
    keys = _key_hashes(asked.key_file)
    route = DesiredRoute(
        endpoint=asked.endpoint,
        endpoint_id=asked.endpoint,
        project_id=asked.project_id,
        deployment_id=digest[:12],
        model=asked.endpoint.partition(".")[2],
        version=1,
        bundle=digest,
        auth="key" if keys else "none",
        key_hashes=keys,
    )
    state.save(state_folder / "desired.json", DesiredState(generation=1, routes=[route]), secret)


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _key_hashes(file: str) -> list[str]:
    if not file:
        return []
    keys = [line.strip() for line in Path(file).read_text().splitlines() if line.strip()]
    if not keys or min(map(len, keys)) < MINIMUM_KEY:
        raise SettingsError(f"--key-file {file} must hold keys of at least {MINIMUM_KEY} characters, one per line")
    return [hashlib.sha256(key.encode()).hexdigest() for key in keys]


def main() -> None:
    """Make the state that the one argument asks for; one line on stderr says what is wrong with it."""
    from bottega_serving.models import BundleError

    asked = json.loads(sys.argv[1])
    folder, secret = Path(asked.pop("state")), Path(asked.pop("secret"))
    try:
        _save_state(Standalone(**asked), folder, secret.read_bytes().strip())
    except BundleError as error:
        raise SystemExit(f"the bundle {asked['bundle']} cannot be served: {error.code}: {error}") from error
    except OSError as error:
        raise SystemExit(f"{error.filename} cannot be read: {error.strerror}") from error
    except SettingsError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
