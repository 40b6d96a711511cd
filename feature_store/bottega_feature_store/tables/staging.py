"""Where a job writes the Parquet files of one snapshot: made durable first, committed after."""

import os
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from bottega.faults import fault_point


class Staging:
    """A folder of staged Parquet files at a URL.

    Write below :attr:`folder`, a local path; :meth:`finish` makes what is there durable at the URL.
    """

    def __init__(self, url: str, scratch: str | Path) -> None:
        self.url = url
        self._filesystem, self._path = fsspec.core.url_to_fs(url)
        self._local = isinstance(self._filesystem, LocalFileSystem)
        self.folder = Path(self._path) if self._local else Path(scratch) / "staged"
        self.folder.mkdir(parents=True, exist_ok=True)

    def finish(self) -> list[str]:
        """Make the Parquet files durable and return their URLs."""
        fault_point("mid_artifact")
        paths = sorted(path for path in self.folder.rglob("*.parquet") if path.is_file())
        for path in paths:
            _sync(path)
        _sync(self.folder)
        if not self._local:
            for path in paths:
                self._filesystem.put_file(str(path), f"{self._path}/{path.relative_to(self.folder)}")
        return [f"{self.url}/{path.relative_to(self.folder)}" for path in paths]

    def bytes(self) -> int:
        """Return the size of the staged Parquet files."""
        return sum(path.stat().st_size for path in self.folder.rglob("*.parquet"))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
