"""Sessions are opened by one-time links only: this backend just finds the user of a session."""

from typing import Any

from bottega_platform.accounts.models import User


class LinkBackend:
    """Knows no password, so it never authenticates anyone by itself."""

    def authenticate(self, request: Any, **_: Any) -> None:
        """Refuse."""

    def get_user(self, user_id: str) -> User | None:
        """Return the active user of a session."""
        return User.objects.filter(pk=user_id, is_active=True).first()
