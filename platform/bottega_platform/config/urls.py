"""All addresses: the REST API below ``/api/v1/``, the console everywhere else."""

from importlib import import_module

from django.urls import URLPattern, URLResolver, include, path, re_path

from bottega_platform.api.public import HealthView, OpenApiView
from bottega_platform.config import apps
from bottega_platform.config.console import console


def _api() -> list[URLPattern | URLResolver]:
    patterns: list[URLPattern | URLResolver] = [
        path("health", HealthView.as_view(), name="health"),
        path("openapi.json", OpenApiView.as_view(), name="openapi"),
    ]
    for module in apps.url_modules():
        patterns += import_module(module).urlpatterns
    return patterns


urlpatterns = [
    path("api/v1/", include(_api())),
    re_path(r"^(?!api/)(?P<path>.*)$", console, name="console"),
]

handler400 = "bottega_platform.config.handlers.bad_request"
handler403 = "bottega_platform.config.handlers.forbidden"
handler404 = "bottega_platform.config.handlers.not_found"
handler500 = "bottega_platform.config.handlers.server_error"
