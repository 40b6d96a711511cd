"""Creating, changing and deleting projects, and their members."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from bottega.ids import SLUG_PATTERN
from bottega.problems import Fault
from bottega_platform.accounts.models import User
from bottega_platform.api.errors import Conflict, Invalid, NameTaken
from bottega_platform.audit import services as audit
from bottega_platform.projects.models import Membership, Project, Role

AUDITED = ("slug", "name", "description", "tier", "clock")
RESERVED = frozenset({"api", "new", "me", "signin", "settings", "admin"})


def as_of(project: Project) -> datetime:
    """Return the project's present time: its clock, or the real one."""
    return project.clock or timezone.now()


def check_slug(slug: str, *, pointer: str = "/slug") -> None:
    """Refuse a slug that cannot stand in an address."""
    if SLUG_PATTERN.match(slug) and slug not in RESERVED and "\n" not in slug:
        return
    detail = "Use 1 to 63 lower-case letters, digits, - and _, beginning with a letter."
    if slug in RESERVED:
        detail = "This word is reserved. Choose another one."
    raise Invalid(
        detail, code="bad_slug", errors=[Fault(code="bad_slug", detail=detail, pointer=pointer, got=slug[:80])]
    )


def facts(project: Project) -> dict[str, Any]:
    """Return what the audit trail keeps of a project."""
    clock = project.clock.isoformat() if project.clock else None
    return {name: getattr(project, name) for name in AUDITED if name != "clock"} | {"clock": clock}


@transaction.atomic
def create_project(*, actor: User | None, slug: str, name: str = "", description: str = "", tier: int = 3) -> Project:
    """Create a project; who creates it becomes its admin.

    Raises:
        NameTaken: a live project has the slug.
    """
    check_slug(slug)
    if Project.objects.live().filter(slug=slug).exists():
        raise NameTaken(slug)
    project = Project(slug=slug, name=name or slug, description=description, tier=tier, created_by=actor)
    try:
        with transaction.atomic():
            project.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken(slug) from error
    if actor is not None:
        Membership.objects.create(project=project, user=actor, role=Role.ADMIN)
    audit.record(actor=actor, project=project, action="project.create", subject=project, after=facts(project))
    return project


@transaction.atomic
def update_project(*, actor: User, project: Project, changes: dict[str, Any], reason: str = "") -> Project:
    """Change some of a project's fields."""
    before = facts(project)
    if "slug" in changes and changes["slug"] != project.slug:
        check_slug(changes["slug"])
        if Project.objects.live().filter(slug=changes["slug"]).exists():
            raise NameTaken(changes["slug"])
    for name, value in changes.items():
        setattr(project, name, value)
    project.save()
    audit.record(
        actor=actor,
        project=project,
        action="project.update",
        subject=project,
        before=before,
        after=facts(project),
        reason=reason,
    )
    return project


@transaction.atomic
def delete_project(*, actor: User, project: Project, reason: str = "") -> None:
    """Take a project out of sight; its rows stay."""
    project.deleted_at = timezone.now()
    project.save(update_fields={"deleted_at"})
    audit.record(
        actor=actor, project=project, action="project.delete", subject=project, before=facts(project), reason=reason
    )


@transaction.atomic
def set_role(*, actor: User, project: Project, user: User, role: Role) -> Membership:
    """Make somebody a member, or change their role."""
    Project.objects.select_for_update().get(pk=project.pk)
    member = Membership.objects.filter(project=project, user=user).first()
    before = {"role": member.role} if member else None
    if member and role is not Role.ADMIN:
        _keep_an_admin(project, member)
    member, _ = Membership.objects.update_or_create(project=project, user=user, defaults={"role": role})
    audit.record(
        actor=actor, project=project, action="member.set", subject=user, before=before, after={"role": role.value}
    )
    return member


@transaction.atomic
def remove_member(*, actor: User, project: Project, member: Membership) -> None:
    """End a membership."""
    Project.objects.select_for_update().get(pk=project.pk)
    _keep_an_admin(project, member)
    member.delete()
    audit.record(
        actor=actor, project=project, action="member.remove", subject=member.user, before={"role": member.role}
    )


def _keep_an_admin(project: Project, member: Membership) -> None:
    others = project.memberships.filter(role=Role.ADMIN, user__is_active=True).exclude(pk=member.pk)
    if member.role == Role.ADMIN and not others.exists():
        raise Conflict("This is the project's last admin. Make somebody else admin first.", code="last_admin")
