"""Models of others: a package becomes a run, a version and a bundle, or is refused with its code and leaves nothing."""

import hashlib
import io
import json
import os
import pickle
import stat
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from bottega.bundle import Manifest
from bottega.packaging import Package
from bottega.packaging.inputs import as_fitted, choose
from bottega.packaging.package import build
from bottega_platform.api.testing import ApiClient, client_as, make_project
from bottega_platform.artifacts.services import blobs
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.jobs.verify import verify
from bottega_platform.projects.models import Project, Role
from bottega_platform.runs.models import TrainingRun
from bottega_platform.runs.testing import make_training_set, rows
from bottega_platform.sources.models import Upload

PATH = "/projects/harbour"
FEATURES = [
    {"name": "shop", "type": "string", "categorical": True, "categories": ["north", "south", "east", "west"]},
    {"name": "rentals_7d", "type": "float64"},
    {"name": "mean_price_7d", "type": "float64"},
    {"name": "price", "type": "float64"},
    {"name": "hour", "type": "int32"},
]
NUMBERS = ["rentals_7d", "mean_price_7d", "price", "hour"]
INPUTS = choose(FEATURES)
Change = Callable[[dict[str, bytes]], None]


def package_of(estimator: Any | None = None) -> Package:
    """An estimator fitted on the training split of :func:`make_training_set`, packaged on its hold-out."""
    train, test = rows("train").to_pandas(), rows("test").to_pandas().set_index("row_id")
    shops = OneHotEncoder(handle_unknown="ignore")
    inputs = ColumnTransformer([("shop", shops, ["shop"]), ("numbers", SimpleImputer(), NUMBERS)])
    model = estimator or make_pipeline(inputs, LogisticRegression(max_iter=2_000))
    model.fit(as_fitted(train, INPUTS), train["label"].astype(int))
    return build(model, inputs=INPUTS, rows=test)


@pytest.fixture(scope="module")
def package() -> Package:
    return package_of()


@pytest.fixture
def project(db: None) -> Project:
    made = make_project()
    make_training_set(made, name="rentals")
    return made


@pytest.fixture
def editor(project: Project) -> ApiClient:
    return client_as(Role.EDITOR, project)


def upload(editor: ApiClient, content: bytes) -> str:
    answer = editor.send("POST", f"{PATH}/uploads", raw=content, Content_Type="application/octet-stream")
    assert answer.status_code in {200, 201}, answer.content
    return str(answer.json()["digest"])


def start(editor: ApiClient, digest: str, name: str = "mine", **spec: Any) -> Any:
    whole = {"training_set": "rentals", "trainer": "uploaded", "task": "binary", "package": digest, **spec}
    return editor.post(f"{PATH}/training-runs", {"name": name, "spec": whole})


def run_of(editor: ApiClient, content: bytes, **spec: Any) -> dict[str, Any]:
    accepted = start(editor, upload(editor, content), **spec)
    assert accepted.status_code == 202, accepted.content
    run_until_idle(("cpu",))
    return dict(editor.get(f"{PATH}/training-runs/mine").json())


def test_a_package_becomes_a_run_whose_metrics_are_scikit_learns(editor: ApiClient, package: Package) -> None:
    run = run_of(editor, package.content)
    assert run["state"] == "succeeded", run["problem"]
    test = rows("test").to_pandas()
    expected = roc_auc_score(test["label"], package.predict(test))
    assert run["metrics"]["test"]["auc"]["value"] == pytest.approx(expected, abs=1e-12)
    report = editor.get(f"{PATH}/training-runs/mine/report").json()
    assert report["comparisons"][0]["name"] == "baseline"
    assert {row["name"] for row in report["importances"]} == {item["name"] for item in FEATURES}
    assert run["environment"]["skl2onnx"] == package.manifest.environment["skl2onnx"]
    assert run["trainer"] == "uploaded"
    assert [found for found in verify(at_rest=True) if found.check.startswith("runs.")] == []


def test_the_run_is_registered_like_any_other_and_its_bundle_answers_its_golden_rows(
    editor: ApiClient, package: Package
) -> None:
    run_of(editor, package.content)
    editor.post(f"{PATH}/models", {"name": "rented", "spec": {"task": "binary"}})
    accepted = editor.post(f"{PATH}/models/rented/versions", {"training_run": "mine"})
    run_until_idle(("cpu",))
    job = Job.objects.get(pk=accepted.json()["job"])
    assert job.state == "succeeded", job.problem
    version = editor.get(f"{PATH}/models/rented/versions/1").json()
    assert (version["format"], version["trainer"]) == ("onnx", "uploaded")
    manifest = json.loads(blobs().read(version["bundle"]))
    assert [item["name"] for item in manifest["signature"]["inputs"]] == package.inputs
    assert Manifest.__struct_fields__[0] in manifest


def entries(package: Package) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return content.getvalue()


def manifest_with(**changes: Any) -> Change:
    def change(files: dict[str, bytes]) -> None:
        files["manifest.json"] = json.dumps({**json.loads(files["manifest.json"]), **changes}).encode()

    return change


def with_model(model: bytes, **changes: Any) -> Change:
    """Put another model in, with the digest that belongs to it."""

    def change(files: dict[str, bytes]) -> None:
        files["model.onnx"] = model
        listed = {"path": "model.onnx", "sha256": hashlib.sha256(model).hexdigest(), "size": len(model)}
        manifest_with(files=[listed], **changes)(files)

    return change


def added(name: str, body: bytes) -> Change:
    def change(files: dict[str, bytes]) -> None:
        files[name] = body

    return change


def without(name: str) -> Change:
    def change(files: dict[str, bytes]) -> None:
        del files[name]

    return change


def graph(
    nodes: list[Any], stored: Sequence[Any] = (), *, width: int = 5, kind: int = TensorProto.DOUBLE, domain: str = ""
) -> bytes:
    taken = helper.make_tensor_value_info("input", kind, ["rows", width])
    given = helper.make_tensor_value_info("prediction", kind, ["rows"])
    made = helper.make_graph(nodes, "made", [taken], [given], list(stored))
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return bytes(helper.make_model(made, opset_imports=opsets, ir_version=9).SerializeToString())


def mean_of_inputs() -> list[Any]:
    return [helper.make_node("ReduceMean", ["input"], ["prediction"], axes=[1], keepdims=0)]


def external() -> bytes:
    tensor = numpy_helper.from_array(np.ones(5), "weights")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return graph([helper.make_node("MatMul", ["input", "weights"], ["prediction"])], [tensor])


def in_a_branch() -> bytes:
    """The same, hidden in the subgraph of an If."""
    inner = onnx.load_model_from_string(external()).graph
    given = helper.make_tensor_value_info("out", TensorProto.DOUBLE, [5])
    same = helper.make_node("Identity", ["weights"], ["out"])
    branch = helper.make_graph([same], "then", [], [given], list(inner.initializer))
    condition = numpy_helper.from_array(np.array(True), "yes")
    return graph([helper.make_node("If", ["yes"], ["prediction"], then_branch=branch, else_branch=branch)], [condition])


def foreign() -> bytes:
    return graph([helper.make_node("Shell", ["input"], ["prediction"], domain="com.evil")], domain="com.evil")


def unknown_opset() -> bytes:
    model = onnx.load_model_from_string(graph(mean_of_inputs()))
    model.opset_import[0].version = 9_999
    return bytes(model.SerializeToString())


class Call:
    """What a pickle may do."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("touch /tmp/bottega-was-here",))


CASES: dict[str, tuple[Change, str]] = {
    "manifest missing": (without("manifest.json"), "manifest_missing"),
    "manifest is no JSON": (added("manifest.json", b"{"), "manifest_invalid"),
    "manifest is a pickle": (added("manifest.json", pickle.dumps(Call())), "format_not_allowed"),
    "manifest with an unknown field": (manifest_with(colour="red"), "manifest_invalid"),
    "manifest of a newer format": (manifest_with(package_format=2), "manifest_invalid"),
    "a file is not listed": (added("notes.txt", b"x"), "manifest_invalid"),
    "a listed file is missing": (without("model.onnx"), "manifest_invalid"),
    "the model file is not listed": (manifest_with(model_file="other.onnx"), "manifest_invalid"),
    "digest": (added("model.onnx", b"other bytes"), "digest_mismatch"),
    "another format": (manifest_with(format="joblib"), "format_not_allowed"),
    "a pickle by name": (added("model.pkl", b"x"), "format_not_allowed"),
    "a pickle by content": (with_model(pickle.dumps(Call())), "format_not_allowed"),
    "not ONNX": (with_model(b"\xff\xfe\x00 no protobuf"), "model_broken"),
    "an empty model": (with_model(b""), "signature_mismatch"),
    "weights in other files": (with_model(external()), "format_not_allowed"),
    "weights in other files, in a subgraph": (with_model(in_a_branch()), "format_not_allowed"),
    "operators of others": (with_model(foreign()), "format_not_allowed"),
    "an unknown operator set": (with_model(unknown_opset()), "model_broken"),
    "too few inputs": (with_model(graph(mean_of_inputs(), width=3)), "signature_mismatch"),
    "floats": (with_model(graph(mean_of_inputs(), kind=TensorProto.FLOAT)), "signature_mismatch"),
    "a whole matrix as answer": (
        with_model(graph([helper.make_node("Identity", ["input"], ["prediction"])])), "signature_mismatch",
    ),
    "no probabilities": (with_model(graph(mean_of_inputs())), "bad_prediction"),
    "no golden rows": (manifest_with(golden_inputs=[], golden_outputs=[]), "golden_mismatch"),
    "golden rows of another width": (manifest_with(golden_inputs=[[1.0]], golden_outputs=[0.5]), "golden_mismatch"),
    "golden rows that differ": (
        manifest_with(golden_inputs=[[0.0] * 5, [1.0] * 5], golden_outputs=[0.0, 1.0]), "golden_mismatch",
    ),
    "no inputs": (manifest_with(inputs=[]), "signature_mismatch"),
    "an unknown input": (manifest_with(inputs=[{"name": "colour", "type": "float64"}] * 5), "signature_mismatch"),
    "another type": (
        manifest_with(inputs=[{"name": name, "type": "int64"} for name in ("shop", *NUMBERS)]), "signature_mismatch",
    ),
    "another task": (manifest_with(task="regression"), "signature_mismatch"),
    "a path that leaves the folder": (added("../../evil", b"x"), "archive_unsafe"),
    "an absolute path": (added("/etc/evil", b"x"), "archive_unsafe"),
    "a folder": (added("more/model.onnx", b"x"), "archive_unsafe"),
    "an archive inside": (added("more.zip", b"x"), "archive_unsafe"),
    "an archive inside by content": (added("more.bin", zipped({"a": b"b"})), "archive_unsafe"),
    "a bomb": (added("zeros.bin", b"\0" * (300 << 20)), "archive_unsafe"),
    "too many entries": (lambda files: files.update({f"f{n}": b"" for n in range(200)}), "archive_unsafe"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_bad_package_is_refused_with_its_code_and_leaves_nothing(
    editor: ApiClient, package: Package, case: str
) -> None:
    change, code = CASES[case]
    files = entries(package)
    change(files)
    run = run_of(editor, zipped(files))
    assert (run["state"], run["problem"]["code"]) == ("failed", code), run["problem"]
    assert run["metrics"] == {}
    assert not os.path.exists("/tmp/bottega-was-here")
    refused = editor.post(f"{PATH}/models", {"name": "rented", "spec": {"task": "binary"}})
    assert refused.status_code == 201
    answer = editor.post(f"{PATH}/models/rented/versions", {"training_run": "mine"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")


def linked(package: Package) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in entries(package).items():
            archive.writestr(name, body)
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return content.getvalue()


def encrypted(package: Package) -> bytes:
    """Set the flag of encryption on every entry, in both places where a zip has it."""
    content = bytearray(package.content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 4)
    return bytes(content)


def twice(package: Package) -> bytes:
    content = io.BytesIO(package.content)
    with zipfile.ZipFile(content, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("manifest.json", b"{}")
    return content.getvalue()


@pytest.mark.parametrize(
    "made", [linked, encrypted, twice, lambda package: package.content[: len(package.content) // 2], lambda _: b"text"],
    ids=["link", "encrypted", "twice", "cut", "no zip"],
)  # fmt: skip
def test_an_unsafe_archive_is_refused(editor: ApiClient, package: Package, made: Callable[[Package], bytes]) -> None:
    run = run_of(editor, made(package))
    assert (run["state"], run["problem"]["code"]) == ("failed", "archive_unsafe"), run["problem"]


def test_what_can_be_refused_at_once_is(editor: ApiClient, package: Package, project: Project) -> None:
    digest = upload(editor, package.content)
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"package": "0" * 64}, 422, "unknown_upload"),
        ({"package": None}, 422, "required"),
        ({"params": {"c": 1}}, 422, "unknown_parameter"),
        ({"tune": {"trials": 3}}, 422, "unknown_field"),
        ({"training_set": "other"}, 404, "not_found"),
        ({"trainer": "lightgbm"}, 422, "unknown_field"),
    ]
    for spec, status, code in cases:
        answer = start(editor, digest, **spec)
        found = {answer.json()["code"], *(fault["code"] for fault in answer.json().get("errors", []))}
        assert answer.status_code == status, (spec, answer.content)
        assert code in found, (spec, answer.content)
    Upload.objects.filter(project=project, digest=digest).update(size=(1 << 30) + 1)
    answer = start(editor, digest)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not TrainingRun.objects.exists()


def test_an_upload_of_another_project_is_unknown_here(editor: ApiClient, package: Package) -> None:
    other = make_project("quay")
    theirs = client_as(Role.EDITOR, other)
    sent = theirs.send("POST", "/projects/quay/uploads", raw=package.content, Content_Type="application/octet-stream")
    answer = start(editor, sent.json()["digest"])
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_upload")


def test_a_name_that_is_taken_is_refused(editor: ApiClient, package: Package) -> None:
    run_of(editor, package.content)
    answer = start(editor, upload(editor, package.content))
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
