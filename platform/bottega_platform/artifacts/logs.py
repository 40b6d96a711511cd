"""The log store: what a job's process printed, from the first byte, kept after the worker is gone.

One file for each attempt, ``logs/<job>/<attempt>.log`` below ``BOTTEGA_ARTIFACTS``. On a local store the
child writes straight into it; for a remote one the worker copies a local file there while the job runs.
"""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import fsspec

READ_LIMIT = 1024 * 1024
_SAFE = re.compile(r"[a-z0-9_]+")


class LogFile:
    """One attempt's log, open for appending; ``fileno`` can be given to a child."""

    def __init__(self, path: Path, remote: str | None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._remote = remote
        self._copied = 0
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def fileno(self) -> int:
        """Return the open descriptor."""
        return self._descriptor

    def write(self, line: str) -> None:
        """Append a line of the worker's own."""
        os.write(self._descriptor, line.rstrip("\n").encode() + b"\n")

    def sync(self) -> None:
        """Copy what is new to a remote store; nothing to do on a local one."""
        size = self._path.stat().st_size
        if self._remote is None or size == self._copied:
            return
        with fsspec.open(self._remote, "wb") as target:
            target.write(self._path.read_bytes())
        self._copied = size

    def close(self) -> None:
        """Close the log, with everything in the store."""
        os.close(self._descriptor)
        self.sync()


class LogStore:
    """Logs below one artifacts URL; ``spool`` holds the files of running jobs when that URL is remote."""

    def __init__(self, url: str, spool: Path) -> None:
        parts = urlsplit(url)
        self._local = Path(unquote(parts.path)) / "logs" if parts.scheme in ("file", "") else None
        self._url = url.rstrip("/")
        self._spool = spool

    def open(self, job_id: str, attempt: int) -> LogFile:
        """Open an attempt's log for appending."""
        if self._local is not None:
            return LogFile(self._local / _name(job_id, attempt), None)
        return LogFile(self._spool / _name(job_id, attempt), f"{self._url}/logs/{_name(job_id, attempt)}")

    def read(self, job_id: str, attempt: int, *, offset: int = 0, limit: int = READ_LIMIT) -> bytes:
        """Return at most ``limit`` bytes from ``offset``; nothing when there is no such log yet."""
        try:
            with fsspec.open(self._address(job_id, attempt), "rb") as source:
                source.seek(offset)
                body: bytes = source.read(limit)
        except FileNotFoundError:
            return b""
        return body

    def _address(self, job_id: str, attempt: int) -> str:
        if self._local is not None:
            return str(self._local / _name(job_id, attempt))
        return f"{self._url}/logs/{_name(job_id, attempt)}"


def _name(job_id: str, attempt: int) -> str:
    if not _SAFE.fullmatch(job_id):
        raise ValueError(f"not a job id: {job_id!r}")
    return f"{job_id}/{attempt}.log"
