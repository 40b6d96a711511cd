"""An inspection guesses how a file is written, what its columns are, and what a person has to look at."""

import io
import random
import zipfile
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bottega.specs import FileInspection
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.ingest import job as ingest_job
from bottega_feature_store.ingest.inspect import sample
from bottega_feature_store.ingest.inspect.job import run

Inspect = Callable[..., FileInspection]
DAYS = ("03/01/2024", "17/02/2024", "28/11/2023", "09/12/2023")


@pytest.fixture
def inspect(job_context: Any) -> Inspect:
    """Inspect these bytes as an upload."""

    def ask(content: bytes | str, csv_format: dict[str, Any] | None = None) -> FileInspection:
        context = job_context({"format": csv_format})
        raw = content.encode() if isinstance(content, str) else content
        context.start.inputs["upload"] = BlobStore(context.connection("artifacts")).put_bytes(raw).sha256
        return msgspec.convert(run(context), FileInspection)

    return ask


def shop(rows: int = 400, mark: str = ",") -> str:
    """A shop's customers: some stay, some leave, and a reason is written down only for those who left."""
    chance = random.Random(7)
    lines = [mark.join(["customer", "joined", "plan", "visits", "spend", "country", "left because", "churned"])]
    for number in range(rows):
        left = chance.random() < 0.4
        values = [f"C-{number:05d}", chance.choice(DAYS), chance.choice(["basic", "pro", ""]), str(number % 17)]
        values += [f"{chance.random() * 90:.2f}", "IT", "price" if left else "", "yes" if left else "no"]
        lines.append(mark.join(values))
    return "\n".join(lines) + "\n"


def guessed(found: FileInspection) -> dict[str, str]:
    return {column.name: column.readings[0].label for column in found.columns}


def kinds(found: FileInspection, column: str) -> list[str]:
    return [note.kind for note in found.notes if note.column == column]


def test_types_keys_times_and_targets_are_guessed(inspect: Inspect) -> None:
    found = inspect(shop())
    assert guessed(found) == {
        "customer": "text",
        "joined": "date, day first",
        "plan": "text",
        "visits": "whole number",
        "spend": "number",
        "country": "text",
        "left_because": "text",
        "churned": "yes or no",
    }
    assert (found.keys, found.times, found.rows, found.whole) == (["customer"], ["joined"], 400, True)
    assert [(target.column, target.task) for target in found.targets] == [
        ("churned", "binary"),
        ("visits", "regression"),
        ("spend", "regression"),
    ]
    assert found.targets[0].positive == pytest.approx(0.4, abs=0.06)


def test_what_gives_the_target_away_is_named_with_what_to_do(inspect: Inspect) -> None:
    found = inspect(shop())
    leaks = [note for note in found.notes if note.kind == "leakage" and note.target == "churned"]
    assert [note.column for note in leaks] == ["left_because"]
    assert "Leave it out" in leaks[0].advice


def test_columns_that_cannot_help_are_left_out_and_say_why(inspect: Inspect) -> None:
    found = inspect(shop())
    left_out = {column.name: column.why_not for column in found.columns if not column.use}
    assert left_out == {"customer": "names the row", "country": "the same in every row"}
    assert kinds(found, "country") == ["constant"]
    assert kinds(found, "customer") == ["identifier"]


def test_a_header_that_no_feature_can_have_gets_a_name_and_its_own_is_kept(inspect: Inspect) -> None:
    found = inspect("Größe (cm),größe-cm,label\n1,2,x\n3,4,y\n")
    assert [(column.header, column.name) for column in found.columns] == [
        ("Größe (cm)", "groe_cm"),
        ("größe-cm", "groe_cm_2"),
        ("label", "label_value"),
    ]
    assert found.spec.format.names == ["groe_cm", "groe_cm_2", "label_value"]


def test_dirt_is_counted_by_reason_with_its_row(inspect: Inspect) -> None:
    rows = [f"{number},{number * 2}" for number in range(100)]
    rows[40], rows[60] = "40,many", "60,1,2"
    found = inspect("a,b\n" + "\n".join(rows) + "\n")
    dirt = {(note.column, note.rows): note.samples for note in found.notes if note.kind == "dirt"}
    assert dirt == {(None, 1): ["row 62: 60,1,2"], ("b", 1): ["row 42: many"]}
    assert found.spec.format.on_bad_row == "skip"
    assert found.rows == 100


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(inspect: Inspect, mark: str) -> None:
    found = inspect(shop(mark=mark))
    assert found.spec.format.delimiter == mark
    assert len(found.columns) == 8


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_the_encoding_is_found(inspect: Inspect, encoding: str) -> None:
    found = inspect("città,età\nForlì,31\nPatù,52\n".encode(encoding))
    assert [column.header for column in found.columns] == ["città", "età"]
    assert found.columns[0].examples == ["Forlì", "Patù"]
    guessed = [note.kind for note in found.notes if note.kind == "guessed_encoding"]
    assert guessed == (["guessed_encoding"] if encoding in {"latin-1", "utf-16-le"} else [])


def test_decimal_commas_and_points_between_thousands_are_found(inspect: Inspect) -> None:
    found = inspect("item;price\na;1.234,50\nb;12,25\nc;3,00\n")
    assert (found.spec.format.decimal, found.spec.format.thousands) == (",", ".")
    assert guessed(found)["price"] == "number"


def test_words_for_null_in_a_column_of_numbers_become_null(inspect: Inspect) -> None:
    found = inspect("a,b\n" + "".join(f"{n},{'n/a' if n % 5 == 0 else n}\n" for n in range(1, 50)))
    assert found.spec.format.null_values == ["", "NA", "n/a"]
    assert found.columns[1].nulls == pytest.approx(9 / 49)
    assert guessed(found)["b"] == "whole number"


def test_a_file_without_header_is_seen_as_one(inspect: Inspect) -> None:
    found = inspect("1,2024-01-05,red\n2,2024-02-06,blue\n3,2024-03-07,red\n")
    assert found.spec.format.header is False
    assert [column.name for column in found.columns] == ["column_1", "column_2", "column_3"]
    assert found.rows == 3


def test_dates_that_can_be_read_in_two_ways_are_pointed_out(inspect: Inspect) -> None:
    found = inspect("a,day\n" + "".join(f"{n},0{n}/03/2024\n" for n in range(1, 10)))
    assert [reading.label for reading in found.columns[1].readings] == ["date, day first", "date, month first", "text"]
    assert kinds(found, "day") == ["ambiguous_date"]


def test_times_without_an_offset_are_taken_as_utc_and_that_is_said(inspect: Inspect) -> None:
    found = inspect("a,at\n1,2024-03-01 10:00:00\n2,2024-03-02 11:30:00\n")
    assert found.columns[1].readings[0].column.timezone == "UTC"
    assert kinds(found, "at") == ["assumed_timezone"]


def test_what_a_person_said_about_the_format_is_taken_as_it_is(inspect: Inspect) -> None:
    found = inspect("a;b\n1;x\n", {"delimiter": ","})
    assert [column.header for column in found.columns] == ["a;b"]


def test_a_zip_with_one_csv_is_opened(inspect: Inspect) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("shop.csv", shop())
    assert inspect(packed.getvalue()).keys == ["customer"]


def test_of_a_large_file_only_the_beginning_and_samples_are_read(
    inspect: Inspect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "HEAD_BYTES", 64 << 10)
    monkeypatch.setattr(sample, "PIECE_BYTES", 4 << 10)
    content = shop(20_000)
    found = inspect(content)
    assert not found.whole
    assert 2_000 < found.rows_read < 4_000
    assert found.rows == pytest.approx(20_000, rel=0.02)
    assert found.keys == ["customer"]


def test_the_proposed_source_is_ingested_as_it_is(inspect: Inspect, job_context: Any) -> None:
    content = shop(mark=";").replace("C-00007;", "C-00007;;;;", 1).encode("utf-16")
    proposed = inspect(content).spec
    context = job_context({"project_id": "prj_own", "table_id": "tbl_own", "source": msgspec.to_builtins(proposed)})
    BlobStore(context.connection("artifacts")).put_bytes(content)
    table = ingest_job.run(context)
    assert (table["rows"], table["dirt"]["rows_skipped"]) == (399, 1)
    assert [column["type"] for column in table["columns"]] == [
        "string", "date", "string", "int32", "float64", "string", "string", "bool",
    ]  # fmt: skip
