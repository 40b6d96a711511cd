"""Definitions as they were accepted, and the loads of views into the online store."""

from typing import ClassVar

import msgspec
from django.db import models

from bottega.specs import Column, EntitySpec, FeatureServiceSpec, FeatureViewSpec
from bottega_feature_store.types import parse_duration
from bottega_platform.api.models import NamedResource, Resource


class Entity(NamedResource):
    """What features describe: typed join keys."""

    id_kind: ClassVar[str] = "entity"

    spec = models.JSONField()

    class Meta(NamedResource.Meta):
        verbose_name = "entity"
        verbose_name_plural = "entities"

    @property
    def parsed(self) -> EntitySpec:
        """The spec as a struct."""
        return msgspec.convert(self.spec, EntitySpec)


class FeatureView(NamedResource):
    """A feature view: ``version`` hashes what the spec means now, ``computed_version`` what the table holds."""

    id_kind: ClassVar[str] = "feature_view"

    spec = models.JSONField()
    version = models.CharField(max_length=12)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, null=True, blank=True, related_name="views")
    table = models.ForeignKey("tables.Table", on_delete=models.PROTECT, related_name="feature_views")
    keys = models.JSONField(default=list)
    columns = models.JSONField(default=list)
    computed_version = models.CharField(max_length=12, blank=True)
    table_version = models.ForeignKey(
        "tables.TableVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    job_id = models.CharField(max_length=40, blank=True)

    class Meta(NamedResource.Meta):
        verbose_name = "feature view"

    @property
    def parsed(self) -> FeatureViewSpec:
        """The spec as a struct."""
        return msgspec.convert(self.spec, FeatureViewSpec)

    @property
    def key_columns(self) -> list[Column]:
        """The key columns of the view's table, in the entity's order."""
        return msgspec.convert(self.keys, list[Column])

    @property
    def feature_columns(self) -> list[Column]:
        """The features of the computed version, in packed order."""
        return msgspec.convert(self.columns, list[Column])

    @property
    def ttl_seconds(self) -> int | None:
        """Time to live in seconds, or None."""
        ttl = self.spec.get("ttl")
        return None if ttl is None else parse_duration(ttl)

    def online_id(self, version: str | None = None) -> str:
        """Return the view's name in online keys; each meaning has its own, so no reader sees another layout."""
        return f"{self.pk}.{version or self.computed_version}"


class FeatureService(NamedResource):
    """The exact list of features that a model is pinned to."""

    id_kind: ClassVar[str] = "feature_service"

    spec = models.JSONField()

    class Meta(NamedResource.Meta):
        verbose_name = "feature service"

    @property
    def parsed(self) -> FeatureServiceSpec:
        """The spec as a struct."""
        return msgspec.convert(self.spec, FeatureServiceSpec)


class LoadState(models.TextChoices):
    """How a load stands; ``replaced`` ones were live once."""

    LOADING = "loading"
    LIVE = "live"
    REPLACED = "replaced"
    FAILED = "failed"


class OnlineLoad(Resource):
    """One load of one computed view version as of a moment. At most one per view version is live."""

    id_kind: ClassVar[str] = "load"

    view = models.ForeignKey(FeatureView, on_delete=models.PROTECT, related_name="loads")
    view_version = models.CharField(max_length=12)
    table_version = models.ForeignKey("tables.TableVersion", on_delete=models.PROTECT, related_name="+")
    as_of = models.DateTimeField()
    state = models.CharField(max_length=16, choices=LoadState.choices, default=LoadState.LOADING)
    job_id = models.CharField(max_length=40, blank=True)
    tag = models.CharField(max_length=60, blank=True)
    rows = models.BigIntegerField(null=True)
    bytes = models.BigIntegerField(null=True)
    seconds = models.FloatField(null=True)
    finished_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "online load"
        constraints = [
            models.UniqueConstraint(
                fields=["view", "view_version"], condition=models.Q(state="live"), name="features_one_live_load"
            )
        ]
