"""Blobs are named by their content, whole or not there at all."""

import hashlib
from pathlib import Path

import pytest

from bottega_feature_store.blobs import BlobDamagedError, BlobNotFoundError, BlobStore, BlobTooLargeError


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(f"file://{tmp_path}")


def files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_blob_is_named_by_its_sha256_and_stored_once(store: BlobStore, tmp_path: Path) -> None:
    first, again = store.put_bytes(b"hello"), store.put_bytes(b"hello")
    assert first == again
    assert first.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert [path.relative_to(tmp_path).as_posix() for path in files(tmp_path)] == [
        f"blobs/sha256/{first.sha256[:2]}/{first.sha256}"
    ]


def test_a_file_comes_back_as_it_was(store: BlobStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 9000)
    blob = store.put_file(source)
    assert blob.size == source.stat().st_size == store.size(blob.sha256)
    assert store.copy_to(blob.sha256, tmp_path / "copy").read_bytes() == source.read_bytes()
    assert store.path_or_copy(blob.sha256, tmp_path).read_bytes() == source.read_bytes()
    assert store.read(blob.sha256) == source.read_bytes()


def test_a_store_that_is_not_local_is_copied_from(tmp_path: Path) -> None:
    store = BlobStore("memory://blobs-test")
    blob = store.put_bytes(b"far away")
    assert store.path_or_copy(blob.sha256, tmp_path).read_bytes() == b"far away"


def test_an_interrupted_write_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    def cut() -> None:
        with store.writer() as writer:
            writer.write(b"half")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        cut()
    assert files(tmp_path) == []


def test_content_over_the_limit_is_refused_and_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    def send() -> None:
        with store.writer(limit=3) as writer:
            writer.write(b"four")

    with pytest.raises(BlobTooLargeError):
        send()
    assert files(tmp_path) == []


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", "A" * 64, ""])
def test_what_is_not_there_or_no_digest_is_not_found(store: BlobStore, digest: str) -> None:
    with pytest.raises(BlobNotFoundError):
        store.open(digest)


def test_changed_bytes_are_noticed(store: BlobStore, tmp_path: Path) -> None:
    blob = store.put_bytes(b"good")
    Path(store.path(blob.sha256)).write_bytes(b"evil")
    with pytest.raises(BlobDamagedError):
        store.verify(blob.sha256)
    with pytest.raises(BlobDamagedError):
        store.copy_to(blob.sha256, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
