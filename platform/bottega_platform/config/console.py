"""The built console, served by WhiteNoise's file answers; every page address gets ``index.html``."""

import re
from functools import cache
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_safe
from whitenoise import WhiteNoise
from whitenoise.responders import StaticFile

HASHED = re.compile(r"-[A-Za-z0-9_-]{8,}\.(?:js|css|woff2?|svg|png|webp|map)$")
NOT_BUILT = (
    "The console is not built in this checkout. Run `make console`, then load this page again.\n"
    "The API works without it: /api/v1/openapi.json\n"
)


@cache
def _files(root: Path, stamp: float) -> WhiteNoise:  # noqa: ARG001
    return WhiteNoise(None, root=root, prefix="/", immutable_file_test=_immutable, max_age=0)


def _immutable(_path: str, url: str) -> bool:
    return HASHED.search(url) is not None


@require_safe
def console(request: HttpRequest, path: str) -> HttpResponse:
    """Serve a file of the console, or its page for any other address."""
    index = settings.CONSOLE_ROOT / "index.html"
    if not index.is_file():
        return HttpResponse(NOT_BUILT, status=503, content_type="text/plain; charset=utf-8")
    files = _files(settings.CONSOLE_ROOT, index.stat().st_mtime).files
    found = files.get(f"/{path}") if path else None
    if found is None and "." in path.rsplit("/", 1)[-1]:
        return HttpResponse("There is no such file.\n", status=404, content_type="text/plain; charset=utf-8")
    if found is None:
        get_token(request)  # the page's cookie, which the console sends back on writes
    return _answer(request, found or files["/index.html"])


def _answer(request: HttpRequest, file: StaticFile) -> HttpResponse:
    answer = file.get_response(request.method, request.META)
    with answer.file or BytesIO() as file:
        response = HttpResponse(file.read(), status=answer.status)
    for name, value in answer.headers:
        response[name] = value
    return response
