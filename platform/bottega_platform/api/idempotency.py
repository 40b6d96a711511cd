"""Idempotency keys: the answer is stored in the transaction of the effect, and replayed for a day.

A crash before the commit leaves neither effect nor answer; after it, both. While the first request
runs it holds a PostgreSQL advisory lock, which no crash can leave behind. Stored answers are encrypted: some
hold a secret that is shown this once.
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone

from bottega_platform.api.errors import BadRequest, Conflict, Invalid
from bottega_platform.api.models import StoredAnswer

KEPT = timedelta(hours=24)
MAX_KEY = 255
REPLAYED = "Idempotent-Replayed"
KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Retry-After")


class InProgress(Conflict):
    """The first request with this key is still running."""

    code = "in_progress"
    title = "The same request is still running"


class KeyReused(Invalid):
    """The key belongs to another request."""

    code = "key_reused"
    title = "This idempotency key belongs to another request"


def key_of(request: Any) -> str | None:
    """Return the checked Idempotency-Key of a POST, if there is one."""
    key: str | None = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST":
        return None
    if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        detail = f"An Idempotency-Key has 1 to {MAX_KEY} printable ASCII characters."
        raise BadRequest(detail, code="bad_idempotency_key")
    return key


def once(
    request: Any, key: str, body: Callable[[], bytes], run: Callable[[], HttpResponse], *, atomic: bool
) -> HttpResponse:
    """Run the request once for this key; replay its stored answer afterwards.

    Args:
        request: the request as the framework wraps it.
        key: what the caller calls this request.
        body: returns what tells this body from any other; called while the key is locked.
        run: does the work and answers.
        atomic: a transaction is open, and ends with the request.
    """
    number = _lock_number(request.user.pk, key)
    if not _lock(number, atomic=atomic):
        raise InProgress("The first request with this key is still running. Ask again in a second.", retry_after=1)
    try:
        return _stored_or_run(request, key, _fingerprint(request, body()), run)
    finally:
        if not atomic:
            _unlock(number)


def _stored_or_run(request: Any, key: str, fingerprint: str, run: Callable[[], HttpResponse]) -> HttpResponse:
    rows = StoredAnswer.objects.filter(user=request.user, key=key)
    stored = rows.first()
    if stored is not None and stored.created_at > timezone.now() - KEPT:
        return _replay(stored, fingerprint)
    rows.delete()
    answer = run()
    if answer.status_code < 300 and not answer.streaming:
        _store(request, key, fingerprint, answer)
    return answer


def _replay(stored: StoredAnswer, fingerprint: str) -> HttpResponse:
    if stored.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request. Make a new key for a new request.")
    answer = HttpResponse(_opened(stored), status=stored.status)
    for name, value in stored.headers.items():
        answer[name] = value
    answer[REPLAYED] = "true"
    answer["Cache-Control"] = "no-store"
    return answer


def _store(request: Any, key: str, fingerprint: str, answer: HttpResponse) -> None:
    StoredAnswer.objects.create(
        user=request.user,
        key=key,
        fingerprint=fingerprint,
        status=answer.status_code,
        headers={name: answer[name] for name in KEPT_HEADERS if name in answer},
        body=_box(settings.SECRET_KEY).encrypt(answer.content),
    )


def _opened(stored: StoredAnswer) -> bytes:
    try:
        return _box(settings.SECRET_KEY).decrypt(bytes(stored.body))
    except InvalidToken as error:
        detail = "This request was answered before the platform's secret key changed. Look at what it made instead."
        raise Conflict(detail) from error


@cache
def _box(secret: str) -> Fernet:
    key = hashlib.sha256(b"bottega stored answers\n" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def _fingerprint(request: Any, body: bytes) -> str:
    return hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode() + body).hexdigest()


def _lock_number(user_id: str, key: str) -> int:
    digest = hashlib.sha256(f"idempotency\n{user_id}\n{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _lock(number: int, *, atomic: bool) -> bool:
    function = "pg_try_advisory_xact_lock" if atomic else "pg_try_advisory_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [number])
        return bool(cursor.fetchone()[0])


def _unlock(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
