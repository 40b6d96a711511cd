"""Writes a bundle: every file by its digest, the manifest last; and reads one back, trusting nothing."""

import hashlib
from pathlib import Path, PurePosixPath

import msgspec
import numpy as np

from bottega.bundle import FileEntry, Manifest
from bottega_feature_store.blobs import Blob, BlobStore
from bottega_training.packaging.checks import TOLERANCE
from bottega_training.packaging.runtimes import BrokenModel, Predict, load

MANIFEST = "manifest.json"


def entry(folder: Path, name: str) -> FileEntry:
    """Return a file's manifest entry."""
    content = (folder / name).read_bytes()
    return FileEntry(name, hashlib.sha256(content).hexdigest(), len(content))


def store(blobs: BlobStore, folder: Path, manifest: Manifest) -> Blob:
    """Store the files and then the manifest, whose digest is the bundle's."""
    for item in manifest.files:
        blobs.put_file(folder / item.path)
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (folder / MANIFEST).write_bytes(content)
    return blobs.put_bytes(content)


def fetch(blobs: BlobStore, digest: str, folder: Path) -> Manifest:
    """Copy a bundle into ``folder``, checking every digest on the way.

    Raises:
        BlobDamagedError: a stored file is not what its digest says.
        BrokenModel: the manifest cannot be read, or names a path outside the folder.
    """
    path = blobs.copy_to(digest, folder / MANIFEST)
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.ValidationError as error:
        raise BrokenModel(f"The bundle's manifest cannot be read: {error}", code="manifest_invalid") from error
    for item in manifest.files:
        if PurePosixPath(item.path).name != item.path:
            raise BrokenModel(f"The manifest names {item.path!r}, which is no plain file name.")
        blobs.copy_to(item.sha256, folder / item.path)
    return manifest


def open_checked(folder: Path, manifest: Manifest) -> Predict:
    """Load the model of a fetched bundle and let it reproduce its golden rows.

    Raises:
        BrokenModel: the file is damaged or answers differently.
    """
    for item in manifest.files:
        if entry(folder, item.path) != item:
            raise BrokenModel(f"{item.path} is not the file the manifest names.", code="digest_mismatch")
    predict = load(folder / manifest.model_file, manifest.format)
    check_golden(predict, manifest)
    return predict


def check_golden(predict: Predict, manifest: Manifest) -> None:
    """Compare the golden rows; raise :class:`BrokenModel` beyond 1e-6."""
    rows = np.array(
        [[np.nan if value is None else value for value in row] for row in manifest.golden_inputs],
        dtype=np.float64,
    )
    difference = np.max(np.abs(predict(rows) - np.array(manifest.golden_outputs)))
    if not difference <= TOLERANCE:
        raise BrokenModel(
            f"The model answers its golden rows wrongly, by up to {difference:.3g}.", code="golden_mismatch"
        )
