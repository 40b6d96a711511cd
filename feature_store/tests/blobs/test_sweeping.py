"""What nothing names can be removed; what somebody has just stored is never taken for old."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bottega_feature_store.blobs import Blob, BlobStore

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(f"file://{tmp_path}")


def stored_long_ago(store: BlobStore, content: bytes) -> Blob:
    blob = store.put_bytes(content)
    age = (YESTERDAY - timedelta(days=1)).timestamp()
    os.utime(store.path(blob.sha256), (age, age))
    return blob


def test_an_old_blob_that_nothing_names_is_found_and_removed(store: BlobStore) -> None:
    named, lost = stored_long_ago(store, b"named"), stored_long_ago(store, b"lost")
    store.put_bytes(b"new")
    assert list(store.unmarked({named.sha256}, before=YESTERDAY)) == [lost]
    assert store.remove(lost.sha256, before=YESTERDAY)
    assert not store.exists(lost.sha256)
    assert store.read(named.sha256) == b"named"


def test_a_blob_that_was_stored_again_is_young_again(store: BlobStore) -> None:
    stored_long_ago(store, b"the same rows as a year ago")
    store.put_bytes(b"the same rows as a year ago")
    assert list(store.unmarked(set(), before=YESTERDAY)) == []


def test_a_blob_stored_again_after_it_was_found_stays(store: BlobStore) -> None:
    blob = stored_long_ago(store, b"found")
    assert list(store.unmarked(set(), before=YESTERDAY)) == [blob]
    store.put_bytes(b"found")
    assert not store.remove(blob.sha256, before=YESTERDAY)
    assert store.read(blob.sha256) == b"found"


def test_a_blob_that_is_gone_already_is_not_removed_again(store: BlobStore) -> None:
    assert not store.remove("0" * 64, before=YESTERDAY)


def test_a_write_that_was_begun_and_never_ended_is_abandoned(store: BlobStore, tmp_path: Path) -> None:
    incoming = tmp_path / "blobs" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "cut").write_bytes(b"half a file")
    (incoming / "now").write_bytes(b"under way")
    age = (YESTERDAY - timedelta(days=1)).timestamp()
    os.utime(incoming / "cut", (age, age))
    assert list(store.abandoned(before=YESTERDAY)) == [("cut", 11)]
    store.discard("cut")
    assert [path.name for path in incoming.iterdir()] == ["now"]


def test_a_store_that_is_not_local_is_swept_the_same_way() -> None:
    store = BlobStore("memory://sweeping")
    named, lost = store.put_bytes(b"named far away"), store.put_bytes(b"lost far away")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert list(store.unmarked({named.sha256}, before=YESTERDAY)) == []
    assert list(store.unmarked({named.sha256}, before=tomorrow)) == [lost]
    assert store.remove(lost.sha256, before=tomorrow)
    assert not store.exists(lost.sha256)
