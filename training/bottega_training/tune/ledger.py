"""Optuna's side of a study: ask, adopt and tell, each safe to repeat after a crash at any point.

The platform's trial rows are the truth. Row *n* is Optuna's trial number *n*: an ask whose row was never
written leaves a RUNNING trial behind, which the next ask for that number takes over.
"""

from typing import Any

import msgspec
import optuna
from optuna.trial import TrialState

from bottega.faults import fault_point
from bottega.specs.training import TuneSpec
from bottega_training.tune.sampler import sampler, suggest


class TrialRow(msgspec.Struct, frozen=True):
    """A trial as the platform has it. ``reports`` are (step, value)."""

    number: int
    state: str
    params: dict[str, Any]
    value: float | None = None
    reports: list[tuple[int, float]] = []

    @property
    def is_final(self) -> bool:
        """Whether its job has ended."""
        return self.state in {"completed", "pruned", "failed"}


class Ledger:
    """One Optuna study."""

    def __init__(self, *, storage: optuna.storages.BaseStorage, name: str, direction: str, tune: TuneSpec) -> None:
        self._tune = tune
        self._study = optuna.create_study(
            storage=storage,
            study_name=name,
            direction=direction,
            pruner=optuna.pruners.NopPruner(),
            load_if_exists=True,
        )

    def ask(self, number: int) -> dict[str, Any]:
        """Return the point of trial ``number``, asking for it or taking over an ask that was lost."""
        self._study.sampler = sampler(self._tune, number)
        known = self._trials()
        trial = self._handle(known[number]) if number in known else self._study.ask()
        if trial.number != number:
            raise RuntimeError(f"asked for trial {number} and got {trial.number}: another coordinator is asking")
        fault_point("study_after_ask")
        return suggest(trial, self._tune.space)

    def tell(self, row: TrialRow) -> bool:
        """Tell a final row once; return False when that had been done before."""
        frozen = self._trials().get(row.number)
        if frozen is not None and frozen.state.is_finished():
            return False
        if frozen is None:
            raise RuntimeError(f"Optuna does not know trial {row.number} of this study")
        fault_point("study_before_tell")
        self._tell(row, self._handle(frozen))
        fault_point("study_after_tell")
        return True

    def _tell(self, row: TrialRow, trial: optuna.trial.Trial) -> None:
        if row.state == "completed":
            self._study.tell(trial, row.value)
        elif row.state == "pruned":
            for step, value in row.reports:
                trial.report(value, step)
            self._study.tell(trial, state=TrialState.PRUNED)
        else:
            self._study.tell(trial, state=TrialState.FAIL)

    def close(self) -> None:
        """Fail whatever is still running: asks of a coordinator that had lost its lease."""
        for trial in self._study.get_trials(states=(TrialState.RUNNING, TrialState.WAITING)):
            self._study.tell(trial.number, state=TrialState.FAIL)

    def _handle(self, frozen: optuna.trial.FrozenTrial) -> optuna.trial.Trial:
        return optuna.trial.Trial(self._study, frozen._trial_id)  # noqa: SLF001 - no public way

    def _trials(self) -> dict[int, optuna.trial.FrozenTrial]:
        return {trial.number: trial for trial in self._study.get_trials(deepcopy=False)}
