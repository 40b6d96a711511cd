"""The stages of a deployment and how they follow each other. Knows no Django."""

from bottega.serving_contract import Stage

ORDER: list[Stage] = [stage for stage in Stage if stage is not Stage.FAILED]
FINAL = frozenset({Stage.ACTIVE, Stage.FAILED})


def rank(stage: Stage) -> int:
    """Return the place of a stage in the order; failed has none."""
    return ORDER.index(stage)


def may_follow(present: Stage, following: Stage) -> bool:
    """Tell whether a deployment may go from ``present`` to ``following``: forward, or failed before active."""
    if present in FINAL:
        return False
    return following is Stage.FAILED or rank(following) > rank(present)


def slowest(stages: list[Stage]) -> Stage:
    """Return how far all nodes together are: the stage that the slowest has reached; one failure is a failure."""
    if Stage.FAILED in stages:
        return Stage.FAILED
    return min(stages, key=rank)
