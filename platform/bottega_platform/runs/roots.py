"""Blobs that training runs point at."""

from collections.abc import Iterable

from bottega_platform.runs.models import TrainingRun
from bottega_platform.sweep.sweepers import root


@root("runs.results")
def results() -> Iterable[str]:
    """Report, predictions and model files of every run, deleted ones too: versions and audit name them."""
    for report, predictions, files in TrainingRun.objects.values_list("report", "predictions", "files").iterator():
        yield from (digest for digest in (report, predictions) if digest)
        yield from (file["sha256"] for file in files)
