"""Where tokens are kept: one file of the user's own, readable by nobody else.

``BOTTEGA_CONFIG`` names its folder (default ``$XDG_CONFIG_HOME/bottega``, ``~/.config/bottega``). The environment
goes before the file: ``BOTTEGA_URL``, ``BOTTEGA_TOKEN``, ``BOTTEGA_PROJECT``.
"""

import contextlib
import os
import tempfile
from pathlib import Path

import msgspec

from bottega.problems import ProblemError

FORMAT = 1
DEFAULT_URL = "http://127.0.0.1:8400"
FILE_NAME = "credentials.json"


class Account(msgspec.Struct, frozen=True):
    """What is kept of one platform: the token, whose it is, and the project to work in."""

    token: str
    username: str = ""
    project: str | None = None


class Credentials(msgspec.Struct, frozen=True):
    """The file: accounts by the platform's address, and which of them is used."""

    accounts: dict[str, Account] = {}
    current: str | None = None
    format: int = FORMAT


class NotSignedIn(ProblemError):
    """There is no token for this platform."""

    code = "not_signed_in"
    title = "You are not signed in"
    status = 401


def folder() -> Path:
    """Return the folder of the credentials file."""
    if named := os.environ.get("BOTTEGA_CONFIG"):
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "bottega"


def load() -> Credentials:
    """Return what is kept; nothing when there is no file.

    Raises:
        ProblemError: ``credentials_unreadable``.
    """
    path = folder() / FILE_NAME
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Credentials()
    except OSError as error:
        raise _unreadable(path, str(error)) from error
    try:
        found = msgspec.json.decode(content, type=Credentials)
    except msgspec.DecodeError as error:
        raise _unreadable(path, str(error)) from error
    if found.format != FORMAT:
        raise _unreadable(path, f"it has format {found.format}, this version reads {FORMAT}")
    return found


def _unreadable(path: Path, reason: str) -> ProblemError:
    return ProblemError(
        f"{path} cannot be read: {reason}.",
        code="credentials_unreadable",
        title="Your tokens cannot be read",
        hint=f"mend it, or remove it and sign in again: rm {path} && bottega login",
    )


def save(credentials: Credentials) -> Path:
    """Write the file, at once and for this user alone."""
    target = folder() / FILE_NAME
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".credentials-", dir=target.parent)  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(credentials), indent=2))
        os.replace(name, target)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    return target


def remember(url: str, account: Account) -> Path:
    """Keep an account and make it the current one."""
    known = load()
    return save(Credentials({**known.accounts, url: account}, current=url))


def forget(url: str) -> bool:
    """Drop an account; say whether there was one."""
    known = load()
    accounts = {at: account for at, account in known.accounts.items() if at != url}
    current = known.current if known.current in accounts else next(iter(accounts), None)
    save(Credentials(accounts, current=current))
    return url in known.accounts


def url_of(url: str | None = None) -> str:
    """Return the platform's address: as given, of the environment, the current one, or the default."""
    found = url or os.environ.get("BOTTEGA_URL") or load().current or DEFAULT_URL
    return found.rstrip("/")


def token_of(url: str, token: str | None = None) -> str:
    """Return the token for a platform: as given, of the environment, or the one kept.

    Raises:
        NotSignedIn: there is none.
    """
    kept = load().accounts.get(url)
    found = token or os.environ.get("BOTTEGA_TOKEN") or (kept.token if kept else None)
    if not found:
        raise NotSignedIn(f"There is no token for {url}.", hint=login_hint(url))
    return found.strip()


def project_of(url: str, project: str | None = None) -> str | None:
    """Return the project to work in: as given, of the environment, or the one kept."""
    kept = load().accounts.get(url)
    return project or os.environ.get("BOTTEGA_PROJECT") or (kept.project if kept else None)


def login_hint(url: str) -> str:
    """Return the command that signs in."""
    return "bottega login" if url == DEFAULT_URL else f"bottega login --url {url}"
