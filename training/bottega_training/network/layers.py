"""The network in PyTorch, and the same function in numpy's double precision, which is what is served."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from bottega_training.network.preparation import Preparation
from bottega_training.network.settings import Settings

PREDICT_ROWS = 16_384


def build(preparation: Preparation, settings: Settings) -> nn.ModuleDict:
    """Return the network with weights drawn from the seed; a null category begins as all zeros."""
    torch.manual_seed(settings.seed)
    columns = preparation.columns
    tables = [nn.Embedding(columns.categories[place] + 1, size) for place, size in columns.dimensions.items()]
    for table in tables:
        nn.init.normal_(table.weight, std=0.1)
        nn.init.zeros_(table.weight[-1])
    width = len(columns.numeric) + len(preparation.missing) + sum(columns.dimensions.values())
    return nn.ModuleDict({"tables": nn.ModuleList(tables), "body": nn.Sequential(*_body(width, settings))})


def _body(width: int, settings: Settings) -> list[nn.Module]:
    found: list[nn.Module] = []
    for _ in range(settings.layers):
        found += [nn.Linear(width, settings.width), nn.ReLU(), nn.Dropout(settings.dropout)]
        width = settings.width
    return [*found, nn.Linear(width, 1)]


def forward(network: nn.ModuleDict, numbers: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Return one raw output per row: ``numbers`` [rows, numbers] float32, ``codes`` [rows, categories] int64."""
    embedded = [table(codes[:, place]) for place, table in enumerate(network["tables"])]
    output: torch.Tensor = network["body"](torch.cat([numbers, *embedded], dim=1))
    return output.squeeze(1)


@dataclass(frozen=True)
class Weights:
    """A fitted network as float64 arrays: embedding tables, then (weight [in, out], bias [out]) per layer.

    The prediction is ``scale * raw + shift``, for a probability its sigmoid.
    """

    preparation: Preparation
    tables: list[np.ndarray]
    layers: list[tuple[np.ndarray, np.ndarray]]
    scale: float
    shift: float
    probability: bool

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return one float64 per row of encoded inputs."""
        starts = range(0, len(matrix), PREDICT_ROWS)
        parts = [self._predict(matrix[start : start + PREDICT_ROWS]) for start in starts]
        return np.concatenate(parts) if parts else np.empty(0)

    def _predict(self, matrix: np.ndarray) -> np.ndarray:
        codes = self.preparation.codes(matrix)
        embedded = [table[codes[:, place]] for place, table in enumerate(self.tables)]
        values = np.hstack([self.preparation.numbers(matrix), *embedded])
        for weight, bias in self.layers[:-1]:
            values = np.maximum(values @ weight + bias, 0.0)
        weight, bias = self.layers[-1]
        raw = self.scale * (values @ weight + bias)[:, 0] + self.shift
        return sigmoid(raw) if self.probability else raw


def sigmoid(raw: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-raw)) without overflow."""
    small = np.exp(-np.abs(raw))
    return np.asarray(np.where(raw >= 0, 1.0, small) / (1.0 + small))


def weights_of(
    network: nn.ModuleDict, preparation: Preparation, *, scale: float, shift: float, probability: bool
) -> Weights:
    """Return a network's weights as double precision arrays."""
    linear = [layer for layer in network["body"] if isinstance(layer, nn.Linear)]
    return Weights(
        preparation=preparation,
        tables=[_array(table.weight) for table in network["tables"]],
        layers=[(_array(layer.weight).T.copy(), _array(layer.bias)) for layer in linear],
        scale=scale,
        shift=shift,
        probability=probability,
    )


def _array(tensor: torch.Tensor) -> np.ndarray:
    return np.asarray(tensor.detach().cpu().numpy(), dtype=np.float64)
