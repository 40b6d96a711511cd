"""What is in the wheels and source packages: metadata, console, example, and nothing that does not belong."""

import email
import tarfile
import zipfile
from email.message import Message
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PACKAGES = (
    "bottega",
    "bottega_examples",
    "bottega_feature_store",
    "bottega_platform",
    "bottega_serving",
    "bottega_training",
)


def wheel(dist: Path, package: str) -> zipfile.ZipFile:
    (found,) = dist.glob(f"{package}-[0-9]*.whl")
    return zipfile.ZipFile(found)


def metadata(dist: Path, package: str) -> Message:
    archive = wheel(dist, package)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(archive.read(name))


def test_every_member_is_built_as_wheel_and_source_package(dist: Path) -> None:
    for kind in ("*.whl", "*.tar.gz"):
        assert sorted(file.name.rpartition("-0")[0].split("-")[0] for file in dist.glob(kind)) == list(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_metadata_says_what_it_is_under_which_licence_and_invents_no_host(dist: Path, package: str) -> None:
    found = metadata(dist, package)
    assert found["License-Expression"] == "Apache-2.0"
    assert found["License-File"] == "LICENSE"
    assert found["Requires-Python"] == "<3.14,>=3.11"
    assert found["Description-Content-Type"] == "text/markdown"
    assert found["Summary"]
    assert f"# {package.replace('_', '-')}" in found.get_payload()
    assert not found.get_all("Project-URL")
    assert "http" not in found.get_payload()


def test_all_members_have_one_version_and_want_each_other_in_it(dist: Path) -> None:
    versions = {metadata(dist, package)["Version"] for package in PACKAGES}
    assert len(versions) == 1
    (version,) = versions
    for package in PACKAGES:
        for wanted in metadata(dist, package).get_all("Requires-Dist") or []:
            name = wanted.split(";")[0].strip()
            if name.startswith("bottega") and "[" not in wanted.partition("extra")[0].partition("==")[2]:
                own_extras = name.startswith(package.replace("_", "-") + "[")
                assert own_extras or name.endswith(f"=={version}"), f"{package} wants {wanted}"


def test_the_platform_holds_the_built_console(dist: Path) -> None:
    names = wheel(dist, "bottega_platform").namelist()
    console = [name for name in names if name.startswith("bottega_platform/static/console/")]
    assert "bottega_platform/static/console/index.html" in console
    assert any(name.endswith(".js") for name in console)
    assert any(name.endswith(".woff2") for name in console)
    assert not any(Path(name).name.startswith(".") for name in console)
    (archive,) = dist.glob("bottega_platform-*.tar.gz")
    with tarfile.open(archive) as source:
        assert any(name.endswith("static/console/index.html") for name in source.getnames())


def test_the_examples_hold_script_and_specs(dist: Path) -> None:
    names = wheel(dist, "bottega_examples").namelist()
    for name in ("demo.toml", "run.py", "loop.py", "specs/features.yaml", "specs/sources.yaml"):
        assert f"bottega_examples/flight_delay/{name}" in names


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_holds_its_package_and_nothing_else(dist: Path, package: str) -> None:
    names = wheel(dist, package).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {package}
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]
    if package != "bottega_examples":
        assert f"{package}/py.typed" in names
