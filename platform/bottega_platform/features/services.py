"""What other apps use of features."""

from bottega_platform.features.definitions import (
    change_entity,
    change_view,
    consumers,
    create_entity,
    create_view,
    delete_entity,
    delete_view,
)
from bottega_platform.features.feature_services import (
    NotComputed,
    change_service,
    create_service,
    delete_service,
    resolve_service,
)
from bottega_platform.features.loads import compute, is_current, live_load, load
from bottega_platform.features.reading import read

__all__ = [
    "NotComputed",
    "change_entity",
    "change_service",
    "change_view",
    "compute",
    "consumers",
    "create_entity",
    "create_service",
    "create_view",
    "delete_entity",
    "delete_service",
    "delete_view",
    "is_current",
    "live_load",
    "load",
    "read",
    "resolve_service",
]
