"""A fit between two epochs as bytes: plain arrays and JSON in numpy's own archive, never a pickle."""

import io
import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

FORMAT = 1


@dataclass
class Progress:
    """How far a fit is: the last finished epoch, the best one and its value, and the curve."""

    epoch: int = 0
    best_epoch: int = 0
    best: float = float("nan")
    curve: list[dict[str, float]] = field(default_factory=list)

    def record(self, value: float, *, higher: bool) -> bool:
        """Note the next epoch's value; true when it is the best so far."""
        self.epoch += 1
        self.curve.append({"step": self.epoch, "valid": value})
        better = self.best_epoch == 0 or (value > self.best if higher else value < self.best)
        if better:
            self.best_epoch, self.best = self.epoch, value
        return better


Arrays = dict[str, np.ndarray]


def pack(
    fingerprint: str, progress: Progress, network: nn.Module, optimizer: torch.optim.Optimizer, best: Arrays
) -> bytes:
    """Return everything that the next epoch depends on; random numbers are drawn anew from seed and epoch."""
    about = {"format": FORMAT, "fingerprint": fingerprint, "progress": asdict(progress)}
    arrays: dict[str, Any] = {f"network/{name}": value for name, value in arrays_of(network).items()}
    arrays |= {f"best/{name}": value for name, value in best.items()}
    for place, state in optimizer.state_dict()["state"].items():
        arrays |= {f"optimizer/{place}/{name}": value.cpu().numpy() for name, value in state.items()}
    stream = io.BytesIO()
    np.savez(stream, about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8), **arrays)
    return stream.getvalue()


def unpack(
    content: bytes, fingerprint: str, network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[Progress, Arrays] | None:
    """Put the network and the optimizer back as they were; None where the checkpoint is of another fit."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        about = json.loads(archive["about"].tobytes())
        if (about["format"], about["fingerprint"]) != (FORMAT, fingerprint):
            return None
        arrays = {name: archive[name] for name in archive.files if name != "about"}
    restore(network, _below("network/", arrays))
    optimizer.load_state_dict({**optimizer.state_dict(), "state": _optimizer_state(_below("optimizer/", arrays))})
    return Progress(**about["progress"]), _below("best/", arrays)


def arrays_of(network: nn.Module) -> Arrays:
    """Return a copy of a network's weights by name."""
    return {name: value.detach().cpu().numpy().copy() for name, value in network.state_dict().items()}


def restore(network: nn.Module, arrays: Arrays) -> None:
    """Set a network's weights."""
    network.load_state_dict({name: torch.from_numpy(value) for name, value in arrays.items()})


def _below(prefix: str, arrays: Arrays) -> Arrays:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def _optimizer_state(arrays: Arrays) -> dict[int, dict[str, Any]]:
    state: dict[int, dict[str, Any]] = {}
    for path, value in arrays.items():
        place, _, name = path.partition("/")
        state.setdefault(int(place), {})[name] = torch.from_numpy(value)
    return state
