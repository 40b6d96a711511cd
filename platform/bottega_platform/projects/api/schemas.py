"""Shapes of the project endpoints."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from bottega_platform.accounts import services
from bottega_platform.accounts.api.schemas import UserOut, user_out
from bottega_platform.accounts.people import Link
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Membership, Project, Role

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Tier = Annotated[int, msgspec.Meta(ge=1, le=4)]
Slug = Annotated[str, msgspec.Meta(max_length=63)]
RoleName = Literal["viewer", "editor", "deployer", "approver", "admin"]


class ProjectIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new project."""

    slug: Slug
    name: Annotated[str, msgspec.Meta(max_length=120)] = ""
    description: Text = ""
    tier: Tier = 3


class ProjectPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; fields left out stay as they are."""

    slug: Slug | UnsetType = UNSET
    name: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    tier: Tier | UnsetType = UNSET
    clock: datetime | UnsetType | None = UNSET
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""

    def changes(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        sent = {name: getattr(self, name) for name in ("slug", "name", "description", "tier", "clock")}
        return {name: value for name, value in sent.items() if value is not UNSET}


class ProjectOut(msgspec.Struct, frozen=True):
    """A project as the asking user sees it.

    ``needed_roles`` says which role each action needs, ``granted_by`` who can give it (none: a platform admin).
    """

    id: str
    slug: str
    name: str
    description: str
    tier: int
    clock: datetime | None
    created_at: datetime
    updated_at: datetime
    revision: int
    role: str
    allowed_actions: list[str]
    needed_roles: dict[str, str]
    granted_by: list[str]


class MemberIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The role to give."""

    role: RoleName


class InvitationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite, and the role to give."""

    email: Annotated[str, msgspec.Meta(min_length=1, max_length=254)]
    role: RoleName


class MemberOut(msgspec.Struct, frozen=True):
    """A member of a project; ``state`` is ``invited`` until the first sign-in, then ``active``, or ``disabled``."""

    user: UserOut
    email: str
    state: str
    role: str
    created_at: datetime
    allowed_actions: list[str]


class LinkOut(msgspec.Struct, frozen=True):
    """A one-time sign-in link. It stands in this answer only."""

    url: str
    expires_at: datetime


class InvitationOut(msgspec.Struct, frozen=True):
    """The new member; ``link`` only where the invitation made the account."""

    member: MemberOut
    link: LinkOut | None


def project_out(project: Project, role: Role, *, granted_by: list[str] | None = None) -> ProjectOut:
    """Render a project; lists pass ``granted_by``, read for all rows at once."""
    return ProjectOut(
        id=project.id,
        slug=project.slug,
        name=project.name,
        description=project.description,
        tier=project.tier,
        clock=project.clock,
        created_at=project.created_at,
        updated_at=project.updated_at,
        revision=project.revision,
        role=role.value,
        allowed_actions=permissions.allowed_actions(role, permissions.PROJECT_ACTIONS),
        needed_roles={action: needed.value for action, needed in permissions.PROJECT_ACTIONS.items()},
        granted_by=permissions.granters(project) if granted_by is None else granted_by,
    )


def member_out(member: Membership, role: Role) -> MemberOut:
    """Render a member; ``role`` is the asking user's."""
    actions = {"change": Role.ADMIN, "remove": Role.ADMIN}
    if member.user.state == "invited":
        actions["renew_link"] = Role.ADMIN
    return MemberOut(
        user=user_out(member.user),
        email=member.user.email,
        state=member.user.state,
        role=member.role,
        created_at=member.created_at,
        allowed_actions=permissions.allowed_actions(role, actions),
    )


def link_out(link: Link) -> LinkOut:
    """Render a link as the address to open."""
    return LinkOut(url=services.link_url(link.secret), expires_at=link.expires_at)
