# ruff: noqa: S101, PT017 - these are tests that ship with the package
"""The contract every trainer keeps, as tests: subclass :class:`TrainerContract` and name your trainer.

Example::

    class TestMine(TrainerContract):
        trainer = MyTrainer()
        task = "binary"
"""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from bottega.bundle import ModelInput
from bottega.problems import ProblemError, SpecProblem
from bottega.specs.training import TaskType
from bottega_training.data import Dataset, Encoding
from bottega_training.packaging.runtimes import format_of, load
from bottega_training.trainers.base import FittedModel, Resources, Trainer

ROWS = 1_500
CATEGORIES = ["red", "green", "blue", "grey"]
ENCODING = Encoding(
    [
        ModelInput("size", "float64", "view", view="things"),
        ModelInput("age", "int64", "request"),
        ModelInput("empty", "float64", "view", view="things"),
        ModelInput("colour", "string", "key", categories=CATEGORIES),
    ]
)


def dataset(rows: int = ROWS, seed: int = 0, task: TaskType = "binary") -> Dataset:
    """Return rows with a known signal, nulls in every input and one input that is always null."""
    random = np.random.default_rng(seed)
    matrix = np.column_stack(
        [
            random.normal(size=rows),
            random.integers(0, 90, rows).astype(float),
            np.full(rows, np.nan),
            random.integers(0, len(CATEGORIES), rows).astype(float),
        ]
    )
    signal = 2 * matrix[:, 0] + matrix[:, 1] / 30 + np.array([0.0, 1.0, -1.0, 2.0])[matrix[:, 3].astype(int)]
    noisy = signal - 2 + random.normal(size=rows)
    matrix[random.random(matrix.shape) < 0.05] = np.nan
    return Dataset(ENCODING, matrix, (noisy > 0).astype(float) if task == "binary" else noisy)


def never_prune(step: int, value: float, total: int) -> bool:  # noqa: ARG001
    """A reporter that lets everything go on."""
    return False


class TrainerContract:
    """What holds for every trainer."""

    trainer: ClassVar[Trainer]
    task: ClassVar[TaskType] = "binary"
    params: ClassVar[dict[str, Any]] = {}

    def fit(self, seed: int = 7) -> FittedModel:
        """Fit on the contract's rows."""
        return self.trainer.fit(
            dataset(seed=1, task=self.task),
            dataset(seed=2, task=self.task),
            task=self.task,
            params=self.params,
            resources=Resources(threads=1, seed=seed),
            report=never_prune,
        )

    def test_predictions_are_finite_and_one_per_row(self) -> None:
        """Whatever is null, each row gets a number; a probability lies in [0, 1]."""
        data = dataset(seed=3, task=self.task)
        empty = np.full((1, len(ENCODING.inputs)), np.nan)
        found = self.fit().predict(np.vstack([data.matrix, empty]))
        assert found.shape == (len(data) + 1,)
        assert found.dtype == np.float64
        assert np.isfinite(found).all()
        if self.task == "binary":
            assert ((found >= 0) & (found <= 1)).all()

    def test_it_is_better_than_a_constant(self) -> None:
        """The signal is strong; a trainer that misses it is broken."""
        data = dataset(seed=3, task=self.task)
        found = self.fit().predict(data.matrix)
        assert np.mean((found - data.label) ** 2) < np.mean((data.label.mean() - data.label) ** 2)

    def test_the_same_inputs_and_seed_give_the_same_predictions(self) -> None:
        """Fits can be repeated."""
        matrix = dataset(seed=3).matrix
        np.testing.assert_array_equal(self.fit().predict(matrix), self.fit().predict(matrix))

    def test_a_row_is_predicted_alone_as_in_a_batch(self) -> None:
        """Serving asks for one row at a time."""
        matrix = dataset(seed=3).matrix[:20]
        model = self.fit()
        alone = np.concatenate([model.predict(row[None]) for row in matrix])
        np.testing.assert_allclose(alone, model.predict(matrix), atol=1e-12)

    def test_the_signature_is_the_training_encoding(self) -> None:
        """Inputs keep their order."""
        assert self.fit().signature == ENCODING

    def test_an_unknown_parameter_is_refused(self) -> None:
        """And named."""
        try:
            self.trainer.settings({"no_such_parameter": 1}, self.task)
        except SpecProblem as problem:
            assert problem.problem.errors[0].pointer == "/params/no_such_parameter"
        else:
            raise AssertionError("an unknown parameter was accepted")

    def test_the_export_answers_like_the_model_or_says_why_it_cannot(self, tmp_path: Path) -> None:
        """Each exported file is the model in a format that serving loads; the first, which is served, exactly."""
        model, matrix = self.fit(), dataset(seed=3).matrix
        if not self.trainer.info.registrable:
            try:
                model.export(tmp_path)
            except ProblemError as problem:
                assert problem.problem.code == "not_registrable"
                return
            raise AssertionError("a trainer that cannot be registered exported a model")
        expected = model.predict(matrix)
        for place, path in enumerate(model.export(tmp_path)):
            model_format = format_of(path.name)
            assert model_format is not None
            assert place or model_format == model.format
            allowed = 1e-9 if place == 0 else 1e-6 * max(1.0, float(np.max(np.abs(expected))))
            np.testing.assert_allclose(load(path, model_format)(matrix), expected, atol=allowed, rtol=0)

    def test_every_searched_parameter_can_be_set(self) -> None:
        """The ready search space holds only parameters within their ranges."""
        for dimension in self.trainer.info.space:
            for end in (dimension.low, dimension.high):
                self.trainer.settings({dimension.name: end}, self.task)
