"""Uploads and the sources that read them."""

from typing import ClassVar

from django.db import models

from bottega_platform.api.models import NamedResource, Resource


class Upload(Resource):
    """An uploaded file of a project; the bytes are the blob of this digest."""

    id_kind: ClassVar[str] = "upload"

    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    filename = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "digest"], name="sources_upload_once")]
        verbose_name = "upload"


class InspectionState(models.TextChoices):
    """Where an inspection stands; ``running`` is read from its job."""

    QUEUED = "queued"
    READY = "ready"
    FAILED = "failed"


class Inspection(Resource):
    """What an uploaded file seems to hold, read in one way.

    ``format`` is how it was to be read (null: guessed); ``found`` is a FileInspection.
    """

    id_kind: ClassVar[str] = "inspection"

    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="inspections")
    format = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=InspectionState.choices, default=InspectionState.QUEUED)
    found = models.JSONField(null=True, blank=True)
    problem = models.JSONField(null=True, blank=True)
    job_id = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = "inspection"
        constraints = [
            models.CheckConstraint(
                name="sources_inspection_ready_has_findings",
                condition=~models.Q(state="ready") | models.Q(found__isnull=False),
            ),
        ]


class Source(NamedResource):
    """A connection to data; every ingest of it publishes a version of its table."""

    id_kind: ClassVar[str] = "source"

    spec = models.JSONField()
    table = models.ForeignKey("tables.Table", on_delete=models.PROTECT, related_name="sources")
    job_id = models.CharField(max_length=40, blank=True)

    class Meta(NamedResource.Meta):
        verbose_name = "source"
