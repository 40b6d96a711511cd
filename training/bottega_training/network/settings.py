"""What is known before a fit: the shape of the table and how to learn from it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to fit. ``patience`` is epochs without gain before it stops early; 0 is never."""

    layers: int = 2
    width: int = 128
    dropout: float = 0.1
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    batch_size: int = 1024
    epochs: int = 30
    patience: int = 5
    seed: int = 7
    threads: int = 1


@dataclass(frozen=True)
class Columns:
    """The inputs: how many, and by position how many categories each categorical one has."""

    inputs: int
    categories: dict[int, int]

    @property
    def numeric(self) -> list[int]:
        """Positions of the numeric inputs."""
        return [place for place in range(self.inputs) if place not in self.categories]

    @property
    def dimensions(self) -> dict[int, int]:
        """The length of each category's embedding: it grows slower than the number of categories."""
        return {place: min(32, max(2, round(1.6 * size**0.56))) for place, size in self.categories.items()}
