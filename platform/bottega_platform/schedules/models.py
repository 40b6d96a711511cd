"""Schedules and their fires."""

from typing import ClassVar

import msgspec
from django.db import models

from bottega.specs import ScheduleSpec
from bottega_platform.api.models import NamedResource, Resource
from bottega_platform.schedules.states import FireState, Step, Trigger


def _choices(words: type) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]  # type: ignore[attr-defined]


class Schedule(NamedResource):
    """When a model is trained again. ``next_fire_at`` is null while it is not enabled.

    Its fires act as ``owner``, who last wrote the spec.
    """

    id_kind: ClassVar[str] = "schedule"

    spec = models.JSONField()
    owner = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    next_fire_at = models.DateTimeField(null=True, blank=True)

    class Meta(NamedResource.Meta):
        verbose_name = "schedule"
        indexes = [
            models.Index(name="schedules_due", fields=["next_fire_at"], condition=models.Q(next_fire_at__isnull=False)),
        ]

    @property
    def parsed(self) -> ScheduleSpec:
        """The spec as a struct."""
        return msgspec.convert(self.spec, ScheduleSpec)


class Fire(Resource):
    """One time that a schedule fired: how far it is, and the jobs it has started.

    ``fire_time`` is the time it was due; a late one stands for ``missed`` earlier ones, too. ``jobs`` lists
    {step, name, job} in order of time.
    """

    id_kind: ClassVar[str] = "fire"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="fires")
    fire_time = models.DateTimeField()
    trigger = models.CharField(max_length=16, choices=_choices(Trigger))
    missed = models.PositiveIntegerField(default=0)
    spec = models.JSONField()
    state = models.CharField(max_length=16, choices=_choices(FireState), default=FireState.RUNNING)
    step = models.CharField(max_length=16, choices=_choices(Step), default=Step.FEATURES)
    jobs = models.JSONField(default=list)
    training_set = models.ForeignKey(
        "training_sets.TrainingSet", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    training_run = models.ForeignKey(
        "runs.TrainingRun", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.ForeignKey(
        "registry.ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    comparison = models.ForeignKey(
        "registry.Comparison", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    problem = models.JSONField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "fire"
        constraints = [
            models.UniqueConstraint(fields=["schedule", "fire_time"], name="schedules_fire_once"),
            models.UniqueConstraint(
                fields=["schedule"], condition=models.Q(state="running"), name="schedules_one_running"
            ),
            models.CheckConstraint(
                name="schedules_fire_is_settled",
                condition=models.Q(state="running") ^ models.Q(finished_at__isnull=False),
            ),
        ]
        indexes = [models.Index(name="schedules_fire_list", fields=["schedule", "-fire_time"])]

    @property
    def parsed(self) -> ScheduleSpec:
        """The schedule's spec as it was when it fired."""
        return msgspec.convert(self.spec, ScheduleSpec)
