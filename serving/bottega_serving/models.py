"""A bundle on disk becomes a loaded model: every byte checked, golden rows reproduced."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from bottega.bundle import BUNDLE_FORMAT, Manifest
from bottega_serving.runtimes import ModelLoadError, Runtime, load

GOLDEN_TOLERANCE = 1e-6


class BundleError(Exception):
    """A bundle cannot be served. ``code`` is stable: bundle_corrupt, golden_mismatch, model_load_failed."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class LoadedModel:
    """A verified model: its digest, what the manifest says, and the runtime that answers."""

    digest: str
    manifest: Manifest
    runtime: Runtime


def read_manifest(folder: Path, digest: str) -> Manifest:
    """Read ``manifest.json`` and check that its digest is the bundle's."""
    raw = _read(folder, "manifest.json")
    if hashlib.sha256(raw).hexdigest() != digest:
        raise BundleError("bundle_corrupt", f"manifest.json does not have the digest {digest[:12]}…")
    return parse_manifest(raw)


def parse_manifest(raw: bytes) -> Manifest:
    """Parse a manifest's bytes."""
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BundleError("bundle_corrupt", f"manifest.json cannot be read: {error}") from error
    if manifest.bundle_format > BUNDLE_FORMAT:
        raise BundleError("bundle_corrupt", f"bundle format {manifest.bundle_format} is newer than this node")
    if not any(entry.path == manifest.model_file for entry in manifest.files):
        raise BundleError("bundle_corrupt", f"the manifest lists no digest for {manifest.model_file}")
    return manifest


def _read(folder: Path, path: str) -> bytes:
    try:
        return (folder / path).read_bytes()
    except OSError as error:
        raise BundleError("bundle_corrupt", f"{path} cannot be read: {error.strerror}") from error


def checked_bytes(folder: Path, manifest: Manifest, path: str) -> bytes:
    """Return a file's bytes after checking them against the manifest: what is hashed is what is used."""
    raw = _read(folder, path)
    expected = next(entry.sha256 for entry in manifest.files if entry.path == path)
    found = hashlib.sha256(raw).hexdigest()
    if found != expected:
        raise BundleError("bundle_corrupt", f"{path} has the digest {found[:12]}…, expected {expected[:12]}…")
    return raw


def load_bundle(folder: Path, digest: str) -> LoadedModel:
    """Load a bundle and reproduce its golden rows; raise :class:`BundleError` otherwise."""
    manifest = read_manifest(folder, digest)
    data = checked_bytes(folder, manifest, manifest.model_file)
    try:
        runtime = load(manifest.format, data, width=len(manifest.signature.inputs))
    except ModelLoadError as error:
        raise BundleError("model_load_failed", str(error)) from error
    check_golden(manifest, runtime)
    return LoadedModel(digest, manifest, runtime)


def check_golden(manifest: Manifest, runtime: Runtime) -> None:
    """Compare the model's outputs with the bundle's golden rows, one by one and as a batch."""
    rows = [[math.nan if value is None else value for value in row] for row in manifest.golden_inputs]
    width = len(manifest.signature.inputs)
    if not rows or len(rows) != len(manifest.golden_outputs) or any(len(row) != width for row in rows):
        raise BundleError("golden_mismatch", "the bundle has no usable golden rows; package the model again")
    expected = np.array(manifest.golden_outputs)
    single = np.array([runtime.predict_row(row) for row in rows])
    batch = runtime.predict_rows(np.array(rows))
    for found in (single, batch):
        worst = np.abs(found - expected)
        if not (worst <= GOLDEN_TOLERANCE).all():
            row = int(np.argmax(~(worst <= GOLDEN_TOLERANCE)))
            raise BundleError(
                "golden_mismatch", f"golden row {row} gives {found[row]!r}, the bundle says {expected[row]!r}"
            )
