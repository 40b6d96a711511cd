"""The shapes that every named resource has: the body that makes it, the body that changes it, and its answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from bottega_platform.api.models import NamedResource
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Role

Spec = TypeVar("Spec")
Name = Annotated[str, msgspec.Meta(max_length=63)]


class New(msgspec.Struct, Generic[Spec], frozen=True, forbid_unknown_fields=True):
    """A name and a spec: ``class KiteIn(New[KiteSpec])``."""

    name: Name
    spec: Spec


class Changed(msgspec.Struct, Generic[Spec], frozen=True, forbid_unknown_fields=True):
    """The spec that replaces the present one: ``class KiteChange(Changed[KiteSpec])``."""

    spec: Spec


class ResourceOut(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer about a named resource holds; subclasses add their own."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    revision: int
    allowed_actions: list[str]


def common(resource: NamedResource, role: Role, actions: Mapping[str, Role]) -> dict[str, Any]:
    """Return the fields of :class:`ResourceOut`; ``actions`` are what is possible now, with the role each needs."""
    return {
        "id": resource.pk,
        "name": resource.name,
        "created_at": resource.created_at,
        "updated_at": resource.updated_at,
        "revision": resource.revision,
        "allowed_actions": permissions.allowed_actions(role, actions),
    }
