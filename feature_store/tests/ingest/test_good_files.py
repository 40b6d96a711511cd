"""What a good file becomes: typed values, exact instants, a profile, one snapshot."""

import datetime as dt
import io
import zipfile
from typing import Any

import pytest

from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.ingest.job import run
from bottega_feature_store.tables import Tables


def ingest(job_context: Any, content: bytes, **source: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    context = job_context({})
    upload = BlobStore(context.connection("artifacts")).put_bytes(content).sha256
    context.start.inputs.update(project_id="prj_good", table_id="tbl_good", source={"upload": upload, **source})
    found = run(context)
    tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
    return found, tables.arrow(found["identifier"], found["snapshot_id"]).to_pylist()


def test_types_are_inferred_from_all_rows(job_context: Any) -> None:
    content = (
        b"whole,big,number,flag,day,at,code,text\n"
        b"1,5000000000,1.5,true,2020-02-29,2020-01-01T00:00:00Z,007,x\n"
        b"2.0,1,-1e3,FALSE,NA,2020-01-01T02:00:00+02:00,010,\n"
    )
    found, rows = ingest(job_context, content)
    assert {c["name"]: c["type"] for c in found["columns"]} == {
        "whole": "int32",
        "big": "int64",
        "number": "float64",
        "flag": "bool",
        "day": "date",
        "at": "timestamp",
        "code": "string",
        "text": "string",
    }
    midnight = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    assert rows == [
        {
            "whole": 1,
            "big": 5_000_000_000,
            "number": 1.5,
            "flag": True,
            "day": dt.date(2020, 2, 29),
            "at": midnight,
            "code": "007",
            "text": "x",
        },
        {
            "whole": 2,
            "big": 1,
            "number": -1000.0,
            "flag": False,
            "day": None,
            "at": midnight,
            "code": "010",
            "text": None,
        },
    ]


def test_a_declared_zone_turns_local_times_into_instants(job_context: Any) -> None:
    column = {"name": "at", "type": "timestamp", "timezone": "America/New_York"}
    _, rows = ingest(job_context, b"at\n2013-01-01 05:00\n2013-07-01T05:00:00.5\n2013-07-01T05:00Z\n", columns=[column])
    assert [row["at"].isoformat() for row in rows] == [
        "2013-01-01T10:00:00+00:00",
        "2013-07-01T09:00:00.500000+00:00",
        "2013-07-01T05:00:00+00:00",
    ]


def test_dates_times_and_words_are_read_as_declared(job_context: Any) -> None:
    columns = [
        {"name": "day", "type": "date", "formats": ["%d.%m.%Y", "%d %b %Y"]},
        {"name": "at", "type": "timestamp", "formats": ["%d/%m/%Y %H:%M"], "timezone": "Europe/Rome"},
        {"name": "seen", "type": "timestamp", "formats": ["epoch_s"]},
        {"name": "paid", "type": "bool", "true_values": ["Sì"], "false_values": ["no"]},
    ]
    content = "day,at,seen,paid\n31.1.2024,01/07/2024 10:30,1700000000,sì\n2 Feb 2024,2024-07-01T10:30Z,1,NO\n"
    _, rows = ingest(job_context, content.encode(), columns=columns)
    assert [row["day"] for row in rows] == [dt.date(2024, 1, 31), dt.date(2024, 2, 2)]
    assert [row["at"].isoformat() for row in rows] == ["2024-07-01T08:30:00+00:00", "2024-07-01T10:30:00+00:00"]
    assert rows[0]["seen"].isoformat() == "2023-11-14T22:13:20+00:00"
    assert [row["paid"] for row in rows] == [True, False]


def test_numbers_are_read_with_the_declared_marks(job_context: Any) -> None:
    read = {"delimiter": ";", "decimal": ",", "thousands": "."}
    found, rows = ingest(job_context, b"a;b\n1.234,5;1.000\n-2,25;7\n", format=read)
    assert {column["name"]: column["type"] for column in found["columns"]} == {"a": "float64", "b": "int32"}
    assert rows == [{"a": 1234.5, "b": 1000}, {"a": -2.25, "b": 7}]


def test_a_code_of_many_digits_stays_text(job_context: Any) -> None:
    found, rows = ingest(job_context, b"card\n12345678901234567890\n10000000000000000001\n")
    assert found["columns"][0]["type"] == "string"
    assert rows[0]["card"] == "12345678901234567890"


@pytest.mark.parametrize(
    ("read", "content"),
    [
        ({"header": False}, b"1,x\n2,y\n"),
        ({"names": ["column_1", "column_2"]}, b"Total (EUR),Total (EUR)\n1,x\n2,y\n"),
        ({"header": False, "names": ["column_1", "column_2"]}, b"1,x\n2,y\n"),
    ],
)
def test_names_may_come_from_the_format(job_context: Any, read: dict[str, Any], content: bytes) -> None:
    _, rows = ingest(job_context, content, format=read)
    assert rows == [{"column_1": 1, "column_2": "x"}, {"column_1": 2, "column_2": "y"}]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_other_encodings_are_read_when_declared(job_context: Any, encoding: str) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    _, rows = ingest(job_context, "name,n\né,1\n".encode(encoding), format={"encoding": declared})
    assert rows == [{"name": "é", "n": 1}]


def test_quotes_line_breaks_formulas_and_null_texts(job_context: Any) -> None:
    content = b'a|b|c\n"x|1"|"say ""hi""\nthere"|=cmd()\n-||"-"\n'
    _, rows = ingest(job_context, content, format={"delimiter": "|", "null_values": ["", "-"]})
    assert rows == [{"a": "x|1", "b": 'say "hi"\nthere', "c": "=cmd()"}, {"a": None, "b": None, "c": None}]


def test_a_zip_with_one_csv_is_read(job_context: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("folder")
        archive.writestr("folder/data.csv", "a\r\n1\r\n2\r\n")
    found, _ = ingest(job_context, buffer.getvalue())
    assert found["rows"] == 2


@pytest.mark.parametrize(
    "content",
    [
        b'a,b\r\n1,x\n2,"y\r\nz"\r\n3,w\n',
        b'a,b\r1,x\r2,"y\r\nz"\r3,w\r',
        b'a,b\n1,x\r\n2,"y\r\nz"\r3,w',
    ],
    ids=["both", "carriage", "three"],
)
def test_line_ends_may_be_mixed_and_those_inside_quotes_stay(job_context: Any, content: bytes) -> None:
    _, rows = ingest(job_context, content)
    assert rows == [{"a": 1, "b": "x"}, {"a": 2, "b": "y\r\nz"}, {"a": 3, "b": "w"}]


def test_the_log_says_what_was_read_left_out_and_staged(job_context: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = ingest(job_context, b"a,b\n1,x\n2\n\n3,y\n", format={"on_bad_row": "skip"})
    log = capsys.readouterr().out
    assert "header of 2 columns: a, b" in log
    assert "2 rows read" in log
    assert "left out or wrong: 1 × row_length, first at row 3" in log
    assert "left out or wrong: 1 × blank_line, first at row 4" in log
    assert "types: a int32, b string" in log
    assert f"staged as snapshot {found['snapshot_id']}" in log


def test_repeated_keys_are_counted_and_kept(job_context: Any) -> None:
    found, rows = ingest(job_context, b"k,v\n1,a\n1,b\n1,c\n2,d\n", keys=["k"])
    assert (found["dirt"]["duplicate_keys"], len(rows)) == (2, 4)


def test_a_hundred_thousand_rows_report_progress(job_context: Any) -> None:
    content = b"a,b,at\n" + b"".join(b"%d,%d.5,2020-01-01T00:00:00Z\n" % (n, n) for n in range(100_000))
    context = job_context({})
    upload = BlobStore(context.connection("artifacts")).put_bytes(content).sha256
    context.start.inputs.update(project_id="prj_good", table_id="tbl_many", source={"upload": upload})
    found = run(context)
    assert found["rows"] == found["profile"]["rows"] == 100_000
    assert context.told[-1] == (100_000, "done")
