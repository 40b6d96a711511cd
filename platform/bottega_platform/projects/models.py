"""Projects and who may do what in them."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from bottega_platform.api.fields import IdField
from bottega_platform.api.models import Revisioned


class Role(models.TextChoices):
    """What a member may do; each role includes those before it."""

    VIEWER = "viewer"
    EDITOR = "editor"
    DEPLOYER = "deployer"
    APPROVER = "approver"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Place in the order of roles; higher may do more."""
        return list(Role).index(self)

    def includes(self, other: "Role") -> bool:
        """Tell whether this role may do what ``other`` may."""
        return self.rank >= other.rank


class ProjectQuerySet(models.QuerySet["Project"]):
    """Reads of projects."""

    def live(self) -> Self:
        """Keep projects that are not deleted."""
        return self.filter(deleted_at=None)

    def visible_to(self, user: Any) -> Self:
        """Keep live projects that the user is a member of; a platform admin sees all."""
        if user.is_platform_admin:
            return self.live()
        return self.live().filter(memberships__user=user)


class Project(Revisioned):
    """The unit of ownership, access, quota and cost.

    ``clock`` stands in for the present time where data is replayed from the past.
    """

    id_kind: ClassVar[str] = "project"

    id = IdField()
    slug = models.CharField(max_length=63)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    tier = models.PositiveSmallIntegerField(default=3)
    clock = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(deleted_at=None), name="projects_project_name_taken"
            ),
            models.CheckConstraint(condition=models.Q(tier__range=(1, 4)), name="projects_project_tier_range"),
        ]

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """One user's role in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="projects_membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="projects_membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role}"
