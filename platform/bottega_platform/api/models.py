"""Abstract bases of everything that belongs to a project, and the stored answers of keyed requests.

Subclasses set ``id_kind`` (a key of :data:`bottega.ids.PREFIXES`); a ``Meta`` of their own inherits
``Resource.Meta`` or ``NamedResource.Meta``.
"""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from bottega_platform.api.errors import NotFound
from bottega_platform.api.fields import IdField


class ResourceQuerySet(models.QuerySet[Any]):
    """Reads of resources: always begin with :meth:`in_project`."""

    def in_project(self, project: Any) -> Self:
        """Keep the project's rows."""
        return self.filter(project=project)

    def get_or_404(self, **lookup: Any) -> Any:
        """Return the one row, or raise :class:`NotFound` naming what was asked."""
        row = self.filter(**lookup).first()
        if row is None:
            what = str(self.model._meta.verbose_name)  # noqa: SLF001 - Django's public name for it
            wanted = ", ".join(str(value) for value in lookup.values())
            raise NotFound(f"There is no {what} “{wanted}” here. Look it up in the list first.")
        return row


class NamedQuerySet(ResourceQuerySet):
    """Reads of named resources; deleted ones stay in the table and out of sight."""

    def live(self) -> Self:
        """Keep rows that are not deleted."""
        return self.filter(deleted_at=None)

    def in_project(self, project: Any) -> Self:
        """Keep the project's rows that are not deleted."""
        return self.filter(project=project).live()

    def named(self, project: Any, name: str) -> Any:
        """Return the project's live row of this name, or raise :class:`NotFound`."""
        return self.in_project(project).get_or_404(name=name)


class Revisioned(models.Model):
    """Counts its own changes: ``revision`` grows with every ``save()`` after the first."""

    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def save(self, **options: Any) -> None:
        """Write the row; a change of an existing one gets the next revision."""
        if not self._state.adding:
            self.revision += 1
            if options.get("update_fields") is not None:
                options["update_fields"] = {*options["update_fields"], "revision", "updated_at"}
        super().save(**options)


class Resource(Revisioned):
    """A row that belongs to a project."""

    id_kind: ClassVar[str]

    id = IdField()
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[Any] = ResourceQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.id


class NamedResource(Resource):
    """A resource addressed by a slug, unique in its project among those not deleted."""

    name = models.CharField(max_length=63)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = NamedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=models.Q(deleted_at=None),
                name="%(app_label)s_%(class)s_name_taken",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def soft_delete(self) -> None:
        """Take the row out of sight and free its name; history keeps pointing at it."""
        self.deleted_at = timezone.now()
        self.save(update_fields={"deleted_at"})


class StoredAnswer(models.Model):
    """The answer of a request that carried an Idempotency-Key; replayed for a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="api_storedanswer_key")]
        indexes = [models.Index(fields=["created_at"])]
