"""Shape of an audit row."""

from datetime import datetime
from typing import Any

import msgspec

from bottega_platform.accounts.api.schemas import UserOut, user_out
from bottega_platform.audit.models import Entry


class AuditEntry(msgspec.Struct, frozen=True):
    """Who did what, when, to which subject."""

    position: int
    at: datetime
    actor: UserOut | None
    token_id: str
    channel: str
    request_id: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str
    digest: str
    allowed_actions: list[str] = []


def entry_out(entry: Entry) -> AuditEntry:
    """Render an audit row."""
    return AuditEntry(
        position=entry.position,
        at=entry.at,
        actor=user_out(entry.actor) if entry.actor else None,
        token_id=entry.token_id,
        channel=entry.channel,
        request_id=entry.request_id,
        action=entry.action,
        subject=entry.subject,
        before=entry.before,
        after=entry.after,
        reason=entry.reason,
        digest=entry.digest,
    )
