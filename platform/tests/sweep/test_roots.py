"""Every column that could hold a blob's digest is a root of the sweep, or says here why it is none."""

from django.apps import apps
from django.db import models

ROOTS = {
    "sources.Upload.digest",
    "training_sets.TrainingSet.splits",
    "runs.TrainingRun.report",
    "runs.TrainingRun.predictions",
    "runs.TrainingRun.files",
    "registry.ModelVersion.bundle",
    "registry.ModelVersion.files",
    "deployments.Deployment.bundle",
    "ground_truth.PredictionPart.digest",
}
OF_UPLOADS = {  # what was uploaded, whose own row is a root and is never removed
    "sources.Source.spec",
    "sources.Inspection.found",
    "runs.TrainingRun.spec",
    "ground_truth.LabelImport.spec",
    "jobs.Job.spec",
}
NOT_YET_PUBLISHED = {"jobs.Job.result"}  # publishing copies the digests into a root in the transaction that sets it
HISTORY = {"audit.Entry.before", "audit.Entry.after", "jobs.JobEvent.data", "api.StoredAnswer.headers"}
OTHER_DIGESTS = {  # of secrets, requests, entries and routes: no blobs
    "accounts.ApiToken.digest",
    "accounts.SignInLink.digest",
    "api.StoredAnswer.fingerprint",
    "audit.Entry.digest",
    "audit.Entry.previous_digest",
    "deployments.DesiredGeneration.digest",
    "deployments.EndpointKey.digest",
}
SHORT_TEXTS = {  # 64 characters wide, and no digests
    "audit.Entry.action",
    "audit.Entry.subject",
    "audit.Entry.request_id",
    "deployments.Deployment.code",
}
NO_DIGESTS = {
    "deployments.Deployment.events",
    "features.Entity.spec",
    "features.FeatureService.spec",
    "features.FeatureView.columns",
    "features.FeatureView.keys",
    "features.FeatureView.spec",
    "ground_truth.Label.keys",
    "ground_truth.LabelImport.counts",
    "ground_truth.LabelImport.problem",
    "ground_truth.QualityDay.metrics",
    "ground_truth.QualityDay.reasons",
    "ground_truth.QualityState.log_read",
    "jobs.Job.problem",
    "jobs.Job.progress",
    "jobs.OutboxMessage.payload",
    "predictions.TrafficMinute.buckets",
    "registry.Comparison.difference",
    "registry.Comparison.metrics",
    "registry.Comparison.problem",
    "registry.ModelVersion.measured",
    "registry.ModelVersion.metrics",
    "registry.ModelVersion.signature",
    "registry.ModelVersion.stamps",
    "runs.Study.spec",
    "runs.TrainingRun.comparisons",
    "runs.TrainingRun.device",
    "runs.TrainingRun.environment",
    "runs.TrainingRun.inputs",
    "runs.TrainingRun.metrics",
    "runs.TrainingRun.params",
    "runs.TrainingRun.problem",
    "runs.TrainingRun.seconds",
    "runs.Trial.params",
    "runs.Trial.problem",
    "runs.Trial.reports",
    "schedules.Fire.jobs",
    "schedules.Fire.problem",
    "schedules.Fire.spec",
    "schedules.Schedule.spec",
    "sources.Inspection.format",
    "sources.Inspection.problem",
    "tables.TableVersion.columns",
    "tables.TableVersion.dirt",
    "tables.TableVersion.parents",
    "tables.TableVersion.profile",
    "training_sets.TrainingSet.counts",
    "training_sets.TrainingSet.data",
    "training_sets.TrainingSet.meta",
    "training_sets.TrainingSet.problem",
    "training_sets.TrainingSet.service",
    "training_sets.TrainingSet.spec",
}


def candidates() -> set[str]:
    """Return every column of ours with documents, or with texts exactly as long as a digest."""
    found = set()
    for model in apps.get_models():
        if not model.__module__.startswith("bottega_platform."):
            continue
        for field in model._meta.get_fields():
            wide = isinstance(field, models.CharField) and field.max_length == 64
            if wide or isinstance(field, models.JSONField):
                found.add(f"{model._meta.app_label}.{model.__name__}.{field.name}")
    return found


def test_every_column_that_could_hold_a_digest_is_a_root_or_says_why_not():
    told = ROOTS | OF_UPLOADS | NOT_YET_PUBLISHED | HISTORY | OTHER_DIGESTS | SHORT_TEXTS | NO_DIGESTS
    assert candidates() == told
