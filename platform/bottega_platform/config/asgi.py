"""The web process: Django behind a guard that counts body bytes before anything is read."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bottega_platform.config.settings")
_django = get_asgi_application()

from bottega_platform.config.guard import BodyGuard  # noqa: E402

application = BodyGuard(_django)
