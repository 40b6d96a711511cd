"""A node without a control plane: `bottega-serving --bundle DIR --endpoint PROJECT.NAME`."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from bottega_feature_store.codec import ViewCodec
from bottega_feature_store.online.writer import Writer, flip
from bottega_feature_store.types import parse_timestamp
from bottega_serving.settings import SettingsError, from_environment
from bottega_serving.testing import MadeBundle, StandaloneNode, full_record, key_record, make_onnx_bundle

KEY = "a-key-of-the-shop-0001"


@pytest.fixture(scope="module")
def onnx_bundle(tmp_path_factory: pytest.TempPathFactory) -> MadeBundle:
    return make_onnx_bundle(tmp_path_factory.mktemp("onnx"))


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[StandaloneNode]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOTTEGA_")}
    own = {"BOTTEGA_HOME": str(tmp_path / "home"), "BOTTEGA_SERVING_PORT": port}
    node = StandaloneNode([sys.executable, "-m", "bottega_serving.main"], kept | own)
    yield node
    node.stop()


def test_an_onnx_bundle_on_disk_is_served_and_after_a_restart_again(
    alone: StandaloneNode, onnx_bundle: MadeBundle
) -> None:
    alone.start("--bundle", onnx_bundle.folder, "--endpoint", "demo.risk")
    first = alone.predict("demo.risk", {"records": [full_record(3)]})
    assert first.status_code == 200
    assert first.json()["model"] == "risk"
    assert first.json()["degraded"] == []
    assert 0 < first.json()["predictions"][0] < 1
    alone.stop()
    alone.start("--bundle", onnx_bundle.folder, "--endpoint", "demo.risk")
    assert (
        alone.predict("demo.risk", {"records": [full_record(3)]}).json()["predictions"] == first.json()["predictions"]
    )


def test_with_a_key_file_only_its_keys_open_the_endpoint(
    alone: StandaloneNode, onnx_bundle: MadeBundle, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{KEY}\nanother-key-of-the-shop\n")
    alone.start("--bundle", onnx_bundle.folder, "--endpoint", "demo.risk", "--key-file", keys)
    body = {"records": [full_record(3)]}
    assert alone.predict("demo.risk", body).json()["code"] == "not_authenticated"
    assert alone.predict("demo.risk", body, authorization="Bearer wrong").status_code == 401
    assert alone.predict("demo.risk", body, authorization=f"Bearer {KEY}").status_code == 200


def test_features_are_looked_up_under_the_named_project(
    alone: StandaloneNode, onnx_bundle: MadeBundle, online_store_url: str
) -> None:
    record = full_record(5)
    with redis.Redis.from_url(online_store_url) as store:
        for view in onnx_bundle.manifest.signature.views:
            packed = ViewCodec(view.columns).pack(
                parse_timestamp("2024-05-01T11:00:00Z"), [record[column.name] for column in view.columns]
            )
            key = [record[column.name] for column in view.key_fields]
            Writer(store, "prj_alone", view.view_id, "v1").load([key], [packed])
            flip(store, "prj_alone", view.view_id, "v1")
    named = ["--bundle", onnx_bundle.folder, "--endpoint", "demo.risk", "--project-id", "prj_alone"]
    alone.environment |= {"BOTTEGA_ONLINE_STORE_URL": online_store_url, "BOTTEGA_SERVING_FEATURE_BUDGET": "5"}
    alone.start(*named)
    by_key = alone.predict("demo.risk", {"records": [key_record(5)]}).json()
    assert by_key["degraded"] == []
    assert by_key["predictions"] == alone.predict("demo.risk", {"records": [record]}).json()["predictions"]


def damaged(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"not the model")


def without_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def without_model(folder: Path) -> None:
    (folder / "model.onnx").unlink()


@pytest.mark.parametrize(
    ("harm", "said"),
    [(damaged, "bundle_corrupt"), (without_manifest, "manifest.json cannot be read"), (without_model, "model.onnx")],
)
def test_a_bundle_that_is_not_whole_is_refused_before_anything_listens(
    alone: StandaloneNode, onnx_bundle: MadeBundle, tmp_path: Path, harm: Callable[[Path], None], said: str
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(onnx_bundle.folder, folder)
    harm(folder)
    assert said in alone.refusal("--bundle", folder, "--endpoint", "demo.risk")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--endpoint", "demo.risk"], "go with --bundle"),
        (["--bundle", "BUNDLE"], "needs --endpoint PROJECT.NAME"),
        (["--bundle", "BUNDLE", "--endpoint", "risk"], "needs --endpoint PROJECT.NAME"),
        (["--bundle", "BUNDLE", "--endpoint", "Demo.risk"], "lower-case"),
        (["--bundle", "BUNDLE", "--endpoint", "demo.risk", "--key-file", "/nowhere/keys"], "/nowhere/keys"),
        (["--bundle", "BUNDLE", "--endpoint", "demo.risk", "--key-file", "/dev/null"], "at least 16 characters"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(
    alone: StandaloneNode, onnx_bundle: MadeBundle, arguments: list[str], said: str
) -> None:
    given = [str(onnx_bundle.folder) if word == "BUNDLE" else word for word in arguments]
    assert said in alone.refusal(*given)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"BOTTEGA_CONTROL_URL": "http://127.0.0.1:8400"}, "unset BOTTEGA_CONTROL_URL"),
        ({"BOTTEGA_SERVING_HOST": "0.0.0.0"}, "--key-file"),  # noqa: S104 - what is refused
    ],
)
def test_what_is_not_safe_alone_is_refused(
    alone: StandaloneNode, onnx_bundle: MadeBundle, settings: dict[str, str], said: str
) -> None:
    alone.environment |= settings
    assert said in alone.refusal("--bundle", onnx_bundle.folder, "--endpoint", "demo.risk")


def test_the_online_stores_url_may_be_the_content_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("redis://:secret@online:6379/0\n")
    found = from_environment({"BOTTEGA_ONLINE_STORE_URL_FILE": str(file)})
    assert found.online_store_url == "redis://:secret@online:6379/0"
    with pytest.raises(SettingsError, match="cannot be read"):
        from_environment({"BOTTEGA_ONLINE_STORE_URL_FILE": str(tmp_path / "none")})
    with pytest.raises(SettingsError, match="both set"):
        from_environment({"BOTTEGA_ONLINE_STORE_URL_FILE": str(file), "BOTTEGA_ONLINE_STORE_URL": "redis://online"})
