"""A bounded read: the beginning of a file and pieces of the rest, as text that the strict reader can parse."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from bottega.problems import DataProblem, Fault

HEAD_BYTES = 4 << 20
PIECE_BYTES = 128 << 10
PIECES = 16
MAX_RECORD_CHARACTERS = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDTH = {"utf-16": 2, "utf-16-le": 2, "utf-16-be": 2, "utf-32": 4}
_FEW_CONTROLS = 0.01


@dataclass(frozen=True)
class Sample:
    """Text of a file. ``head`` begins at its first row; each of ``pieces`` is whole lines from further on.

    ``size`` and ``read`` are in bytes; ``whole`` says that ``head`` is everything there is. ``sure`` is False where
    the encoding was chosen because nothing else fits.
    """

    head: str
    pieces: list[str]
    encoding: str
    sure: bool
    size: int
    read: int
    whole: bool

    @property
    def text(self) -> str:
        """All that was read."""
        return "".join([self.head, *self.pieces])


def take(path: Path, encoding: str | None = None) -> Sample:
    """Read at most ``HEAD_BYTES + PIECES * PIECE_BYTES`` of a file.

    Args:
        path: the file, unpacked.
        encoding: what it is said to be in; None guesses.

    Raises:
        DataProblem: ``empty_file``, ``encoding``, ``nul_byte``, ``not_csv``, ``unclosed_quote``.
    """
    size = path.stat().st_size
    if size == 0:
        raise DataProblem("the file is empty: send a header and at least one row", code="empty_file")
    start, *rest = _read(path, size)
    codec, sure = _codec(start, rest, encoding)
    whole = size <= HEAD_BYTES
    head = _text(_decoded(start, codec, complete=whole))
    _refuse_binary(head)
    if not whole:
        head = _whole_records(head)
    quoted = '"' in head and _breaks_in_quotes(head)
    later = _later(codec, start)
    pieces = [] if quoted else [_whole_lines(_text(_decoded(piece, later, complete=False))) for piece in rest]
    pieces = [piece for piece in pieces if piece.count('"') % 2 == 0]
    return Sample(head, pieces, codec, sure, size, len(start) + sum(map(len, rest)), whole)


def _read(path: Path, size: int) -> list[bytes]:
    """The beginning, and pieces at even distances; every place is a multiple of four bytes."""
    with path.open("rb") as stream:
        found = [stream.read(HEAD_BYTES)]
        step = (size - HEAD_BYTES) // PIECES
        places = [HEAD_BYTES + step * number for number in range(PIECES)] if step > PIECE_BYTES else []
        for place in places:
            stream.seek(place & ~3)
            found.append(stream.read(PIECE_BYTES))
    return found


def _codec(start: bytes, rest: list[bytes], encoding: str | None) -> tuple[str, bool]:
    if encoding is not None:
        return _known(encoding), True
    for mark, codec in _MARKS:
        if start.startswith(mark):
            return codec, True
    if wide := _wide(start):
        return wide, False
    if all(_is_utf8(part) for part in (start, *rest)):
        return "utf-8", True
    return ("windows-1252" if all(_is_western(part) for part in (start, *rest)) else "latin-1"), False


def _known(encoding: str) -> str:
    try:
        "".encode(encoding)
    except (LookupError, TypeError, ValueError) as error:
        detail = f"there is no text encoding {encoding[:40]}; use utf-8, utf-16, latin-1, windows-1252, …"
        raise DataProblem(detail, code="encoding") from error
    return encoding


def _wide(start: bytes) -> str | None:
    """UTF-16 without a mark: of Latin text every other byte is zero."""
    few = start[:4096]
    first, second = few[0::2], few[1::2]
    if len(second) < 4:
        return None
    if second.count(0) > 0.4 * len(second) and first.count(0) == 0:
        return "utf-16-le"
    return "utf-16-be" if first.count(0) > 0.4 * len(first) and second.count(0) == 0 else None


def _is_utf8(part: bytes) -> bool:
    """A part may begin and end within a character."""
    trimmed = part.lstrip(bytes(range(0x80, 0xC0))) if part[:1] and part[0] & 0xC0 == 0x80 else part
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(trimmed)
    except UnicodeDecodeError:
        return False
    return True


def _is_western(part: bytes) -> bool:
    try:
        part.decode("windows-1252")
    except UnicodeDecodeError:
        return False
    return True


def _later(codec: str, start: bytes) -> str:
    """The codec of a piece that has no mark of its own."""
    if codec == "utf-16":
        return "utf-16-be" if start.startswith(codecs.BOM_UTF16_BE) else "utf-16-le"
    if codec == "utf-32":
        return "utf-32-be" if start.startswith(codecs.BOM_UTF32_BE) else "utf-32-le"
    return codec


def _decoded(part: bytes, codec: str, *, complete: bool) -> str:
    """Decode; only a part that is cut may end within a character. A piece's first character may be cut too."""
    name = "utf-8-sig" if codec.lower() in {"utf-8", "utf8"} else codec
    decoder = codecs.getincrementaldecoder(name)("strict")
    if not complete and not part[:1].isascii() and name == "utf-8-sig":
        part = part.lstrip(bytes(range(0x80, 0xC0)))
    try:
        return decoder.decode(part, complete)
    except UnicodeDecodeError as error:
        row = part[: error.start].count(b"\n") + 1
        detail = f"row {row} is not {codec}: choose the encoding that the file is in"
        fault = Fault(code="encoding", detail=detail, row=row)
        raise DataProblem(detail, code="encoding", errors=[fault]) from error


def _text(decoded: str) -> str:
    """One kind of line end: enough to look at values, whatever stands inside quotes."""
    return decoded.replace("\r\n", "\n").replace("\r", "\n")


def _refuse_binary(head: str) -> None:
    if (place := head.find("\0")) >= 0:
        row = head.count("\n", 0, place) + 1
        detail = "a NUL byte is no text: is the file utf-16, or not a CSV at all?"
        raise DataProblem(f"row {row}: {detail}", code="nul_byte", errors=[Fault("nul_byte", detail, row=row)])
    some = head[:65_536]
    controls = sum(character < " " and character not in "\t\r\n\f" for character in some)
    if controls > _FEW_CONTROLS * len(some):
        raise DataProblem("this is no text but some other kind of file: send a CSV", code="not_csv")


def _whole_records(head: str) -> str:
    """Cut after the last line end outside quotes; a record may have at most ``MAX_RECORD_CHARACTERS``."""
    end, depth, position = -1, 0, 0
    for part in head.split('"'):
        if depth == 0 and (found := part.rfind("\n")) >= 0:
            end = position + found
        position += len(part) + 1
        depth ^= 1
    if len(head) - end <= MAX_RECORD_CHARACTERS:
        return head[: end + 1]
    row = head.count("\n", 0, max(end, 0)) + 2
    raise _endless(head, end, row)


def _endless(head: str, end: int, row: int) -> DataProblem:
    if '"' in head[end + 1 : end + 1 + MAX_RECORD_CHARACTERS]:
        detail = "a quote opened here is not closed, so that all rows after it are lost: close it"
        return DataProblem(
            f"row {row}: {detail}", code="unclosed_quote", errors=[Fault("unclosed_quote", detail, row=row)]
        )
    detail = f"a row may have at most {MAX_RECORD_CHARACTERS} characters: is this a CSV with a line for each row?"
    fault = Fault("field_too_long", detail, row=row)
    return DataProblem(f"row {row}: {detail}", code="field_too_long", status=413, errors=[fault])


def _breaks_in_quotes(head: str) -> bool:
    return any("\n" in part for part in head.split('"')[1::2])


def _whole_lines(piece: str) -> str:
    first, last = piece.find("\n"), piece.rfind("\n")
    return piece[first + 1 : last + 1]
