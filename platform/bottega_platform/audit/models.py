"""The audit trail: one row per change, chained by hash, never changed or removed."""

from django.conf import settings
from django.db import models


class Entry(models.Model):
    """Who did what to which subject, with the subject before and after.

    ``digest`` covers the row and the digest of the row before it in the same chain (one chain per
    project, one for what belongs to none), so a changed or missing row shows.
    """

    sequence = models.BigAutoField(primary_key=True)
    chain = models.CharField(max_length=32)
    position = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    token_id = models.CharField(max_length=32, blank=True)
    channel = models.CharField(max_length=16)
    request_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=64)
    subject_revision = models.PositiveIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    reason = models.TextField(blank=True)
    previous_digest = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "position"], name="audit_entry_position")]
        indexes = [
            models.Index(fields=["project", "-sequence"]),
            models.Index(fields=["subject", "-sequence"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
