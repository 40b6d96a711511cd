"""The median pruning rule: stop a trial that does worse than half of the completed ones at the same step.

Both sides are taken at their best so far. A trial that stopped early counts with its best from then on, so
that a long trial is not compared with the long ones only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

Reports = Sequence[tuple[int, float]]

#: Trials that must have been completed before anything is pruned, at most.
STARTUP_COMPLETED = 4
#: Reports a trial may send before it can be pruned.
WARMUP_REPORTS = 2


@dataclass(frozen=True)
class Verdict:
    """Whether a trial stops, and why, in words."""

    prune: bool
    reason: str


def verdict(
    *, reports: Reports, completed: Sequence[Reports], direction: str, startup: int = STARTUP_COMPLETED
) -> Verdict:
    """Decide on the trial's last report.

    Args:
        reports: the trial's own (step, value), the present one last.
        completed: the reports of each completed trial of the study.
        direction: ``maximize`` or ``minimize``.
        startup: how many trials must have been completed before.
    """
    if len(reports) <= WARMUP_REPORTS:
        return Verdict(False, f"its first {WARMUP_REPORTS} reports are never judged")
    if len(completed) < max(1, startup):
        return Verdict(False, f"only {len(completed)} trials are completed, {max(1, startup)} are needed to judge")
    sign, step = (1.0 if direction == "maximize" else -1.0), reports[-1][0]
    others = [best for best in (_best(other, step, sign) for other in completed) if best is not None]
    own = _best(reports, step, sign)
    if own is None or not others:
        return Verdict(False, f"no completed trial reported up to step {step}")
    return _compared(own, others, step, sign)


def _compared(own: float, others: list[float], step: int, sign: float) -> Verdict:
    middle = median(others)
    word = "worse than" if own < middle else "not worse than"
    return Verdict(
        own < middle,
        f"its best up to step {step} is {sign * own:.5f}, {word} the median {sign * middle:.5f} "
        f"of {len(others)} completed trials",
    )


def _best(reports: Reports, step: int, sign: float) -> float | None:
    """Return the best value up to ``step``, turned so that more is better."""
    return max((sign * value for at, value in reports if at <= step), default=None)
