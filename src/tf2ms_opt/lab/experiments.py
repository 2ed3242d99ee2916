"""What the lab runs: constructors rebuilt from plain values, the lines that were emitted for them, and the inputs.

Everything here is a value; it is written as JSON for the processes that hold the frameworks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tf2ms_opt.rules import setting_in_words

#: stands for TensorFlow 1's counter of steps, among the values of a constructor
STEP = object()
#: a literal, or a schedule made of literals
Value: TypeAlias = "object | Constructor"


@dataclass(frozen=True, slots=True)
class Constructor:
    """A call of TensorFlow's that a rule understood: the class, where today's packages have it, and its arguments."""

    class_name: str
    module: str
    arguments: Mapping[str, Value]

    def source(self) -> str:
        """The call as Python."""
        given = (f"{name}={_source(value)}" for name, value in self.arguments.items())
        return f"{self.class_name}({', '.join(given)})"

    def imports(self) -> tuple[tuple[str, str], ...]:
        """Module and class of everything that the call names."""
        inner = (value.imports() for value in self.arguments.values() if isinstance(value, Constructor))
        return ((self.module, self.class_name), *(one for group in inner for one in group))

    def as_json(self) -> dict[str, Any]:
        values = {name: _as_json(value) for name, value in self.arguments.items()}
        return {"module": self.module, "class": self.class_name, "arguments": values}


def _as_json(value: Value) -> dict[str, Any]:
    if isinstance(value, Constructor):
        return {"call": value.as_json()}
    return {"step": True} if value is STEP else {"value": value}


def _source(value: Value) -> str:
    if value is STEP:
        return "global_step"
    return value.source() if isinstance(value, Constructor) else repr(value)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a user's file builds the optimizer; line and column from 1, in a notebook those of the cell."""

    path: str
    line: int
    column: int
    cell: int | None = None

    def __str__(self) -> str:
        inside = "" if self.cell is None else f"cell {self.cell}:"
        return f"{self.path}:{inside}{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Experiment:
    """One constructor and what was emitted for it.

    ``lines`` bind ``optimizer`` (or ``rate``, for a schedule) in MindSpore; ``model`` is there already.
    ``l2`` is the factor of a penalty on the kernels, whose gradient TensorFlow's side adds.
    """

    rule: str
    generation: str
    kind: str
    constructor: Constructor
    fidelity: str
    target: str
    lines: str
    #: source parameter -> the setting of the matrix that this experiment belongs to
    when: Mapping[str, str] = field(default_factory=dict)
    #: the schedule of its learning rate, as the evidence names it; empty for a constant
    schedule: str = ""
    #: why the two may differ, as far as the rule knows
    reasons: tuple[str, ...] = ()
    l2: float = 0.0
    place: Place | None = None

    @property
    def title(self) -> str:
        """What it is called in reports: its place in a file, or its row of the matrix."""
        if self.place is not None:
            return str(self.place)
        return f"{self.generation} {self.setting}".strip()

    @property
    def setting(self) -> str:
        """The row of the matrix, in words."""
        return setting_in_words(self.when, self.schedule)

    @property
    def row(self) -> tuple[str, str, str, str]:
        """The row of the matrix: rule, generation, setting and fidelity."""
        return self.rule, self.generation, self.setting, self.fidelity

    def as_json(self) -> dict[str, Any]:
        return {
            "generation": self.generation,
            "kind": self.kind,
            "constructor": self.constructor.as_json(),
            "lines": self.lines,
            "l2": self.l2,
        }


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor to train: its shape, and the size of its gradients; of a ``sparse`` one every other gradient is 0."""

    shape: tuple[int, ...]
    scale: float
    sparse: bool = False

    @property
    def size(self) -> int:
        size = 1
        for length in self.shape:
            size *= length
        return size


#: the sizes that real gradients have, from vanishing to exploding
SCALES = (1e-6, 1e-4, 1e-2, 1.0, 1e2)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What both frameworks are given: the same weights to start with and the same gradients at every step."""

    steps: int = 250
    seed: int = 0
    scales: tuple[float, ...] = SCALES

    def tensors(self) -> tuple[Tensor, ...]:
        """For each scale a vector and a matrix, neither a multiple of 8 long; at the middle one three special shapes.

        MindSpore's kernels on CPU take 8 elements at a time and treat the rest by other code.
        """
        middle = self.scales[len(self.scales) // 2]
        usual = [Tensor(shape, scale) for scale in self.scales for shape in ((37,), (5, 13))]
        return (*usual, Tensor((1,), middle), Tensor((64,), middle), Tensor((21,), middle, sparse=True))
