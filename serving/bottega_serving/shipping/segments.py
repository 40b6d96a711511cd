"""Frames on the node's disk until they are Parquet: appended to segments, made durable, read back, removed.

A segment is only ever appended to by the process that made it. Each frame carries its worker and number, so that one
that a worker sends again, because it never heard that it had arrived, is known.
"""

import logging
import os
import struct
import time
import uuid
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from bottega_serving.edge.ring import WORKER_BYTES
from bottega_serving.state import write_atomically

log = logging.getLogger("bottega.serving")
MAGIC = b"bottega log 1\n"
SPOOL_BYTES = 256 * 1024 * 1024
KEPT_MARKS = 256
_HEAD = struct.Struct(f">II{WORKER_BYTES}sQ")  # length, checksum, worker, number


class Segment:
    """One file being written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.log"
        self._file: BinaryIO = self.path.open("xb", buffering=0)
        self._file.write(MAGIC)
        self._folder_synced = False
        self.size = 0

    def append(self, worker: bytes, number: int, frame: bytes) -> None:
        """Write a frame; a partial write leaves a tail that readers leave out."""
        data = _HEAD.pack(len(frame), zlib.crc32(frame), worker, number) + frame
        written = self._file.write(data)
        if written != len(data):
            raise OSError(f"only {written} of {len(data)} bytes could be written")
        self.size += len(data)

    def sync(self) -> None:
        """Return once everything appended is on the disk."""
        os.fdatasync(self._file.fileno())
        if not self._folder_synced:
            folder = os.open(self.path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
            self._folder_synced = True

    def close(self) -> None:
        """Write no more."""
        self._file.close()


def read(path: Path) -> Iterator[tuple[bytes, int, bytes]]:
    """Return (worker, number, frame) of each whole frame of a segment, in order."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            log.error("%s is no segment of the prediction log", path)
            return
        while head := file.read(_HEAD.size):
            if len(head) < _HEAD.size:
                return
            length, checksum, worker, number = _HEAD.unpack(head)
            frame = file.read(length)
            if len(frame) < length or zlib.crc32(frame) != checksum:
                return
            yield worker, number, frame


class Marks:
    """The last number seen of each worker: kept in a file for segments that are there no more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: dict[str, int] = {}
        if path.exists():
            self._seen = msgspec.json.decode(path.read_bytes(), type=dict[str, int])

    def is_new(self, worker: bytes, number: int) -> bool:
        """Tell whether neither this frame nor a later one of the worker was there before."""
        return number > self._seen.get(worker.hex(), 0)

    def note(self, worker: bytes, number: int) -> None:
        """Remember a frame; the workers heard of last stand last."""
        name = worker.hex()
        last = self._seen.pop(name, 0)
        self._seen[name] = max(number, last)
        if len(self._seen) > KEPT_MARKS:
            del self._seen[next(iter(self._seen))]

    def save(self) -> None:
        """Write the file."""
        write_atomically(self._path, msgspec.json.encode(dict(list(self._seen.items()))))


class Spool:
    """The closed segments, oldest first, up to a size."""

    def __init__(self, folder: Path, *, cap: int = SPOOL_BYTES) -> None:
        self.folder = folder
        self._cap = cap
        self.dropped_files = 0

    def closed(self, open_ones: Collection[Path] = ()) -> list[Path]:
        """Return the segments that nobody writes to."""
        return [path for path in sorted(self.folder.glob("*.log")) if path not in open_ones]

    def trim(self, open_ones: Collection[Path] = ()) -> None:
        """Drop the oldest segments while there is more than the cap."""
        files = self.closed(open_ones)
        total = sum(path.stat().st_size for path in files)
        while total > self._cap and len(files) > 1:
            oldest = files.pop(0)
            total -= oldest.stat().st_size
            oldest.unlink()
            self.dropped_files += 1
            log.error("the prediction log's spool is full: %s was dropped", oldest.name)
