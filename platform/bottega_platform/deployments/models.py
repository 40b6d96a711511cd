"""Endpoints, deployments, nodes, and the numbered desired state."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from bottega.serving_contract import Stage
from bottega_platform.api.fields import IdField
from bottega_platform.api.models import NamedResource, Resource

STAGES = [(stage.value, stage.value) for stage in Stage]
FINAL = [Stage.ACTIVE.value, Stage.FAILED.value]


class Endpoint(NamedResource):
    """A stable address. ``active`` is what answers now, ``target`` what should: they differ during a deployment."""

    id_kind: ClassVar[str] = "endpoint"

    description = models.TextField(blank=True, default="")
    auth = models.CharField(max_length=8, choices=[("none", "none"), ("key", "key")], default="none")
    active = models.ForeignKey("Deployment", on_delete=models.PROTECT, null=True, related_name="+")
    target = models.ForeignKey("Deployment", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(NamedResource.Meta):
        verbose_name = "endpoint"


class EndpointKey(models.Model):
    """A key that opens an endpoint; only its hash is kept."""

    id_kind: ClassVar[str] = "endpoint_key"

    id = IdField()
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=4, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Deployment(Resource):
    """One change of what an endpoint serves; a rollback is one too. ``previous`` is what it replaced."""

    id_kind: ClassVar[str] = "deployment"

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deployments")
    kind = models.CharField(max_length=16, choices=[("deploy", "deploy"), ("rollback", "rollback")], default="deploy")
    number = models.PositiveIntegerField()
    model = models.CharField(max_length=63)
    model_version = models.PositiveIntegerField()
    bundle = models.CharField(max_length=64)
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    stage = models.CharField(max_length=16, choices=STAGES, default=Stage.REQUESTED.value)
    code = models.CharField(max_length=64, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    events = models.JSONField(default=list)
    deadline = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta(Resource.Meta):
        verbose_name = "deployment"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "number"], name="deployments_deployment_number"),
            models.CheckConstraint(
                condition=~models.Q(stage=Stage.FAILED.value) | ~models.Q(code=""), name="deployments_failed_has_code"
            ),
            models.CheckConstraint(
                condition=models.Q(stage__in=FINAL) ^ models.Q(finished_at=None), name="deployments_final_has_end"
            ),
        ]
        indexes = [models.Index(fields=["endpoint", "-created_at"])]

    @property
    def seconds(self) -> dict[str, float]:
        """Return the seconds from the request to each stage that was reached."""
        return {event["stage"]: event["seconds"] for event in self.events}


class ServingNode(models.Model):
    """A node that asked for the desired state; it counts while it was seen lately."""

    id_kind: ClassVar[str] = "node"

    id = IdField()
    name = models.CharField(max_length=200, unique=True)
    generation = models.BigIntegerField(default=0)
    enrolled_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)


class NodeStage(models.Model):
    """How far one node is with one deployment."""

    node = models.ForeignKey(ServingNode, on_delete=models.CASCADE, related_name="stages")
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="node_stages")
    stage = models.CharField(max_length=16, choices=STAGES)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "deployment"], name="deployments_nodestage_once")]


class DesiredGeneration(models.Model):
    """The one row that numbers the desired state; ``digest`` is that of its routes."""

    generation = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")
    changed_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = models.Manager()
