"""Which files of the prediction log are new: names sort by the moment they were written.

Below ``predictions/<project>/<endpoint>/date=YYYY-MM-DD/`` every file is written once and whole. Of each date
it is remembered up to which name everything was read, and the names beyond: files of several nodes, whose
clocks differ, may appear in another order than that of their names, but not by more than ``OVERLAP``.
"""

from collections.abc import Iterator

import fsspec
import msgspec

from bottega.ids import decode_moment

OVERLAP_MILLISECONDS = 600_000
_DATE = "date="
_FILE = ".parquet"


class Seen(msgspec.Struct, frozen=True):
    """What was read of one date: every file up to ``after``, and ``names`` beyond it."""

    after: str = ""
    names: list[str] = []

    def with_read(self, names: list[str]) -> "Seen":
        """Return what is seen once these files are read, too."""
        beyond = sorted({*self.names, *names})
        if not beyond:
            return self
        horizon = decode_moment(beyond[-1]) - OVERLAP_MILLISECONDS
        settled = [name for name in beyond if decode_moment(name) <= horizon]
        after = max([self.after, *settled])
        return Seen(after, [name for name in beyond if name > after])


class PredictionLog:
    """One endpoint's part of the log below the artifacts' URL."""

    def __init__(self, artifacts: str, project_id: str, endpoint_id: str) -> None:
        self._filesystem, root = fsspec.core.url_to_fs(artifacts)
        self._folder = f"{root.rstrip('/')}/predictions/{project_id}/{endpoint_id}"
        self._scheme = artifacts.split("://", 1)[0] if "://" in artifacts else "file"

    def new_files(self, seen: dict[str, Seen], since: str) -> Iterator[tuple[str, list[str]]]:
        """Yield each date from ``since`` on with the names of its files that were not read yet."""
        for date in self._dates(since):
            known = seen.get(date, Seen())
            listed = self._filesystem.ls(f"{self._folder}/{_DATE}{date}", detail=False)
            names = sorted(path.rsplit("/", 1)[-1].removesuffix(_FILE) for path in listed if path.endswith(_FILE))
            new = [name for name in names if name > known.after and name not in set(known.names)]
            if new:
                yield date, new

    def urls(self, date: str, names: list[str]) -> list[str]:
        """Return the URLs of files of a date."""
        return [f"{self._scheme}://{self._folder}/{_DATE}{date}/{name}{_FILE}" for name in names]

    def _dates(self, since: str) -> list[str]:
        if not self._filesystem.isdir(self._folder):
            return []
        names = (path.rstrip("/").rsplit("/", 1)[-1] for path in self._filesystem.ls(self._folder, detail=False))
        found = (name.removeprefix(_DATE) for name in names if name.startswith(_DATE))
        return sorted(date for date in found if date >= since)
