"""The app of schedules."""

from django.apps import AppConfig

LOOK_SECONDS = 2.0


class SchedulesConfig(AppConfig):
    """Schedules and their fires."""

    name = "bottega_platform.schedules"
    label = "schedules"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the scheduler's chores and a check."""
        from bottega_platform.jobs import chores
        from bottega_platform.schedules import checks, firing, retraining

        chores.register(firing.fire_due, seconds=LOOK_SECONDS)
        chores.register(retraining.advance_open, seconds=LOOK_SECONDS)
        checks.register()
