"""What a notebook itself says of its TensorFlow: the version that a cell installs or chooses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tf2ms_opt.generations import generation_of_keras, generation_of_tensorflow

_INSTALL = re.compile(
    r"[%!]*\s*(?:\{sys\.executable\}\s+-m\s+)?(?:sudo\s+)?(?:python\d?\s+-m\s+)?(?:pip|conda)\d?\s+install\b"
)
_TENSORFLOW = re.compile(r"\btensorflow(?:-cpu|-gpu|-macos)?={1,3}(\d+\.\d+)")
_KERAS = re.compile(r"(?<![\w-])(?:tf-)?keras={1,3}(\d+\.\d+)")
#: Colab's choice between the last TensorFlow 1 and the newest TensorFlow 2
_COLAB = re.compile(r"%tensorflow_version\s+1\b")


@dataclass(frozen=True, slots=True)
class Told:
    """A generation, and the line that tells it, in the cell of this index."""

    generation: str
    by: str


def told(magics: Iterable[tuple[int, str]]) -> Told | None:
    """The generation that the magics of the cells (by index) agree on; None where they tell nothing, or differ."""
    found: list[Told] = []
    for cell, text in magics:
        if _COLAB.match(text):
            found.append(Told(generation_of_tensorflow("1.15"), _by(cell, text)))
        elif _INSTALL.match(text):
            found += (Told(generation_of_tensorflow(one), _by(cell, text)) for one in _TENSORFLOW.findall(text))
            found += (Told(generation_of_keras(one), _by(cell, text)) for one in _KERAS.findall(text))
    return found[0] if len({one.generation for one in found}) == 1 else None


def _by(cell: int, text: str) -> str:
    return f"cell {cell}: {text.strip()}"
