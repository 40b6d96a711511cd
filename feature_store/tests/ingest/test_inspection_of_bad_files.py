"""Each way in which a file can be bad is refused at inspection with its code, or read with the dirt pointed out."""

import io
import zipfile
from typing import Any

import pytest

from bottega.problems import DataProblem, Problem
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.ingest.inspect.job import run

MB = 1 << 20
ROWS = b"".join(b"%d,x\n" % number for number in range(1000))


def inspect(job_context: Any, content: bytes, csv_format: dict[str, Any] | None = None) -> dict[str, Any]:
    context = job_context({"format": csv_format})
    context.start.inputs["upload"] = BlobStore(context.connection("artifacts")).put_bytes(content).sha256
    return run(context)


def problem(job_context: Any, content: bytes, csv_format: dict[str, Any] | None = None) -> Problem:
    with pytest.raises(DataProblem) as caught:
        inspect(job_context, content, csv_format)
    return caught.value.problem


def zipped(*names: str, content: bytes = b"a,b\n1,2\n") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "status"),
    [
        pytest.param(b"", "empty_file", 422, id="empty"),
        pytest.param(b"\n\n\n", "empty_file", 422, id="only line ends"),
        pytest.param(b"a,b\n", "empty_file", 422, id="header only"),
        pytest.param(b"a,a\n1,2\n", "duplicate_header", 422, id="duplicate header"),
        pytest.param(b"a,\nx,y\n", "blank_header", 422, id="blank header"),
        pytest.param(",".join(f"c{n}" for n in range(100_000)).encode() + b"\n1\n", "too_many_columns", 422, id="wide"),
        pytest.param(b'a,b\n1,"x\n' + ROWS, "unclosed_quote", 422, id="unclosed quote"),
        pytest.param(b'a,b\n1,"x\n' + ROWS * 900, "unclosed_quote", 422, id="unclosed quote in a large file"),
        pytest.param(b"a,b\n1,x\0y\n", "nul_byte", 422, id="NUL"),
        pytest.param(b"a,b\n1," + b"x" * (10 * MB) + b"\n", "field_too_long", 413, id="long field"),
        pytest.param(b"x" * (10 * MB), "field_too_long", 413, id="one line without end"),
        pytest.param(b"x" * (2 * MB), "field_too_long", 413, id="one long line"),
        pytest.param(bytes(range(1, 9)) * 500, "not_csv", 422, id="control characters"),
        pytest.param(b"PAR1" + b"\1" * 50, "not_csv", 422, id="Parquet"),
        pytest.param(b"\x1f\x8b\x08" + b"\1" * 50, "not_csv", 422, id="gzip"),
        pytest.param(b"\x89PNG\r\n" + b"\1" * 50, "not_csv", 422, id="picture"),
        pytest.param(zipped("a.csv", "b.csv"), "archive_unsafe", 422, id="two files in a zip"),
        pytest.param(zipped("../a.csv"), "archive_unsafe", 422, id="zip slip"),
        pytest.param(zipped("a.csv", content=b"0" * (300 * MB)), "archive_unsafe", 422, id="zip bomb"),
        pytest.param(zipped("a.csv")[:60], "archive_unsafe", 422, id="cut zip"),
        pytest.param(zipped("[Content_Types].xml"), "not_csv", 422, id="workbook"),
        pytest.param("a,b\n1,x\n".encode("utf-16")[:-1], "encoding", 422, id="half a character"),
    ],
)
def test_a_bad_file_is_refused_with_its_code(job_context: Any, content: bytes, code: str, status: int) -> None:
    found = problem(job_context, content)
    assert (found.code, found.status) == (code, status)
    assert len(found.detail) > 20


@pytest.mark.parametrize(
    ("content", "csv_format", "row"),
    [
        ("a,b\n1,é\n".encode("latin-1"), {"encoding": "utf-8"}, 2),
        (b"a,b\n1,x\n", {"encoding": "klingon"}, None),
    ],
)
def test_a_wrong_encoding_that_was_said_is_refused(
    job_context: Any, content: bytes, csv_format: dict[str, Any], row: int | None
) -> None:
    found = problem(job_context, content, csv_format)
    assert found.code == "encoding"
    assert [fault.row for fault in found.errors] == ([row] if row else [])


def test_a_file_of_which_no_row_fits_the_header_is_refused_with_the_reason(job_context: Any) -> None:
    found = problem(job_context, b"a;b\n1,5;x\n", {"delimiter": ","})
    assert (found.code, [fault.row for fault in found.errors]) == ("row_length", [2])


def test_ragged_rows_are_counted_and_the_rest_is_read(job_context: Any) -> None:
    found = inspect(job_context, b"a,b\n1,x\n2\n3,y,z\n4,w\n")
    assert [(note["kind"], note["rows"]) for note in found["notes"] if note["kind"] == "dirt"] == [("dirt", 2)]
    assert found["rows_read"] == 4


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(job_context: Any, ends: str) -> None:
    assert inspect(job_context, ends.join(["a,b", "1,x", "2,y", ""]).encode())["rows_read"] == 2


def test_line_breaks_inside_quotes_belong_to_their_value(job_context: Any) -> None:
    rows = b"".join(b'%d,"two\nlines"\n' % number for number in range(500_000))
    found = inspect(job_context, b"a,b\n" + rows)
    assert found["columns"][1]["distinct"] == 1
    assert [note for note in found["notes"] if note["kind"] == "dirt"] == []


def test_formulas_are_text(job_context: Any) -> None:
    found = inspect(job_context, b"a,b\n=cmd()|x,1\n+SUM(A1),2\n")
    assert found["columns"][0]["examples"] == ["=cmd()|x", "+SUM(A1)"]
    assert found["columns"][0]["readings"][0]["label"] == "text"


def test_mixed_types_are_text_and_nothing_is_lost(job_context: Any) -> None:
    found = inspect(job_context, b"a,b\n1,x\ntwo,y\n3.5,z\n")
    assert [reading["label"] for reading in found["columns"][0]["readings"]] == ["text"]
