"""Which function runs in the child for each job kind, as ``module:function``.

The function is ``def run(context: bottega.protocol.JobContext) -> dict``. The zygote imports the modules of
its queue's kinds before it forks, so they must not compute, connect or start threads when imported.
"""

import importlib
from collections.abc import Callable
from typing import Any

from bottega.protocol import JobContext

KINDS: dict[str, str] = {
    "inspect": "bottega_feature_store.ingest.inspect.job:run",
    "ingest": "bottega_feature_store.ingest.job:run",
    "feature_view": "bottega_feature_store.materialize.job:run",
    "load_online": "bottega_feature_store.load.job:run",
    "feast_export": "bottega_feature_store.feast.job:run",
    "training_set": "bottega_feature_store.point_in_time.job:run",
    "train": "bottega_training.jobs.train:run",
    "study": "bottega_training.jobs.study:run",
    "trial": "bottega_training.jobs.trial:run",
    "import_model": "bottega_training.jobs.import_model:run",
    "package": "bottega_training.jobs.package:run",
    "quality": "bottega_training.jobs.quality:run",
    "label_import": "bottega_feature_store.ground_truth.job:run",
    "compare": "bottega_training.jobs.compare:run",
}

Run = Callable[[JobContext], dict[str, Any]]


def load(kind: str) -> Run:
    """Import and return the function that runs a kind.

    Raises:
        KeyError: no function is listed for this kind.
    """
    module, _, function = KINDS[kind].partition(":")
    run: Run = getattr(importlib.import_module(module), function)
    return run
