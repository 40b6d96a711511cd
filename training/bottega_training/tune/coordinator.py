"""The loop of a study: start trials while there is room, tell finished ones, choose the best."""

import time
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from bottega.problems import ProblemError
from bottega.specs.training import Parameter, TuneSpec
from bottega_training.jobs import lines
from bottega_training.tune import sampler
from bottega_training.tune.ledger import Ledger, TrialRow

POLL_SECONDS = 0.4


class Trials(Protocol):
    """The platform's trial rows, through the coordinator's job channel."""

    def call(self, method: str, **params: Any) -> Any:
        """Do ``method`` under the coordinator's fence."""

    def progress(self, done: float, total: float | None = None, message: str = "", unit: str = "") -> None:
        """Tell how far the study is."""

    def log(self, text: str) -> None:
        """Write a line to the study's log."""


class Coordinator:
    """Runs one study to its end; every step can be repeated, so a killed one is simply run again."""

    def __init__(
        self,
        *,
        context: Trials,
        ledger: Ledger,
        tune: TuneSpec,
        direction: str,
        parallel: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._context = context
        self._ledger = ledger
        self._tune = tune
        self._sign = 1.0 if direction == "maximize" else -1.0
        self._parallel = max(1, parallel)
        self._sleep = sleep
        self._told: set[int] = set()

    def run(self) -> dict[str, Any]:
        """Return the best trial and the counts by state, once the best point is refitted.

        Raises:
            ProblemError: no trial was completed, or the refit failed.
        """
        self._log_plan()
        rows = self._rows()
        while not self._is_over(rows):
            if not self._start_one(rows):
                self._sleep(POLL_SECONDS)
            rows = self._rows()
        self._ledger.close()
        result = self._result(rows)
        self._refit(result["best"])
        return result

    def _log_plan(self) -> None:
        tune = self._tune
        random, pruned = (
            min(tune.startup_trials, tune.trials),
            "pruned by the median rule" if tune.prune else "not pruned",
        )
        self._context.log(
            f"{tune.trials} trials, {self._parallel} at once: {random} random, then TPE; {pruned}; seed {tune.seed}"
        )
        for dimension in tune.space:
            self._context.log(f"searched: {_span(dimension)}")

    def _refit(self, number: int) -> None:
        """Fit the best point once more, as a job of its own; starting it twice gives the same job."""
        fit = self._context.call("refit.start", number=number)
        self._context.log(f"refit of trial {number} on the training split, as job {fit['job']}")
        while fit["state"] in {"queued", "running"}:
            message = fit.get("message") or "waiting for a slot"
            self._context.progress(
                self._tune.trials, self._tune.trials, f"refit of trial {number}: {message}", "trials"
            )
            self._sleep(POLL_SECONDS)
            fit = self._context.call("refit.state")
        self._context.log(f"refit of trial {number}: {fit['state']}")
        if fit["state"] != "succeeded":
            raise ProblemError(fit.get("detail") or "The refit of the best trial was cancelled.", code="refit_failed")

    def _rows(self) -> list[TrialRow]:
        rows = msgspec.convert(self._context.call("trial.list"), list[TrialRow])
        for row in rows:
            if row.is_final and row.number not in self._told:
                self._ledger.tell(row)
                self._told.add(row.number)
                self._log_end(row, rows)
        return rows

    def _log_end(self, row: TrialRow, rows: list[TrialRow]) -> None:
        value = "" if row.value is None else f" with {row.value:.5f}"
        last = f" after round {row.reports[-1][0]}" if row.state == "pruned" and row.reports else ""
        best = self._best(rows)
        first = " (the best so far)" if best is not None and best.number == row.number else ""
        self._context.log(f"trial {row.number} {row.state}{value}{last}{first}")

    def _is_over(self, rows: list[TrialRow]) -> bool:
        return len(rows) >= self._tune.trials and all(row.is_final for row in rows)

    def _start_one(self, rows: list[TrialRow]) -> bool:
        running = sum(not row.is_final for row in rows)
        if len(rows) >= self._tune.trials or running >= self._parallel:
            return False
        number, drawn_by = len(rows), sampler.name(self._tune, len(rows))
        point = self._ledger.ask(number)
        self._context.call("trial.start", number=number, params=point, sampler=drawn_by)
        self._context.log(f"trial {number} started, drawn by {drawn_by}: {lines.parameters(point)}")
        self._report(rows)
        return True

    def _report(self, rows: list[TrialRow]) -> None:
        done = sum(row.is_final for row in rows)
        best = self._best(rows)
        text = f"best {best.value:.5f} in trial {best.number}" if best else "no trial completed yet"
        self._context.progress(done, self._tune.trials, text, "trials")

    def _best(self, rows: list[TrialRow]) -> TrialRow | None:
        completed = [row for row in rows if row.state == "completed" and row.value is not None]
        return max(completed, key=lambda row: (self._sign * float(row.value or 0.0), -row.number), default=None)

    def _result(self, rows: list[TrialRow]) -> dict[str, Any]:
        best = self._best(rows)
        if best is None:
            raise ProblemError(
                "No trial was completed; open one of the failed trials' jobs for its reason.",
                code="no_trial_completed",
                title="The study has no result",
            )
        self._report(rows)
        counts = {state: sum(row.state == state for row in rows) for state in ("completed", "pruned", "failed")}
        told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        self._context.log(f"{told}; best is trial {best.number}: {lines.parameters(best.params)}")
        return {"best": best.number, "value": best.value, "params": best.params, "counts": counts}


def _span(dimension: Parameter) -> str:
    if dimension.kind == "categorical":
        return f"{dimension.name} one of {', '.join(map(str, dimension.choices))}"
    scale = ", logarithmic" if dimension.log else ""
    return f"{dimension.name} from {dimension.low:g} to {dimension.high:g}{scale}"
