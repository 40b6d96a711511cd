"""Content-addressed blobs on fsspec: written under a temporary name, fsynced, renamed to their digest.

A blob is immutable and visible only through a row that names its digest; writing the same bytes twice is
harmless. The layout below the store's URL is ``blobs/sha256/ab/<digest>``.

Sweeping goes by what rows name (see :meth:`BlobStore.unmarked`). A writer always renames onto the digest, also
where the blob is there already: its time says when somebody last stored it, so a blob that a running job has just
stored again is never taken for an old one.
"""

import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Container, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import fsspec
import msgspec
from fsspec.implementations.local import LocalFileSystem

from bottega.faults import fault_point
from bottega.problems import ProblemError

CHUNK_BYTES = 1 << 20
_DIGEST = re.compile(r"^[0-9a-f]{64}$")


class Blob(msgspec.Struct, frozen=True):
    """A stored blob: its sha256 in hex and its size in bytes."""

    sha256: str
    size: int


class BlobTooLargeError(ProblemError):
    """The content is larger than the caller allows."""

    code = "too_large"
    title = "The content is too large"
    status = 413


class BlobNotFoundError(ProblemError):
    """No blob has this digest."""

    code = "blob_not_found"
    title = "The stored content is missing"
    status = 404


class BlobDamagedError(ProblemError):
    """The stored bytes do not have the digest that names them."""

    code = "digest_mismatch"
    title = "The stored content is damaged"
    status = 500


class BlobWriter:
    """Collects bytes of one blob under a temporary name; :meth:`BlobStore.writer` makes and commits it."""

    def __init__(self, stream: IO[bytes], limit: int | None) -> None:
        self._stream = stream
        self._limit = limit
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, chunk: bytes) -> None:
        """Append ``chunk``; raise :class:`BlobTooLargeError` once the limit is passed."""
        self._size += len(chunk)
        if self._limit is not None and self._size > self._limit:
            raise BlobTooLargeError(f"send at most {self._limit} bytes")
        self._hash.update(chunk)
        self._stream.write(chunk)

    @property
    def blob(self) -> Blob:
        """The blob of what was written so far; it is in the store once the ``writer`` block has ended."""
        return Blob(self._hash.hexdigest(), self._size)


class BlobStore:
    """Blobs below an fsspec URL (``file:///…``, ``s3://…``) or a plain path. Safe for many processes."""

    def __init__(self, url: str) -> None:
        self._filesystem, root = fsspec.core.url_to_fs(url)
        self._root = root.rstrip("/")

    @contextmanager
    def writer(self, *, limit: int | None = None) -> Iterator[BlobWriter]:
        """Yield a :class:`BlobWriter`; the blob exists once the block has ended without error."""
        temporary = f"{self._root}/blobs/incoming/{uuid.uuid4().hex}"
        self._filesystem.makedirs(os.path.dirname(temporary), exist_ok=True)
        try:
            with self._filesystem.open(temporary, "wb") as stream:
                writer = BlobWriter(stream, limit)
                yield writer
                fault_point("mid_artifact")
                self._sync(stream)
            self._commit(temporary, writer.blob)
            fault_point("after_artifact_before_manifest")
        except BaseException:
            self._discard(temporary)
            raise

    def put_bytes(self, content: bytes) -> Blob:
        """Store ``content``."""
        with self.writer() as writer:
            writer.write(content)
        return writer.blob

    def put_file(self, path: str | Path) -> Blob:
        """Store a local file's content."""
        with open(path, "rb") as source:
            return self.put_stream(source)

    def put_stream(self, source: IO[bytes], *, limit: int | None = None) -> Blob:
        """Store what ``source`` gives, at most ``limit`` bytes."""
        with self.writer(limit=limit) as writer:
            while chunk := source.read(CHUNK_BYTES):
                writer.write(chunk)
        return writer.blob

    def open(self, digest: str) -> IO[Any]:
        """Open a blob for reading; raise :class:`BlobNotFoundError` where there is none."""
        try:
            stream: IO[Any] = self._filesystem.open(self.path(digest), "rb")
        except FileNotFoundError as error:
            raise BlobNotFoundError(f"no content with digest {digest} is stored; upload it again") from error
        return stream

    def read(self, digest: str) -> bytes:
        """Return a blob's bytes."""
        with self.open(digest) as stream:
            content: bytes = stream.read()
            return content

    def exists(self, digest: str) -> bool:
        """Say whether the blob is there."""
        return bool(self._filesystem.exists(self.path(digest)))

    def size(self, digest: str) -> int:
        """Return the blob's size in bytes; raise :class:`BlobNotFoundError` where there is none."""
        try:
            return int(self._filesystem.size(self.path(digest)))
        except FileNotFoundError as error:
            raise BlobNotFoundError(f"no content with digest {digest} is stored; upload it again") from error

    def verify(self, digest: str) -> None:
        """Read the blob and raise :class:`BlobDamagedError` when its bytes do not have this digest."""
        found = hashlib.sha256()
        with self.open(digest) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                found.update(chunk)
        if found.hexdigest() != digest:
            raise BlobDamagedError(f"the content stored as {digest} was changed; restore it from a backup")

    def copy_to(self, digest: str, path: str | Path) -> Path:
        """Copy a blob to a local path, checking its digest on the way, and return the path."""
        target, found = Path(path), hashlib.sha256()
        with self.open(digest) as stream, target.open("wb") as out:
            while chunk := stream.read(CHUNK_BYTES):
                found.update(chunk)
                out.write(chunk)
        if found.hexdigest() != digest:
            target.unlink()
            raise BlobDamagedError(f"the content stored as {digest} was changed; restore it from a backup")
        return target

    def path_or_copy(self, digest: str, scratch: str | Path) -> Path:
        """Return a local path to read the content from: the blob itself where the store is local."""
        if isinstance(self._filesystem, LocalFileSystem):
            if not self.exists(digest):
                raise BlobNotFoundError(f"no content with digest {digest} is stored; upload it again")
            return Path(self.path(digest))
        return self.copy_to(digest, Path(scratch) / digest)

    def url(self, digest: str) -> str:
        """Return the blob's full URL, for readers that open URLs themselves."""
        found: str = self._filesystem.unstrip_protocol(self.path(digest))
        return found

    def path(self, digest: str) -> str:
        """Return the blob's path on the store's file system; only a well-formed digest becomes a path."""
        if not _DIGEST.match(digest):
            raise BlobNotFoundError("a digest has 64 hexadecimal characters")
        return f"{self._root}/blobs/sha256/{digest[:2]}/{digest}"

    def unmarked(self, marked: Container[str], *, before: datetime) -> Iterator[Blob]:
        """Yield each blob whose digest is not in ``marked`` and which nobody has stored since ``before``."""
        for folder in self._list(f"{self._root}/blobs/sha256", "directory"):
            for found in self._list(folder["name"], "file"):
                digest = os.path.basename(found["name"])
                if _DIGEST.match(digest) and digest not in marked and self._is_older(found["name"], before):
                    yield Blob(digest, int(found["size"]))

    def remove(self, digest: str, *, before: datetime) -> bool:
        """Remove a blob unless somebody has stored it since ``before``; say whether it is gone now.

        On a local store no writer can come in between. Elsewhere the time between the look and the removal is that
        of one request; ``before`` lies so far back that no writer of that moment is told apart by it.
        """
        path = self.path(digest)
        self._filesystem.invalidate_cache(os.path.dirname(path))
        with self._alone(os.path.dirname(path)):
            if not self._is_older(path, before):
                return False
            self._filesystem.rm_file(path)
        return True

    def abandoned(self, *, before: datetime) -> Iterator[tuple[str, int]]:
        """Yield name and bytes of every write that was begun and not ended, untouched since ``before``."""
        for found in self._list(f"{self._root}/blobs/incoming", "file"):
            if self._is_older(found["name"], before):
                yield os.path.basename(found["name"]), int(found["size"])

    def discard(self, name: str) -> None:
        """Remove an abandoned write."""
        self._discard(f"{self._root}/blobs/incoming/{os.path.basename(name)}")

    def _list(self, folder: str, kind: str) -> list[dict[str, Any]]:
        try:
            found = self._filesystem.ls(folder, detail=True)
        except FileNotFoundError:
            return []
        return [entry for entry in found if entry["type"] == kind]

    def _is_older(self, path: str, before: datetime) -> bool:
        try:
            modified: datetime = self._filesystem.modified(path)
        except FileNotFoundError:
            return False
        return modified < before

    @contextmanager
    def _alone(self, folder: str) -> Iterator[None]:
        if not isinstance(self._filesystem, LocalFileSystem) or not os.path.isdir(folder):
            yield
            return
        with _locked_folder(folder, fcntl.LOCK_EX):
            yield

    def _commit(self, temporary: str, blob: Blob) -> None:
        target = self.path(blob.sha256)
        folder = os.path.dirname(target)
        self._filesystem.makedirs(folder, exist_ok=True)
        if isinstance(self._filesystem, LocalFileSystem):
            with _locked_folder(folder, fcntl.LOCK_SH) as descriptor:
                os.replace(temporary, target)
                os.fsync(descriptor)
        else:
            self._filesystem.mv(temporary, target)

    def _discard(self, temporary: str) -> None:
        if self._filesystem.exists(temporary):
            self._filesystem.rm_file(temporary)

    def _sync(self, stream: IO[bytes]) -> None:
        if isinstance(self._filesystem, LocalFileSystem):
            stream.flush()
            os.fsync(stream.fileno())


@contextmanager
def _locked_folder(folder: str, how: int) -> Iterator[int]:
    """Hold a lock on a folder: shared among writers, alone for who removes; yield its descriptor."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)
