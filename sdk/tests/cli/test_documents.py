"""Spec files are read strictly: every fault of every file at once, with its line."""

from pathlib import Path

import pytest

from bottega.cli.documents import DocumentsInvalid, read

ENTITY = """apiVersion: bottega/v1
kind: Entity
metadata: {name: person}
spec:
  keys:
    - {name: id, type: int64}
"""


def write(folder: Path, text: str, name: str = "one.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def refused(file: Path) -> list[tuple[str, str | None, int | None]]:
    with pytest.raises(DocumentsInvalid) as caught:
        read([file])
    return [(fault.code, fault.pointer, fault.row) for fault in caught.value.problem.errors]


def test_documents_of_a_folder_come_in_the_order_of_their_files(tmp_path):
    write(tmp_path, ENTITY.replace("person", "b") + "---\n" + ENTITY.replace("person", "c"), "2.yaml")
    write(tmp_path, ENTITY.replace("person", "a"), "1.yml")
    assert [document.name for document in read([tmp_path])] == ["a", "b", "c"]


def test_times_and_words_of_agreement_stay_text(tmp_path):
    text = """apiVersion: bottega/v1
kind: TrainingSet
metadata: {name: one}
spec: {labels: on, label: yes, event_time: at, feature_service: s, start: 2013-01-01T05:00:00Z, split: {kind: hash}}
"""
    spec = read([write(tmp_path, text)])[0].spec
    assert (spec["labels"], spec["label"], spec["start"]) == ("on", "yes", "2013-01-01T05:00:00Z")


@pytest.mark.parametrize(
    ("change", "code", "pointer", "row"),
    [
        (("bottega/v1", "bottega/v9"), "unknown_version", "/apiVersion", 1),
        (("kind: Entity", "kind: Thing"), "unknown_kind", "/kind", 2),
        (("int64}", "number}"), "invalid_value", "/spec/keys/0/type", 6),
        (("int64}", "int64, size: 3}"), "unknown_field", "/spec/keys/0/size", 6),
        (("metadata: {name: person}\n", ""), "required", "/metadata", 1),
        (("{name: person}", "{name: person, owner: me}"), "unknown_field", "/metadata/owner", 3),
        (("spec:", "spec: 3\nrest:"), "unreadable", None, None),
    ],
)
def test_what_does_not_fit_is_named_with_pointer_and_line(tmp_path, change, code, pointer, row):
    found = refused(write(tmp_path, ENTITY.replace(*change)))
    if code == "unreadable":
        assert found[0][0] in {"wrong_type", "unknown_field"}
    else:
        assert found == [(code, pointer, row)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: &x [1]", 2),
        ("a: 1\nb: *x", 2),
        ("a: 1\n<<: *x", 2),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", 2),
        ("a: 1\nb:\n  - !!int 5", 3),
        ("a: 1\nb: ! 5", 2),
        ("a: 1\nb:\n  c: 1\n  c: 2", 4),
        ("a: 1\nb: [", 2),
        ("a: 1\n{b: 1}: 2", 2),
        ("a: 1\n[b, c]: 1", 2),
        ("a: 1\n5: five", 2),
        ("a: 1\nb: {true: yes}", 2),
        ("a: 1\n: empty", 2),
        ("a: 1\nnull: none", 2),
    ],
)
def test_yaml_that_is_more_than_data_is_refused_at_its_line(tmp_path, text, line):
    assert refused(write(tmp_path, text)) == [("unreadable_yaml", None, line)]


def test_a_bomb_of_aliases_is_refused_before_it_grows(tmp_path):
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    assert refused(write(tmp_path, "\n".join(lines))) == [("unreadable_yaml", None, 1)]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "- " * 3000 + "1",
        "\x00",
        "a: \ud800".encode("utf-8", "surrogatepass").decode("latin-1") + "\x07",
    ],
)
def test_yaml_that_is_less_than_data_is_refused(tmp_path, text):
    assert [code for code, _, _ in refused(write(tmp_path, text))] == ["unreadable_yaml"]


def test_a_file_that_is_not_utf_8_too_large_or_not_there_is_refused(tmp_path):
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: \xff")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (5 * 2**20))
    assert refused(latin)[0][0] == "unreadable_yaml"
    assert refused(large)[0][0] == "unreadable_yaml"
    assert refused(tmp_path / "none.yaml")[0][0] == "no_such_file"
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty")[0][0] == "no_documents"


def test_the_same_thing_twice_is_refused_and_all_faults_come_at_once(tmp_path):
    write(tmp_path, ENTITY, "1.yaml")
    write(tmp_path, ENTITY, "2.yaml")
    write(tmp_path, "kind: x", "3.yaml")
    assert sorted(code for code, _, _ in refused(tmp_path)) == ["duplicate_document", "required"]
