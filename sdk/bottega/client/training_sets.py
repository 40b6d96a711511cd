"""Training sets: labels joined with features as they were known."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from bottega.client import rows
from bottega.client.progress import Observer, observer
from bottega.client.resources import Collection, Resource
from bottega.extras import need
from bottega.packaging import inputs
from bottega.specs import SplitSpec, TrainingSetSpec

if TYPE_CHECKING:
    import pandas as pd

Split = Literal["train", "valid", "test"]


class TrainingSet(Resource):
    """Rows with keys, times, features and a label, in the three splits ``train``, ``valid`` and ``test``."""

    kind = "Training set"

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``ready`` or ``failed``."""
        return str(self.data["state"])

    @property
    def counts(self) -> dict[str, int]:
        """Rows by split, and rows that were left out by reason."""
        return dict(self.data["counts"])

    @property
    def features(self) -> list[dict[str, Any]]:
        """Its features in the order of the service: name, type, origin, and the categories of a category."""
        return list(self.data["meta_features"])

    def wait(self, *, progress: bool | Observer = True) -> "TrainingSet":
        """Wait until it is built.

        Raises:
            JobFailed: it could not be built; the message says why.
        """
        if self.state in {"queued", "running"}:
            self.client.wait(self.data["job"], on_progress=observer(f"training set {self.name}", progress))
        return self.refresh()

    def to_pandas(
        self, split: Split | None = None, *, columns: Sequence[str] | None = None, limit: int | None = None
    ) -> "pd.DataFrame":
        """Return the rows of one split, or of all three one after the other, as they were stored."""
        return rows.frame(self.client, f"{self.path}/rows", columns=columns, split=split, limit=limit)

    def xy(
        self, split: Split, *, inputs_of: Sequence[str] | None = None, limit: int | None = None
    ) -> tuple["pd.DataFrame", "pd.Series[float]"]:
        """Return what scikit-learn fits on: the model's inputs and the label, both indexed by ``row_id``.

        Numbers are float64 with NaN for null; categories are text, where null and categories that the training
        split does not have are the empty text. ``bottega.package`` expects an estimator of such frames.

        Args:
            split: which rows.
            inputs_of: only these features; by default all that a model can take.
            limit: at most so many rows.
        """
        need("pandas", "pyarrow", extra="pandas")
        chosen = inputs.choose(self.features, inputs_of)
        columns = ["row_id", "label", *(item.name for item in chosen)]
        found = self.to_pandas(split, columns=columns, limit=limit).set_index("row_id")
        return inputs.as_fitted(found, chosen), found["label"].astype("float64")

    def _rows(self) -> list[tuple[str, Any]]:
        splits = ", ".join(
            f"{name} {self.counts[name]:,}" for name in ("train", "valid", "test") if name in self.counts
        )
        return [
            ("state", self.state),
            ("labels", f"{self.data['label']} of {self.data['labels']}"),
            ("features", f"{len(self.data.get('meta_features', []))} of {self.data['feature_service']}"),
            ("rows", splits or None),
        ]


class TrainingSets(Collection[TrainingSet]):
    """The training sets of a project."""

    item = TrainingSet
    address = "training-sets"
    columns = ("name", "state", "labels", "label", "feature_service")

    def create(
        self,
        name: str,
        *,
        labels: str,
        label: str,
        feature_service: str,
        event_time: str | None = None,
        split: SplitSpec | dict[str, Any] | None = None,
        wait: bool = True,
        progress: bool | Observer = True,
        **spec: Any,
    ) -> TrainingSet:
        """Join labels with the features of a service as they were known at each label's time.

        The same call again returns the training set that is there. Further arguments are fields of
        :class:`~bottega.specs.TrainingSetSpec`.
        """
        how = split if isinstance(split, SplitSpec) else msgspec.convert(split or {}, SplitSpec)
        whole = TrainingSetSpec(
            labels=labels, label=label, event_time=event_time, feature_service=feature_service, split=how, **spec
        )
        made = self._created(name, whole)
        return made.wait(progress=progress) if wait else made
