"""The ``study`` job: the one coordinator of a study. Its trials are jobs; its best point is refitted by one more."""

from typing import Any

import msgspec
import optuna

from bottega.protocol import JobContext
from bottega.specs.training import TrainingRunSpec
from bottega_training.evaluate.metrics import DIRECTIONS
from bottega_training.tune.coordinator import Coordinator
from bottega_training.tune.ledger import Ledger


class StudyInputs(msgspec.Struct, frozen=True):
    """What the platform resolves: the study's name in Optuna and how many trials may run at once."""

    study: str
    parallel: int


def run(context: JobContext) -> dict[str, Any]:
    """Run the study to its end and return its best trial; its point is refitted by a ``train`` job."""
    spec = msgspec.convert(context.spec["run"], TrainingRunSpec)
    inputs = msgspec.convert(context.inputs, StudyInputs)
    if spec.tune is None:
        raise ValueError("a study job needs a run with a tune section")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    direction = DIRECTIONS[spec.task]
    storage = optuna.storages.RDBStorage(
        context.connection("optuna"), engine_kwargs={"pool_size": 1, "pool_pre_ping": True}
    )
    ledger = Ledger(storage=storage, name=inputs.study, direction=direction, tune=spec.tune)
    return Coordinator(
        context=context, ledger=ledger, tune=spec.tune, direction=direction, parallel=inputs.parallel
    ).run()
