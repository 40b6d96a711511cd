"""Content-addressed blobs on fsspec: written under a temporary name, fsynced, renamed to their digest.

A blob is immutable and visible only through a row that names its digest; writing the same bytes twice is
harmless. The layout below the store's URL is ``blobs/sha256/ab/<digest>``.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
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

    def _commit(self, temporary: str, blob: Blob) -> None:
        target = self.path(blob.sha256)
        if self._filesystem.exists(target):
            self._discard(temporary)
            return
        self._filesystem.makedirs(os.path.dirname(target), exist_ok=True)
        if isinstance(self._filesystem, LocalFileSystem):
            os.replace(temporary, target)
            _sync_folder(os.path.dirname(target))
        else:
            self._filesystem.mv(temporary, target)

    def _discard(self, temporary: str) -> None:
        if self._filesystem.exists(temporary):
            self._filesystem.rm_file(temporary)

    def _sync(self, stream: IO[bytes]) -> None:
        if isinstance(self._filesystem, LocalFileSystem):
            stream.flush()
            os.fsync(stream.fileno())


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
