"""Opens an uploaded model package, trusting nothing: a zip of plain files, each with the digest its manifest names."""

import hashlib
import stat
import zipfile
from pathlib import Path

import msgspec

from bottega.bundle import PACKAGE_FORMAT, PACKAGE_MANIFEST, PackageManifest
from bottega.problems import DataProblem, Fault

CHUNK_BYTES = 1 << 20
MAX_ENTRIES = 100
MAX_RATIO = 100
MAX_BYTES = 4 << 30
MAX_MANIFEST_BYTES = 16 << 20
ARCHIVES = (".zip", ".gz", ".tar", ".tgz", ".bz2", ".xz", ".7z", ".zst")
PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".npy", ".skops")
PICKLE_STARTS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
ZIP_START = b"PK\x03\x04"


class BadPackage(DataProblem):
    """The uploaded package cannot be used as it is."""

    code = "manifest_invalid"
    title = "The model package cannot be used"


def open_package(archive: Path, folder: Path) -> PackageManifest:
    """Unpack ``archive`` into ``folder`` and return its manifest, every file checked against it.

    Raises:
        BadPackage: ``archive_unsafe``, ``format_not_allowed``, ``manifest_missing``, ``manifest_invalid`` or
            ``digest_mismatch``.
    """
    try:
        with zipfile.ZipFile(archive) as source:
            entries = _entries(source)
            _extract(source, entries, folder, archive.stat().st_size)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError) as error:
        raise _unsafe(f"The package is no readable zip file ({error}). Pack it again.") from error
    manifest = _manifest(folder / PACKAGE_MANIFEST)
    _check_files(manifest, folder, {entry.filename for entry in entries} - {PACKAGE_MANIFEST})
    return manifest


def _unsafe(detail: str) -> BadPackage:
    return BadPackage(detail, code="archive_unsafe")


def _entries(source: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = source.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _unsafe(f"The package has {len(entries)} entries; at most {MAX_ENTRIES} are read.")
    for entry in entries:
        _check_entry(entry)
    names = [entry.filename for entry in entries]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise _unsafe(f"The package has {min(repeated)!r} more than once.")
    return entries


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    shown = repr(name[:80])
    if not name or name in {".", ".."} or set(name) & set("/\\:\0"):
        raise _unsafe(f"{shown} is no plain file name: a package has no folders, and nothing leaves it.")
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG}:
        raise _unsafe(f"{shown} is a link or a device. Pack plain files alone.")
    if entry.flag_bits & 1:
        raise _unsafe("The package is encrypted. Send it without a password.")
    if name.lower().endswith(ARCHIVES):
        raise _unsafe(f"{shown} is an archive inside the package. Pack its files themselves.")
    if name.lower().endswith(PICKLES):
        raise _pickle(shown)


def _pickle(shown: str) -> BadPackage:
    detail = f"{shown} is a pickle, or may hold one, and would run code when it is loaded. Send the model as ONNX."
    return BadPackage(detail, code="format_not_allowed")


def _extract(source: zipfile.ZipFile, entries: list[zipfile.ZipInfo], folder: Path, packed: int) -> None:
    left = min(MAX_BYTES, max(packed, CHUNK_BYTES) * MAX_RATIO)
    for entry in entries:
        with source.open(entry) as content, (folder / entry.filename).open("xb") as out:
            while chunk := content.read(CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise _unsafe(f"The package unpacks to more than {MAX_RATIO} times its size, or to over 4 GiB.")
                out.write(chunk)
        _check_start(folder / entry.filename)


def _check_start(path: Path) -> None:
    with path.open("rb") as content:
        start = content.read(4)
    if start.startswith(PICKLE_STARTS):
        raise _pickle(repr(path.name))
    if start == ZIP_START:
        raise _unsafe(f"{path.name!r} is an archive inside the package. Pack its files themselves.")


def _manifest(path: Path) -> PackageManifest:
    if not path.exists():
        detail = f"The package has no {PACKAGE_MANIFEST}. Make it with bottega.package(...)."
        raise BadPackage(detail, code="manifest_missing")
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BadPackage(f"{PACKAGE_MANIFEST} is larger than {MAX_MANIFEST_BYTES >> 20} MiB.")
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=PackageManifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPackage(f"{PACKAGE_MANIFEST} cannot be read: {error}") from error
    if manifest.package_format != PACKAGE_FORMAT:
        detail = f"The package has format {manifest.package_format}; this platform reads {PACKAGE_FORMAT}."
        raise BadPackage(detail, errors=[Fault("manifest_invalid", detail, pointer="/package_format")])
    if manifest.format != "onnx":
        detail = f"A package holds an ONNX model, not “{manifest.format[:40]}”."
        raise BadPackage(detail, code="format_not_allowed")
    return manifest


def _check_files(manifest: PackageManifest, folder: Path, found: set[str]) -> None:
    listed = [item.path for item in manifest.files]
    if sorted(listed) != sorted(found) or manifest.model_file not in found:
        detail = f"The manifest lists {sorted(listed)}, the package holds {sorted(found)}."
        raise BadPackage(detail, errors=[Fault("manifest_invalid", detail, pointer="/files")])
    for place, item in enumerate(manifest.files):
        with (folder / item.path).open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        if digest != item.sha256 or (folder / item.path).stat().st_size != item.size:
            detail = f"{item.path} is not the file that the manifest names. Pack it again."
            fault = Fault("digest_mismatch", detail, pointer=f"/files/{place}/sha256", got=digest)
            raise BadPackage(detail, code="digest_mismatch", errors=[fault])
