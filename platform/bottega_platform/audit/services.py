"""Writing the audit trail, and checking that nobody touched it."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from bottega_platform.api import context
from bottega_platform.audit.models import Entry

PLATFORM_CHAIN = "platform"
CHAINED = ("chain", "position", "project_id", "actor_id", "token_id", "channel", "request_id", "action")
CHAINED_REST = ("subject", "subject_revision", "before", "after", "reason", "previous_digest")


def record(
    *,
    actor: Any,
    project: Any,
    action: str,
    subject: Any,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> Entry:
    """Append one row, in the caller's transaction.

    Args:
        actor: the user, or None for the platform itself.
        project: the project that the subject belongs to, or None.
        action: what was done, as ``<noun>.<verb>``.
        subject: the resource (its id and revision are kept), or an id.
        before: the subject's fields before, as JSON.
        after: the subject's fields after, as JSON.
        reason: what the actor gave as a reason.
    """
    present = context.current()
    entry = Entry(
        chain=project.id if project else PLATFORM_CHAIN,
        at=timezone.now(),
        project=project,
        actor=actor,
        token_id=present.token_id,
        channel=present.channel,
        request_id=present.request_id,
        action=action,
        subject=subject if isinstance(subject, str) else subject.pk,
        subject_revision=getattr(subject, "revision", None),
        before=_plain(before),
        after=_plain(after),
        reason=reason or present.reason,
    )
    return _append(entry)


def _plain(value: Any) -> Any:
    """Return ``value`` as PostgreSQL will give it back: plain JSON, large whole numbers as integers."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) >= 1e16:
        return int(value)
    return msgspec.to_builtins(value)


@transaction.atomic
def _append(entry: Entry) -> Entry:
    _lock(entry.chain)
    last = Entry.objects.filter(chain=entry.chain).order_by("-position").first()
    entry.position = last.position + 1 if last else 1
    entry.previous_digest = last.digest if last else ""
    entry.digest = _digest(entry)
    entry.save(force_insert=True)
    return entry


def _lock(chain: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"audit {chain}"])


def _digest(entry: Entry) -> str:
    row = {name: getattr(entry, name) for name in (*CHAINED, *CHAINED_REST)}
    row["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def broken() -> Iterator[Entry]:
    """Yield the entries that do not fit the one before them in their chain, or were changed."""
    last: dict[str, Entry] = {}
    for entry in Entry.objects.order_by("chain", "position").iterator():
        before = last.get(entry.chain)
        follows = entry.previous_digest == (before.digest if before else "")
        in_place = entry.position == (before.position + 1 if before else 1)
        if not (follows and in_place and entry.digest == _digest(entry)):
            yield entry
        last[entry.chain] = entry
