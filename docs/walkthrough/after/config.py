"""The settings of a run: one place, no framework."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    seed: int = 7
    samples: int = 400
    features: int = 10
    classes: int = 3
    hidden: int = 24
    optimizer: str = "rmsprop"
    learning_rate: float = 5e-3
    decay_steps: int = 40
    decay_rate: float = 0.9
    l2: float = 1e-3
    batch_size: int = 50
    epochs: int = 30
    patience: int = 3
    steps: int = 10
