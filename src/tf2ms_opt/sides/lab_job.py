"""What both ends of the lab share: reading the job's folder, and speaking to the program that waits.

It stands beside the two scripts that import it, and knows neither framework.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

#: numpy's arrays, tensors and optimizers: these scripts run where no stubs are
Anything: TypeAlias = Any


@dataclass(frozen=True)
class Job:
    """The experiments of a folder, with the starting weights and the gradients of every step, one array a tensor."""

    folder: Path
    table: Mapping[str, Any]
    weights: list[Anything]
    gradients: list[list[Anything]]


def read(folder: Path) -> Job:
    """The job of ``folder``."""
    table = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    shapes = table["shapes"]
    sizes = [int(np.prod(shape)) for shape in shapes]

    def split(row: Anything) -> list[Anything]:
        parts = np.split(row, np.cumsum(sizes)[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    weights = np.fromfile(folder / "weights.bin", np.float32)
    gradients = np.fromfile(folder / "gradients.bin", np.float32).reshape(-1, sum(sizes))
    return Job(folder, table, split(weights), [split(row) for row in gradients])


def run(job: Job, side: str, versions: Mapping[str, str], train: Callable[[Mapping[str, Any]], Anything]) -> None:
    """Run every experiment by ``train``, and write what it returns: one row of float32 a step."""
    say({"versions": dict(versions)})
    for number, experiment in enumerate(job.table["experiments"]):
        error = None
        try:
            train(experiment).tofile(job.folder / f"{side}-{number}.bin")
        except Exception as caught:  # noqa: BLE001 -- what a framework refuses is a result
            error = f"{type(caught).__name__}: {str(caught).strip()}"
        say({"experiment": number, "error": error})


def say(message: Mapping[str, Any]) -> None:
    """One line for the program that waits; the frameworks' own lines do not begin so."""
    print("tf2ms-lab " + json.dumps(message), flush=True)  # noqa: T201


def flat(arrays: list[Anything]) -> Anything:
    """One row of all the numbers of ``arrays``."""
    return np.concatenate([array.ravel() for array in arrays])
