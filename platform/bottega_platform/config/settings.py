"""Django's settings, all from the typed environment of ``config.env``."""

from pathlib import Path
from typing import Any

from bottega_platform.config import apps, env

ENV = env.current()
if ENV.object_store is not None:
    ENV.object_store.use()
PACKAGE = Path(__file__).resolve().parent.parent

SECRET_KEY = ENV.secret_key
DEBUG = False
SERVER_PROFILE = ENV.profile == "server"
ALLOWED_HOSTS = sorted({*ENV.allowed_hosts, ENV.host, "127.0.0.1", "localhost", "[::1]"} - env.EVERY_ADDRESS)
NODE_SECRET_FILE = ENV.node_secret_file
CONSOLE_ROOT = PACKAGE / "static" / "console"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "rest_framework",
    "drf_spectacular",
    *apps.installed(),
]
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["bottega_platform.accounts.backends.LinkBackend"]

MIDDLEWARE = [
    "bottega_platform.api.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "bottega_platform.config.urls"
ASGI_APPLICATION = "bottega_platform.config.asgi.application"
APPEND_SLASH = False

_address = ENV.database()
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _address.host,
        "PORT": _address.port,
        "NAME": _address.name,
        "USER": _address.user,
        "PASSWORD": _address.password,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 12, "timeout": 10}, "connect_timeout": 5},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

SESSION_COOKIE_NAME = "bottega_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SERVER_PROFILE
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "bottega_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = SERVER_PROFILE
CSRF_FAILURE_VIEW = "bottega_platform.config.handlers.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
MAX_UPLOAD_BYTES = 4 * 1024**3

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "bottega_platform.api.auth.TokenAuthentication",
        "bottega_platform.api.auth.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["bottega_platform.api.auth.Nobody"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["bottega_platform.api.parsers.StrictJsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "bottega_platform.api.parsers.AlwaysJson",
    "DEFAULT_SCHEMA_CLASS": "bottega_platform.api.openapi.Schema",
    "EXCEPTION_HANDLER": "bottega_platform.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Bottega",
    "VERSION": "1",
    "DESCRIPTION": "The control plane of Bottega. Errors are RFC 9457 problem documents with a stable `code`.",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["bottega_platform.api.openapi.complete"],
    "PREPROCESSING_HOOKS": ["bottega_platform.api.openapi.only_ours"],
    "SORT_OPERATIONS": True,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "httpx": {"level": "WARNING"},
    },
}
