"""The fit: epochs of mini-batches, early stopping on the validation rows, a checkpoint after each epoch."""

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn

from bottega_training.network import checkpoint, layers
from bottega_training.network.checkpoint import Arrays, Progress
from bottega_training.network.device import Asked, Device, choose
from bottega_training.network.layers import Weights
from bottega_training.network.metric import measure
from bottega_training.network.preparation import Preparation, learn
from bottega_training.network.settings import Columns, Settings
from bottega_training.network.slot import Slot

#: Called after each epoch with (epoch, validation metric, epochs); true means: stop now.
Report = Callable[[int, float, int], bool]
MEASURE_ROWS = 65_536


class StoppedError(Exception):
    """The reporter asked to stop; ``step`` and ``value`` are the last ones reported."""

    def __init__(self, step: int, value: float) -> None:
        super().__init__(f"stopped after epoch {step}")
        self.step = step
        self.value = value


@dataclass(frozen=True)
class Rows:
    """A split: encoded inputs [rows, inputs] float64 with NaN for null, and the label [rows] float64."""

    matrix: np.ndarray
    label: np.ndarray


@dataclass(frozen=True)
class Fitted:
    """The best epoch's weights, the validation metric by epoch, where it was fitted, and from which epoch on."""

    weights: Weights
    curve: list[dict[str, float]]
    device: Device
    resumed_after: int


def fit(
    train: Rows,
    valid: Rows,
    columns: Columns,
    *,
    probability: bool,
    settings: Settings,
    device: Asked = "auto",
    slot: Slot | None = None,
    report: Report = lambda *_: False,
    say: Callable[[str], None] = lambda _: None,
) -> Fitted:
    """Fit, or go on from the checkpoint in ``slot``; on a CPU the same inputs and seed give the same weights.

    Raises:
        StoppedError: ``report`` returned true.
        NoGpuError: a GPU was asked for and PyTorch sees none.
    """
    torch.set_num_threads(settings.threads)
    chosen = choose(device)
    say(f"device: {chosen.name}" + (f". {chosen.note}" if chosen.note else ""))
    preparation = learn(columns, train.matrix)
    running = _Fit(train, valid, preparation, probability=probability, settings=settings, device=chosen)
    resumed = running.resume(slot.load() if slot else None)
    if resumed:
        say(f"resumed after epoch {resumed} from the checkpoint of an earlier attempt")
    running.run(slot, report)
    return Fitted(running.weights(), running.progress.curve, chosen, resumed)


class _Fit:
    """A fit under way: everything that changes from epoch to epoch."""

    def __init__(
        self,
        train: Rows,
        valid: Rows,
        preparation: Preparation,
        *,
        probability: bool,
        settings: Settings,
        device: Device,
    ) -> None:
        self.progress = Progress()
        self._settings = settings
        self._preparation = preparation
        self._probability = probability
        self._valid = valid
        self._device = torch.device(device.kind)
        self._shift, self._scale = (0.0, 1.0) if probability else _centre(train.label)
        self._network = layers.build(preparation, settings).to(self._device)
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self._loss = nn.BCEWithLogitsLoss() if probability else nn.MSELoss()
        self._best: Arrays = {}
        self._train_rows, self._valid_rows = self._place(train), self._place(valid)
        self._fingerprint = _fingerprint(train, valid, settings)

    def resume(self, content: bytes | None) -> int:
        """Take over a checkpoint of this same fit and return the epoch it was made after; 0 is from the start."""
        found = checkpoint.unpack(content, self._fingerprint, self._network, self._optimizer) if content else None
        if found is not None:
            self.progress, self._best = found
        return self.progress.epoch

    def run(self, slot: Slot | None, report: Report) -> None:
        """Train epoch after epoch; what an earlier attempt reported is reported again first."""
        for point in list(self.progress.curve):
            self._report(report, int(point["step"]), point["valid"])
        while self.progress.epoch < self._settings.epochs and not self._is_over():
            self._epoch(self.progress.epoch + 1)
            value = self._measure()
            if self.progress.record(value, higher=self._probability):
                self._best = checkpoint.arrays_of(self._network)
            if slot is not None:
                slot.save(checkpoint.pack(self._fingerprint, self.progress, self._network, self._optimizer, self._best))
            self._report(report, self.progress.epoch, value)
        if self._best:
            checkpoint.restore(self._network, self._best)

    def weights(self) -> Weights:
        """Return the network as it is now."""
        return layers.weights_of(
            self._network, self._preparation, scale=self._scale, shift=self._shift, probability=self._probability
        )

    def _is_over(self) -> bool:
        patience = self._settings.patience
        return bool(patience) and self.progress.epoch - self.progress.best_epoch >= patience

    def _report(self, report: Report, epoch: int, value: float) -> None:
        if report(epoch, value, self._settings.epochs):
            raise StoppedError(epoch, value)

    def _epoch(self, epoch: int) -> None:
        """One pass over the training rows, in an order and with dropout that follow from seed and epoch alone."""
        torch.manual_seed(self._settings.seed * 1_000_003 + epoch)
        for group in self._optimizer.param_groups:
            group["lr"] = self._settings.learning_rate * _share(epoch, self._settings.epochs)
        self._network.train()
        for numbers, codes, label in self._batches(epoch):
            self._optimizer.zero_grad(set_to_none=True)
            self._loss(layers.forward(self._network, numbers, codes), label).backward()
            self._optimizer.step()

    def _measure(self) -> float:
        """Return the metric on the validation rows; AUC takes the raw output, which orders as its sigmoid does."""
        self._network.eval()
        numbers, codes, _ = self._valid_rows
        with torch.no_grad():
            parts = [
                layers.forward(self._network, *(part.to(self._device) for part in batch)).cpu()
                for batch in zip(numbers.split(MEASURE_ROWS), codes.split(MEASURE_ROWS), strict=True)
            ]
        raw = torch.cat(parts).numpy().astype(np.float64)
        return measure(self._valid.label, self._scale * raw + self._shift, probability=self._probability)

    def _batches(self, epoch: int) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        numbers, codes, label = self._train_rows
        order = torch.from_numpy(np.random.default_rng([self._settings.seed, epoch]).permutation(len(label)))
        for places in order.to(label.device).split(self._settings.batch_size):
            yield (
                numbers[places].to(self._device),
                codes[places].to(self._device),
                label[places].to(self._device),
            )

    def _place(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return rows as tensors: on the device where they take less than half of what it has free."""
        numbers = torch.from_numpy(self._preparation.numbers(rows.matrix).astype(np.float32))
        codes = torch.from_numpy(self._preparation.codes(rows.matrix))
        label = torch.from_numpy(((rows.label - self._shift) / self._scale).astype(np.float32))
        needed = sum(tensor.numel() * tensor.element_size() for tensor in (numbers, codes, label))
        fits = self._device.type == "cpu" or needed < torch.cuda.mem_get_info()[0] / 2
        where = self._device if fits else torch.device("cpu")
        return numbers.to(where), codes.to(where), label.to(where)


def _centre(label: np.ndarray) -> tuple[float, float]:
    """Return the mean and the scale of a label that is a value."""
    scale = float(label.std())
    return float(label.mean()), scale if scale > 0 else 1.0


def _share(epoch: int, epochs: int) -> float:
    """Return the share of the learning rate in an epoch: all of it at first, by half a cosine down to a little."""
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (epoch - 1) / epochs))


def _fingerprint(train: Rows, valid: Rows, settings: Settings) -> str:
    """Return what tells one fit from another: its settings, the size of its data, and its labels."""
    about = [asdict(settings), train.matrix.shape, valid.matrix.shape, float(train.label.sum())]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()
