"""Sessions and sign-in links that admit nobody any more."""

from collections.abc import Iterable
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from bottega_platform.accounts.models import SignInLink
from bottega_platform.sweep.sweepers import Sweep, sweeper


@sweeper("sign_ins")
def sign_ins(sweep: Sweep) -> Iterable[tuple[str, int]]:
    """Remove sessions and links past their end, and links that were used."""
    yield from _rows("session", Session.objects.filter(expire_date__lt=sweep.before), sweep)
    over = Q(expires_at__lt=sweep.before) | Q(used_at__lt=sweep.before)
    yield from _rows("sign-in link", SignInLink.objects.filter(over), sweep)


def _rows(what: str, rows: "QuerySet[Any]", sweep: Sweep) -> Iterable[tuple[str, int]]:
    """Yield one line for all of them: nobody wants to see keys of sessions."""
    count = rows.count() if sweep.dry_run else rows.delete()[0]
    if count:
        yield f"{count} × {what}", 0
