"""The numbers of an experiment: starting weights and gradients, the same for both frameworks.

Made with the standard library, so that they do not depend on the numpy of either side.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tf2ms_opt.lab.experiments import Inputs, Tensor

#: a gradient has a direction: its mean is this part of its spread
_DRIFT = 0.3

WEIGHTS = "weights.bin"
GRADIENTS = "gradients.bin"


def write(inputs: Inputs, folder: Path) -> None:
    """Write the starting weights, and the gradients step by step, as float32 in the order of the tensors."""
    random = Random(inputs.seed)  # noqa: S311 -- numbers to repeat, not secrets
    tensors = inputs.tensors()
    weights = array("f", (random.gauss(0, 1) for tensor in tensors for _ in range(tensor.size)))
    (folder / WEIGHTS).write_bytes(weights.tobytes())
    with (folder / GRADIENTS).open("wb") as stream:
        for _ in range(inputs.steps):
            for tensor in tensors:
                array("f", _gradient(tensor, random)).tofile(stream)


def _gradient(tensor: Tensor, random: Random) -> Iterator[float]:
    for index in range(tensor.size):
        value = tensor.scale * (_DRIFT + random.gauss(0, 1))
        yield 0.0 if tensor.sparse and index % 2 else value
