"""The accounts app."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Django's description of the accounts app."""

    name = "bottega_platform.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is swept."""
        import_module("bottega_platform.accounts.sweep")
