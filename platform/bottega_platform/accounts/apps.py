"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Django's description of the accounts app."""

    name = "bottega_platform.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
