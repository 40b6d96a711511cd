"""Traffic per minute, as the nodes counted it."""

from django.db import models


class TrafficMinute(models.Model):
    """One node's totals of one endpoint and version in one minute; a later report holds the larger totals.

    ``boot`` names the run of the node whose counters these are: after a restart they begin again from zero.
    """

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey("deployments.Endpoint", on_delete=models.CASCADE, related_name="traffic")
    version = models.PositiveIntegerField()
    node = models.ForeignKey("deployments.ServingNode", on_delete=models.CASCADE, related_name="+")
    boot = models.CharField(max_length=40, default="")
    minute = models.DateTimeField()
    requests = models.BigIntegerField()
    errors = models.BigIntegerField()
    degraded = models.BigIntegerField()
    buckets = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "version", "node", "boot", "minute"], name="predictions_trafficminute_once"
            )
        ]
        indexes = [models.Index(fields=["endpoint", "minute"])]
