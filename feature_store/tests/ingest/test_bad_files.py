"""Each way in which a file can be bad has its code, its row and its column; nothing of it becomes visible."""

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bottega.problems import DataProblem
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.ingest.job import run

INTS = [{"name": "a", "type": "int32"}, {"name": "b", "type": "string"}]
SPOKEN = [{"name": "a", "type": "int32"}, {"name": "b", "type": "timestamp", "formats": ["%d/%m/%Y"]}]
ZONE = {"timezone": "UTC"}
TIME = [{"name": "a", "type": "int32"}, {"name": "b", "type": "timestamp"}]


def ingest(job_context: Any, content: bytes, **source: Any) -> dict[str, Any]:
    context = job_context({})
    upload = BlobStore(context.connection("artifacts")).put_bytes(content).sha256
    context.start.inputs.update(project_id="prj_bad", table_id="tbl_bad", source={"upload": upload, **source})
    return run(context)


def problem(job_context: Any, content: bytes, **source: Any) -> Any:
    with pytest.raises(DataProblem) as caught:
        ingest(job_context, content, **source)
    return caught.value.problem


@pytest.mark.parametrize(
    ("content", "source", "code", "row", "column"),
    [
        (b"", {}, "empty_file", None, None),
        (b"a,b\n", {}, "empty_file", None, None),
        (b"a,b\n1,x\n2\n", {}, "row_length", 3, "b"),
        (b"a,b\n1,x\n2,y,z\n", {}, "row_length", 3, None),
        ("a,b\n1,é\n".encode("latin-1"), {}, "encoding", 2, "b"),
        ("é,b\n1,x\n".encode("latin-1"), {}, "encoding", 1, None),
        ("a,b\n1,x\n".encode("utf-16"), {}, "encoding", 1, None),
        (b"a,b\n1,x\n", {"format": {"encoding": "klingon"}}, "encoding", None, None),
        (b"a,b\n\xff\xfe,x\n", {"format": {"encoding": "ascii"}}, "encoding", 2, None),
        (b'a,b\n1,"x\n2,y\n3,z\n', {}, "unclosed_quote", 2, "b"),
        (b'a,b\n1,"x"y\n2,y\n', {}, "unclosed_quote", 2, "b"),
        (b"a,b\n1,x\0y\n", {}, "nul_byte", 2, None),
        (b"a,b\n1," + b"x" * (5 << 20) + b"\n", {}, "field_too_long", 2, None),
        (b"a,a\n1,2\n", {}, "duplicate_header", 1, "a"),
        (b"a,A\n1,2\n", {}, "duplicate_header", 1, "a"),
        (b"a,\n1,2\n", {}, "blank_header", 1, None),
        (b"a\n1\n", {"columns": INTS}, "missing_column", 1, "b"),
        (b"a;b\n1;x\n", {"columns": INTS}, "missing_column", 1, "a"),
        (b"a,b,c\n1,x,y\n", {"columns": INTS}, "unexpected_column", 1, "c"),
        (b"a,b\n1,x\n1.5,y\n", {"columns": INTS}, "type_mismatch", 3, "a"),
        (b'a,b\n"1,5",x\n', {"columns": INTS}, "type_mismatch", 2, "a"),
        (b"a,b\n99999999999,x\n", {"columns": INTS}, "type_mismatch", 2, "a"),
        (b"a,b\n1,2020-01-01 10:00:00\n", {"columns": TIME}, "naive_timestamp", None, "b"),
        (b"a,b\n1,2020-01-01 10:00:00\n", {}, "naive_timestamp", None, "b"),
        (b"a,b\n1,yesterday\n", {"columns": TIME}, "type_mismatch", 2, "b"),
        (b"a,b\n,x\n", {"columns": [{**INTS[0], "nullable": False}, INTS[1]]}, "null_not_allowed", 2, "a"),
        (b"a,b\n1,x\n", {"keys": ["c"]}, "missing_column", None, None),
        (b"a,b\n1,x\n", {"event_time": "a"}, "type_mismatch", None, None),
        (b"a,b\n1,x\n", {"format": {"names": ["a"]}}, "unexpected_column", None, None),
        (b"a,b\n1,x\n", {"format": {"names": ["a", "b", "c"]}}, "missing_column", None, None),
        (b"a,b\n1,x\n", {"format": {"names": ["a", "a"]}}, "duplicate_header", 1, "a"),
        (
            b"a,b\n1,x\nz,y\n",
            {"columns": INTS, "format": {"header": False, "names": ["a", "b"]}},
            "type_mismatch",
            1,
            "a",
        ),
        (b"a,b\n1,31/12/2024\n", {"columns": SPOKEN}, "naive_timestamp", None, "b"),
        (
            b"a,b\n1,31/12/2024\n2,12/31/2024\n",
            {"columns": [SPOKEN[0], {**SPOKEN[1], **ZONE}]},
            "type_mismatch",
            3,
            "b",
        ),
        (b"a,b\n1,31/12/24\n", {"columns": [SPOKEN[0], {**SPOKEN[1], **ZONE}]}, "type_mismatch", 2, "b"),
        (",".join(f"c{n}" for n in range(10_000)).encode() + b"\n", {}, "too_many_columns", None, None),
    ],
)
def test_a_bad_file_is_refused_with_code_row_and_column(
    job_context: Any, content: bytes, source: dict[str, Any], code: str, row: int | None, column: str | None
) -> None:
    found = problem(job_context, content, **source)
    assert found.code == code
    if row is not None or column is not None:
        assert (found.errors[0].row, found.errors[0].column) == (row, column)


def test_a_wrong_delimiter_is_hinted_at(job_context: Any) -> None:
    assert "';'" in problem(job_context, b"a;b\n1;x\n", columns=INTS).hint


def test_a_row_too_long_is_413_and_rows_count_quoted_line_breaks_once(job_context: Any) -> None:
    assert problem(job_context, b"a,b\n1," + b"x" * (5 << 20) + b"\n").status == 413
    found = problem(job_context, b'a,b\n1,"x\ny"\n2\n')
    assert found.errors[0].row == 3


def test_at_most_twenty_samples_are_shown_and_all_are_counted(job_context: Any) -> None:
    found = problem(job_context, b"a,b\n" + b"x,y\n" * 500, columns=INTS)
    assert len(found.errors) == 20
    assert "500 × type_mismatch" in found.detail
    assert found.errors[0].got == "x"


def test_skipped_rows_are_counted_by_reason_and_column(job_context: Any) -> None:
    content = b"a,b\n1,x\n2\n3,y,z\nfour,y\n5,z\n"
    found = ingest(job_context, content, columns=INTS, format={"on_bad_row": "skip"})
    assert found["rows"] == 2
    assert found["dirt"]["rows_skipped"] == 3
    assert found["dirt"]["reasons"] == {"row_length": 2, "type_mismatch": 1}
    assert found["dirt"]["columns"] == {"a": {"type_mismatch": 1}}
    assert [(s["row"], s["code"]) for s in found["dirt"]["samples"]] == [
        (3, "row_length"),
        (4, "row_length"),
        (5, "type_mismatch"),
    ]


def test_empty_lines_are_counted_and_keep_the_numbers_of_the_rows_after_them(job_context: Any) -> None:
    content = b"a,b\n\n1,x\n\r\n2\nthree,y\n4,z\n\n"
    found = ingest(job_context, content, columns=INTS, format={"on_bad_row": "skip"})
    assert found["rows"] == 2
    assert found["dirt"]["reasons"] == {"blank_line": 3, "row_length": 1, "type_mismatch": 1}
    assert found["dirt"]["rows_skipped"] == 5
    rows = [(sample["row"], sample["code"]) for sample in found["dirt"]["samples"]]
    assert rows == [
        (5, "row_length"),
        (6, "type_mismatch"),
        (2, "blank_line"),
        (4, "blank_line"),
        (8, "blank_line"),
    ]


def test_an_empty_line_alone_does_not_fail_a_strict_ingest(job_context: Any) -> None:
    found = ingest(job_context, b"a,b\n1,x\n\n")
    assert (found["rows"], found["dirt"]["reasons"]) == (1, {"blank_line": 1})


def test_an_empty_line_of_a_single_column_is_a_null(job_context: Any) -> None:
    found = ingest(job_context, b"a\n1\n\n2\n")
    assert (found["rows"], found["dirt"]["reasons"]) == (3, {})


def test_an_unclosed_quote_is_never_skipped_for_it_swallows_what_follows(job_context: Any) -> None:
    found = problem(job_context, b'a,b\n1,"x\n2,y\n3,z\n', format={"on_bad_row": "skip"})
    assert found.code == "unclosed_quote"


def test_a_file_of_bad_rows_only_is_refused_even_when_skipping(job_context: Any) -> None:
    assert problem(job_context, b"a,b\nx,y\n", columns=INTS, format={"on_bad_row": "skip"}).code == "empty_file"


def zipped(*entries: tuple[str, bytes], mode: int | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if mode is not None:
                info.external_attr = mode << 16
            archive.writestr(info, content)
    return buffer.getvalue()


CSV = b"a,b\n1,x\n"


@pytest.mark.parametrize(
    "content",
    [
        zipped(("../up.csv", CSV)),
        zipped(("/etc/up.csv", CSV)),
        zipped(("..\\up.csv", CSV)),
        zipped(("C:/up.csv", CSV)),
        zipped(("link.csv", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777),
        zipped(("device.csv", b""), mode=stat.S_IFCHR | 0o666),
        zipped(("one.csv", CSV), ("two.csv", CSV)),
        zipped(("inner.zip", zipped(("a.csv", CSV)))),
        zipped(("bomb.csv", b"a,b\n" + b"0" * (200 << 20))),
        zipped(("a.csv", CSV))[:-30],
    ],
    ids=["up", "absolute", "backslash", "drive", "link", "device", "two", "nested", "bomb", "cut"],
)
def test_an_unsafe_archive_is_refused(job_context: Any, content: bytes) -> None:
    found = problem(job_context, content)
    assert found.code == "archive_unsafe"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")), "Office document"),
        (zipped(("table.parquet", b"PAR1....PAR1")), "Parquet"),
        (b"PAR1....PAR1", "Parquet"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "gzip"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"%PDF-1.7\n", "PDF"),
        (bytes(range(1, 256)) * 20, "cannot be split into rows"),
    ],
    ids=["xlsx", "zipped_parquet", "parquet", "gzip", "png", "pdf", "bytes"],
)
def test_what_is_no_csv_is_named(job_context: Any, content: bytes, what: str) -> None:
    found = problem(job_context, content)
    assert found.code == "not_csv"
    assert what in found.detail


@pytest.mark.parametrize("bad_row", ["fail", "skip"])
def test_a_record_longer_than_the_reader_can_hold_is_refused_before_it_is_read(job_context: Any, bad_row: str) -> None:
    read = {"format": {"on_bad_row": bad_row}}
    long_line = problem(job_context, b"a,b\n1,x\n2," + b"z" * (17 << 20) + b"\n3,y\n", **read)
    assert (long_line.code, long_line.status, long_line.errors[0].row) == ("field_too_long", 413, 3)
    long_value = problem(job_context, b'a,b\n1,x\n2,"' + b"z\n" * (9 << 20) + b'"\n3,y\n', **read)
    assert (long_value.code, long_value.errors[0].row) == ("unclosed_quote", 3)


def test_a_wide_file_is_read_in_parts(job_context: Any) -> None:
    names = [f"c{n}" for n in range(400)]
    found = ingest(job_context, ",".join(names).encode() + b"\n" + b",".join([b"1"] * 400) + b"\n")
    assert [column["type"] for column in found["columns"]] == ["int32"] * 400


def test_nothing_of_a_refused_file_reaches_the_tables(job_context: Any, artifacts_url: str) -> None:
    problem(job_context, b"a,b\n1,x\n2\n")
    assert not list((Path(artifacts_url.removeprefix("file://")) / "tables").rglob("*.parquet"))
