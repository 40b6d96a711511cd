"""From an uploaded blob to one plain UTF-8 CSV file: zip opened safely, encoding checked, nothing trusted."""

import codecs
import stat
import zipfile
from pathlib import Path

from bottega.problems import DataProblem, Fault
from bottega.specs import CsvFormat

CHUNK_BYTES = 1 << 20
MAX_ENTRIES = 10_000
MAX_RATIO = 100
MAX_BYTES = 64 << 30
_ZIP_MAGIC = b"PK\x03\x04"
# First bytes of files that are often taken for a CSV, and what to do with each.
_OTHERS = {
    b"PAR1": "a Parquet file: write it as CSV",
    b"\x1f\x8b": "compressed with gzip: unpack it first, or send a zip",
    b"BZh": "compressed with bzip2: unpack it first, or send a zip",
    b"\xfd7zXZ": "compressed with xz: unpack it first, or send a zip",
    b"7z\xbc\xaf": "a 7-Zip archive: unpack it first, or send a zip",
    b"Rar!": "a RAR archive: unpack it first, or send a zip",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV",
    b"SQLite format 3": "an SQLite database: export the table as CSV",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x7fELF": "a program",
    b"{\\rtf": "a document: save the table as CSV",
}
_LONGEST = 16
_LINK = stat.S_IFLNK
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF32_LE: "utf-32"}


def unpack(blob: Path, scratch: Path, csv_format: CsvFormat) -> Path:
    """Return the path of the CSV text as UTF-8 without a byte order mark.

    Raises:
        DataProblem: ``empty_file``, ``not_csv``, ``archive_unsafe``, ``encoding``, ``nul_byte``.
    """
    source = open_archive(blob, scratch)
    if source.stat().st_size == 0:
        raise DataProblem("the file is empty: send a header and at least one row", code="empty_file")
    return _as_utf8(source, scratch / "text.csv", csv_format.encoding)


def open_archive(blob: Path, scratch: Path) -> Path:
    """Return the one file in a zip, or the upload itself.

    Raises:
        DataProblem: ``archive_unsafe``; ``not_csv`` for a workbook or another kind of file.
    """
    with blob.open("rb") as stream:
        start = stream.read(_LONGEST)
    if start.startswith(_ZIP_MAGIC):
        blob = _unzip(blob, scratch / "unpacked.csv")
        with blob.open("rb") as stream:
            start = stream.read(_LONGEST)
    for magic, what in _OTHERS.items():
        if start.startswith(magic):
            raise DataProblem(f"this is no CSV file but {what}", code="not_csv")
    return blob


def _unzip(blob: Path, target: Path) -> Path:
    try:
        with zipfile.ZipFile(blob) as archive:
            entry = _only_file(archive)
            _extract(archive, entry, target, blob.stat().st_size)
    except zipfile.BadZipFile as error:
        raise _unsafe(f"the zip file is damaged ({error}); zip the CSV again") from error
    return target


def _only_file(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _unsafe(f"the zip file has {len(entries)} entries; send one CSV")
    for entry in entries:
        _check_entry(entry)
    if any(entry.filename == "[Content_Types].xml" for entry in entries):
        raise DataProblem("this is no CSV file but an Office document: save the sheet as CSV", code="not_csv")
    files = [entry for entry in entries if not entry.is_dir()]
    if len(files) != 1:
        raise _unsafe(f"the zip file has {len(files)} files; it must have exactly one, the CSV")
    return files[0]


def _check_entry(entry: zipfile.ZipInfo) -> None:
    parts = entry.filename.replace("\\", "/").split("/")
    if entry.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise _unsafe("a name in the zip file leaves its folder; zip the CSV alone")
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _unsafe("the zip file has a link or a device; zip the CSV alone")
    if entry.flag_bits & 1:
        raise _unsafe("the zip file is encrypted; send it without a password")
    if entry.filename.lower().endswith((".zip", ".gz", ".tar", ".bz2", ".xz", ".7z")):
        raise _unsafe("the zip file has an archive inside; zip the CSV alone")


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, packed: int) -> None:
    limit = min(MAX_BYTES, max(packed, CHUNK_BYTES) * MAX_RATIO)
    written = 0
    with archive.open(entry) as source, target.open("wb") as out:
        while chunk := source.read(CHUNK_BYTES):
            written += len(chunk)
            if written > limit:
                raise _unsafe(f"the zip file unpacks to more than {MAX_RATIO} times its size")
            out.write(chunk)


def _as_utf8(source: Path, target: Path, encoding: str) -> Path:
    codec = _codec(encoding)
    with source.open("rb") as stream:
        start = stream.read(4)
    for mark, name in _MARKS.items():
        if start.startswith(mark) and codec != name:
            raise _encoding(f"the file is {name}, not {encoding}: set format.encoding to {name}", row=1)
    if codec == "utf-8" and not start.startswith(codecs.BOM_UTF8):
        _refuse_nul(source)
        return source
    _transcode(source, target, "utf-8-sig" if codec == "utf-8" else codec)
    _refuse_nul(target)
    return target


def _codec(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)
    except (LookupError, TypeError) as error:
        raise DataProblem(
            f"there is no text encoding {encoding}; use utf-8, utf-16, latin-1, windows-1252, …", code="encoding"
        ) from error
    return name


def _transcode(source: Path, target: Path, codec: str) -> None:
    decoder = codecs.getincrementaldecoder(codec)()
    rows = 1
    with source.open("rb") as stream, target.open("w", encoding="utf-8", newline="") as out:
        try:
            while chunk := stream.read(CHUNK_BYTES):
                text = decoder.decode(chunk)
                rows += text.count("\n")
                out.write(text)
            out.write(decoder.decode(b"", final=True))
        except UnicodeDecodeError as error:
            row = rows + error.object[: error.start].count(b"\n")
            raise _encoding(f"row {row} is not {codec}: set format.encoding to what it is", row=row) from error


def _refuse_nul(path: Path) -> None:
    rows = 1
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if (place := chunk.find(b"\0")) >= 0:
                row = rows + chunk.count(b"\n", 0, place)
                detail = "a NUL byte is no text: is the file utf-16, or not a CSV at all?"
                fault = Fault(code="nul_byte", detail=detail, row=row)
                raise DataProblem(f"row {row}: {detail}", code="nul_byte", errors=[fault])
            rows += chunk.count(b"\n")


def _unsafe(detail: str) -> DataProblem:
    return DataProblem(detail, code="archive_unsafe")


def _encoding(detail: str, *, row: int) -> DataProblem:
    return DataProblem(detail, code="encoding", errors=[Fault(code="encoding", detail=detail, row=row)])
