"""Tables and their immutable versions; a version is our pointer to an Iceberg snapshot."""

from typing import ClassVar

from django.db import models

from bottega_platform.api.models import NamedResource, Resource


class TableKind(models.TextChoices):
    """Who fills the table."""

    SOURCE = "source"
    FEATURE_VIEW = "feature_view"


class Table(NamedResource):
    """A named line of versions; ``current`` is the published one."""

    id_kind: ClassVar[str] = "table"

    kind = models.CharField(max_length=16, choices=TableKind.choices)
    description = models.TextField(blank=True)
    current = models.ForeignKey(
        "tables.TableVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta(NamedResource.Meta):
        verbose_name = "table"


class TableVersion(Resource):
    """One published snapshot: never changed, made by exactly one job under its fence."""

    id_kind: ClassVar[str] = "table_version"

    table = models.ForeignKey(Table, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    identifier = models.CharField(max_length=120)
    snapshot_id = models.BigIntegerField()
    columns = models.JSONField()
    rows = models.BigIntegerField()
    bytes = models.BigIntegerField(default=0)
    profile = models.JSONField(default=dict)
    dirt = models.JSONField(default=dict)
    parents = models.JSONField(default=list)
    message = models.TextField(blank=True)
    job_id = models.CharField(max_length=32, unique=True)
    fence = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "number"], name="tables_version_number"),
            models.UniqueConstraint(fields=["identifier", "snapshot_id"], name="tables_version_snapshot"),
        ]
        verbose_name = "table version"

    def __str__(self) -> str:
        return f"{self.table_id} v{self.number}"
