"""How far a fire is, and the steps that it takes."""

from enum import StrEnum


class FireState(StrEnum):
    """How a fire stands; ``skipped`` ones came while the one before was still running."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"


class Step(StrEnum):
    """What a fire does, in this order."""

    FEATURES = "features"
    TRAINING_SET = "training_set"
    TRAIN = "train"
    REGISTER = "register"
    COMPARE = "compare"


class Trigger(StrEnum):
    """What set a fire off."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
