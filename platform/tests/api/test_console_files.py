"""The built console: files with caching, one page for every other address."""

import pytest
from django.test import Client

INDEX = "<!doctype html><title>console</title>"


@pytest.fixture
def built(tmp_path, settings):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(INDEX)
    (tmp_path / "assets" / "main-DfX9s8Qa.js").write_text("1")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    settings.CONSOLE_ROOT = tmp_path
    return tmp_path


def body(answer) -> str:
    return b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()


@pytest.mark.parametrize("path", ["/", "/projects/demand", "/signin", "/projects/demand/models/a"])
def test_every_page_address_gets_the_page(built, path):
    answer = Client().get(path)
    assert answer.status_code == 200
    assert body(answer) == INDEX
    assert "max-age=0" in answer["Cache-Control"]
    assert answer.cookies["bottega_csrf"].value


def test_hashed_files_are_kept_for_ever_and_others_asked_for_again(built):
    hashed = Client().get("/assets/main-DfX9s8Qa.js")
    assert "immutable" in hashed["Cache-Control"]
    assert hashed["Content-Type"].startswith("text/javascript")
    assert "max-age=0" in Client().get("/favicon.svg")["Cache-Control"]


def test_an_unchanged_file_is_not_sent_again(built):
    first = Client().get("/favicon.svg")
    again = Client().get(
        "/favicon.svg", headers={"If-None-Match": first.get("ETag", ""), "If-Modified-Since": first["Last-Modified"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/missing.js", "/../settings.py", "/..%2fsettings.py", "/assets/%00.js"])
def test_a_missing_file_is_no_page(built, path):
    assert Client().get(path).status_code == 404


def test_pages_are_read_only(built):
    assert Client().post("/").status_code in {403, 405}


def test_without_a_build_the_page_says_what_to_do(tmp_path, settings):
    settings.CONSOLE_ROOT = tmp_path
    answer = Client().get("/")
    assert answer.status_code == 503
    assert "make console" in body(answer)
