"""Training runs: one fit, or a study and the refit of its best point."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from bottega.client import rows
from bottega.client.jobs import JobFailed, follow_log
from bottega.client.progress import Observer, observer
from bottega.client.resources import Collection, Resource
from bottega.specs import TrainingRunSpec, TuneSpec
from bottega.specs.training import TaskType

if TYPE_CHECKING:
    import pandas as pd

MAIN_METRICS = ("auc", "log_loss", "rmse", "mae")


class Run(Resource):
    """A training run."""

    kind = "Training run"
    page = "runs"

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``succeeded``, ``failed`` or ``cancelled``."""
        return str(self.data["state"])

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Metrics of the hold-out by name, each with value and 95 % interval; empty until it has succeeded."""
        found: dict[str, dict[str, Any]] = self.data["metrics"].get("test", {})
        return found

    def wait(self, *, progress: bool | Observer = True) -> "Run":
        """Wait until it has ended, showing how far it is.

        Raises:
            JobFailed: it failed or was cancelled; the message says why.
        """
        if self.state in {"queued", "running"}:
            with contextlib.suppress(JobFailed):  # the run says it better, and says it after a restart too
                self.client.wait(self.data["job"], on_progress=observer(f"run {self.name}", progress))
        self.refresh()
        if self.state in {"failed", "cancelled"}:
            reason = (self.data.get("problem") or {}).get("detail", "")
            raise JobFailed(f"run {self.name} {self.state}: {reason}".rstrip(": "), problem=self.data.get("problem"))
        return self

    def cancel(self) -> "Run":
        """Ask it to stop."""
        self.client.post(f"/jobs/{self.data['job']}/cancel")
        return self.refresh()

    def logs(self, *, follow: bool = False) -> Iterator[str]:
        """Yield what its job printed, piece by piece; with ``follow`` until it has ended."""
        return follow_log(self.client, self.data["job"], follow=follow)

    def report(self) -> dict[str, Any]:
        """Return the report: curves, calibration, segments, importances, comparisons."""
        found: dict[str, Any] = self.client.get(f"{self.path}/report")
        return found

    def predictions(self) -> "pd.DataFrame":
        """Return the predictions that the report was computed from: validation and hold-out rows."""
        return rows.parquet(self.client.download(f"{self.path}/predictions"))

    def trials(self) -> list[dict[str, Any]]:
        """Return the trials of a tuned run, by number."""
        return list(self.client.pages(f"{self.path}/trials", limit=200))

    def _rows(self) -> list[tuple[str, Any]]:
        measured = [(name, _interval(self.metrics[name])) for name in MAIN_METRICS if name in self.metrics]
        return [
            ("state", self.state),
            ("trainer", self.data["trainer"] + (", tuned" if self.data["tuned"] else "")),
            ("training set", self.data["training_set"]["name"]),
            *measured,
        ]


class Runs(Collection[Run]):
    """The training runs of a project."""

    item = Run
    address = "training-runs"
    columns = ("name", "state", "trainer", "task", "created_at")

    def start(
        self,
        name: str,
        *,
        training_set: str,
        trainer: str,
        task: TaskType = "binary",
        params: Mapping[str, Any] | None = None,
        tune: TuneSpec | Mapping[str, Any] | int | None = None,
        wait: bool = False,
        progress: bool | Observer = True,
        **spec: Any,
    ) -> Run:
        """Start a run; the same call again returns the run that is there.

        Args:
            name: its name in the project.
            training_set: name of a training set that is ready.
            trainer: ``historical_mean``, ``logistic_regression``, ``lightgbm``, … (``GET /trainers`` lists them).
            task: ``binary`` or ``regression``.
            params: the trainer's parameters; defaults for the others.
            tune: a search instead of one fit: the number of trials, or a :class:`~bottega.specs.TuneSpec`.
            wait: return when it has ended.
            progress: whether to show how far it is.
            spec: further fields of :class:`~bottega.specs.TrainingRunSpec`.
        """
        search = {"trials": tune} if isinstance(tune, int) else tune
        fields = {"training_set": training_set, "trainer": trainer, "task": task, "params": dict(params or {}), **spec}
        whole = msgspec.convert(fields | ({"tune": msgspec.to_builtins(search)} if search else {}), TrainingRunSpec)
        made = self._created(name, whole)
        return made.wait(progress=progress) if wait else made


def _interval(metric: Mapping[str, Any]) -> str:
    if metric.get("low") is None:
        return f"{metric['value']:.4f}"
    return f"{metric['value']:.4f} [{metric['low']:.4f}, {metric['high']:.4f}]"
