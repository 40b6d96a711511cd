"""The node's store of bundles: fetched by digest, every file verified, visible in one rename."""

import hashlib
import logging
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from bottega.faults import fault_point
from bottega_serving.models import BundleError, parse_manifest, read_manifest

log = logging.getLogger("bottega.serving")
Fetch = Callable[[str, str, Path], None]


class BundleStore:
    """Bundles below one folder, each in a folder named by its digest."""

    def __init__(self, root: Path, fetch: Fetch) -> None:
        self._root = root
        self._fetch = fetch

    def folder(self, digest: str) -> Path:
        """Return where the bundle of this digest lies."""
        return self._root / digest

    def ensure(self, digest: str) -> Path:
        """Return the verified bundle's folder, fetching what is missing or broken here."""
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise BundleError("bundle_corrupt", "the bundle's digest is no sha256 in hex")
        folder = self.folder(digest)
        try:
            self._verify(folder, digest)
        except BundleError as error:
            if folder.exists():
                log.warning("bundle %s… here is broken and fetched again: %s", digest[:12], error)
            self._download(digest)
        return folder

    def _download(self, digest: str) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        scratch = self._root / f".{digest[:12]}-{uuid.uuid4().hex[:8]}"
        scratch.mkdir(mode=0o700)
        try:
            self._fetch(digest, "manifest.json", scratch / "manifest.json")
            for entry in read_manifest(scratch, digest).files:
                self._fetch_file(digest, entry.path, scratch)
            self._verify(scratch, digest)
            fault_point("mid_fetch")
            shutil.rmtree(self.folder(digest), ignore_errors=True)
            scratch.rename(self.folder(digest))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _fetch_file(self, digest: str, path: str, scratch: Path) -> None:
        target = (scratch / path).resolve()
        if not target.is_relative_to(scratch.resolve()):
            raise BundleError("bundle_corrupt", f"the manifest names a file outside the bundle: {path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        self._fetch(digest, path, target)

    @staticmethod
    def _verify(folder: Path, digest: str) -> None:
        """Check every file of the manifest by size and digest."""
        manifest = read_manifest(folder, digest)
        for entry in parse_manifest((folder / "manifest.json").read_bytes()).files:
            target = folder / entry.path
            if not target.is_file() or target.stat().st_size != entry.size:
                raise BundleError("bundle_corrupt", f"{entry.path} is missing or has the wrong size")
            with target.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
                    raise BundleError("bundle_corrupt", f"{entry.path} does not have the manifest's digest")
        del manifest

    def sweep(self, kept: set[str]) -> None:
        """Remove bundles that no route names, except the newest few (they make a later rollback quick)."""
        folders = [path for path in self._root.glob("*") if path.is_dir() and path.name not in kept]
        folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in folders[8:]:
            shutil.rmtree(path, ignore_errors=True)
