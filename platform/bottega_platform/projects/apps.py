"""The projects app."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Django's description of the projects app."""

    name = "bottega_platform.projects"
    label = "projects"
    default_auto_field = "django.db.models.BigAutoField"
