"""Compares the weights of the two frameworks step by step: how far they are apart, where, and from when on.

The deviation of a tensor at a step is the largest difference of a weight, relative to the largest weight that the
tensor ever has in TensorFlow.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from operator import sub
from pathlib import Path

from tf2ms_opt.evidence import ROUNDING, verdict
from tf2ms_opt.lab.experiments import Experiment, Inputs, Tensor
from tf2ms_opt.lab.processes import ITSELF, TENSORFLOW, Report


@dataclass(frozen=True, slots=True)
class Run:
    """One experiment in one mode of MindSpore.

    ``by_step`` is the largest deviation of each step, ``by_scale`` that of each gradient scale over all steps,
    ``at_first`` that of each scale at the first step, and ``first_beyond`` the first step (from 1) beyond the
    tolerance.  ``error`` is what a framework raised instead.
    """

    mode: str
    by_step: tuple[float, ...] = ()
    by_scale: Mapping[float, float] | None = None
    at_first: Mapping[float, float] | None = None
    first_beyond: int | None = None
    error: str | None = None

    @property
    def deviation(self) -> float:
        return max(self.by_step, default=inf)


@dataclass(frozen=True, slots=True)
class Measured:
    """One experiment in all modes."""

    experiment: Experiment
    runs: tuple[Run, ...]
    #: its place in the job, by which its trajectories are found
    number: int
    #: how far TensorFlow's eager mode and its tf.function are apart; None where that was not asked for
    itself: Run | None = None
    tolerance: float = ROUNDING

    @property
    def worst(self) -> Run:
        return max(self.runs, key=lambda run: run.deviation)

    @property
    def deviation(self) -> float:
        return self.worst.deviation

    @property
    def error(self) -> str | None:
        return next((run.error for run in self.runs if run.error is not None), None)

    @property
    def verdict(self) -> str:
        return "failed" if self.error is not None else verdict(self.deviation, self.tolerance)

    def by_scale(self) -> dict[float, float]:
        """The larger one of the modes for each gradient scale."""
        known = [run.by_scale for run in self.runs if run.by_scale is not None]
        return {scale: max(one[scale] for one in known) for scale in (known[0] if known else ())}

    def by_step(self) -> tuple[float, ...]:
        """The larger one of the modes at each step."""
        return tuple(map(max, zip(*(run.by_step for run in self.runs if run.by_step), strict=True)))


def measure(
    experiments: Sequence[Experiment], inputs: Inputs, reports: Mapping[str, Report], folder: Path, tolerance: float
) -> tuple[Measured, ...]:
    """What the weights in ``folder`` say of each experiment."""
    found = []
    for number, experiment in enumerate(experiments):
        original = reports[TENSORFLOW].errors.get(number)
        runs = {}
        for side, report in reports.items():
            error = f"TensorFlow: {original}" if original else report.errors.get(number)
            if error is not None:
                runs[side] = Run(side, error=error)
            elif side != TENSORFLOW:
                runs[side] = _compare(side, number, layout(experiment, inputs), folder, tolerance)
        itself = runs.pop(ITSELF, None)
        runs.pop(TENSORFLOW, None)
        found.append(Measured(experiment, tuple(runs.values()), number, itself, tolerance))
    return tuple(found)


def trajectory(side: str, number: int, folder: Path) -> array[float]:
    """The numbers that one side wrote for an experiment, row by row."""
    numbers = array("f")
    numbers.frombytes((folder / f"{side}-{number}.bin").read_bytes())
    return numbers


def layout(experiment: Experiment, inputs: Inputs) -> Sequence[Tensor]:
    """The tensors of a row; a schedule has one number."""
    return inputs.tensors() if experiment.kind == "optimizer" else (Tensor((1,), 1.0),)


def _compare(side: str, number: int, tensors: Sequence[Tensor], folder: Path, tolerance: float) -> Run:
    by_scale = dict.fromkeys(sorted({tensor.scale for tensor in tensors}), 0.0)
    at_first: dict[float, float] = {}
    by_step = []
    theirs = list(_rows(trajectory(TENSORFLOW, number, folder), tensors))
    ours = _rows(trajectory(side, number, folder), tensors)
    largest = [max(max(map(abs, one)) for one in column) for column in zip(*theirs, strict=True)]
    for left, right in zip(theirs, ours, strict=True):
        worst = 0.0
        for tensor, one, other, size in zip(tensors, left, right, largest, strict=True):
            deviation = _deviation(one, other, size)
            by_scale[tensor.scale] = max(by_scale[tensor.scale], deviation)
            worst = max(worst, deviation)
        by_step.append(worst)
        at_first = at_first or dict(by_scale)
    beyond = next((step for step, deviation in enumerate(by_step, 1) if deviation > tolerance), None)
    return Run(side, tuple(by_step), by_scale, at_first, beyond)


def _rows(numbers: array[float], tensors: Sequence[Tensor]) -> Iterator[list[array[float]]]:
    """The tensors of every step."""
    width = sum(tensor.size for tensor in tensors)
    ends = list(_sums(tensor.size for tensor in tensors))
    for start in range(0, len(numbers), width):
        yield [numbers[start + end - tensor.size : start + end] for tensor, end in zip(tensors, ends, strict=True)]


def _sums(sizes: Iterable[int]) -> Iterator[int]:
    total = 0
    for size in sizes:
        total += size
        yield total


def _deviation(one: array[float], other: array[float], largest: float) -> float:
    """0.0 only where all bits are equal; a number on one side that is not finite is infinitely far away."""
    if one.tobytes() == other.tobytes():
        return 0.0
    apart = max(map(abs, map(sub, one, other)))
    if not (isfinite(largest) and all(map(isfinite, one)) and all(map(isfinite, other))):
        return inf
    if not apart:  # zeros of different sign
        return 0.0
    return apart / largest if largest else inf
