"""Draws what was measured: the weight that strays most, in both frameworks, and the deviation step by step.

The only module that knows matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf2ms_opt.lab.experiments import Inputs
from tf2ms_opt.lab.measure import Measured, layout, trajectory
from tf2ms_opt.lab.processes import TENSORFLOW, LabError

if TYPE_CHECKING:
    from array import array

#: more rows than this cannot be read
_MOST = 24
#: the smallest deviation on the logarithmic axis; below it there are only equal bits
_FLOOR = 1e-9
_STYLES = {"PYNATIVE": {"linestyle": "--"}, "GRAPH": {"linestyle": ":"}}


def check() -> None:
    """Say before minutes of measuring that the picture cannot be drawn.  Raises ``LabError``."""
    if find_spec("matplotlib") is None:
        raise LabError("--plot needs matplotlib: pip install 'tf2ms-opt[verify]'")


def plot(measured: Sequence[Measured], inputs: Inputs, folder: Path, file: Path) -> None:
    """Write ``file`` (PNG or SVG) with one row for each experiment that ran.  Raises ``LabError``."""
    from matplotlib.figure import Figure  # noqa: PLC0415 -- only for who wants a picture

    shown = [one for one in measured if one.error is None][:_MOST]
    if not shown:
        return
    figure = Figure(figsize=(11, 2.6 * len(shown) + 0.4), layout="constrained")
    axes = figure.subplots(len(shown), 2, squeeze=False)
    for (left, right), one in zip(axes, shown, strict=True):
        _weights(left, one, inputs, folder)
        _deviation(right, one)
    try:
        figure.savefig(file, dpi=110)
    except OSError as error:
        raise LabError(f"{file}: {error.strerror or error}") from error


def _weights(axes: Any, measured: Measured, inputs: Inputs, folder: Path) -> None:  # noqa: ANN401 -- has no types
    """The weight that is furthest apart in the end, over the steps."""
    width = sum(tensor.size for tensor in layout(measured.experiment, inputs))
    original = trajectory(TENSORFLOW, measured.number, folder)
    emitted = {run.mode: trajectory(run.mode, measured.number, folder) for run in measured.runs}
    worst = _furthest(original, emitted[measured.worst.mode], width)
    axes.plot(original[worst::width], color="0.2", linewidth=2.5, alpha=0.5, label="TensorFlow")
    for mode, numbers in emitted.items():
        axes.plot(numbers[worst::width], color="tab:red", label=f"MindSpore {mode}", **_STYLES.get(mode, {}))
    experiment = measured.experiment
    axes.set_title(f"{experiment.title}, {experiment.fidelity}: {experiment.target}", fontsize=9, loc="left")
    axes.set_ylabel("weight" if experiment.kind == "optimizer" else "learning rate")
    axes.legend(fontsize=8, frameon=False)


def _furthest(original: array[float], emitted: array[float], width: int) -> int:
    """The place of the weight that is furthest apart at the last step."""
    last = zip(original[-width:], emitted[-width:], strict=True)
    distances = [abs(one - other) for one, other in last]
    return distances.index(max(distances))


def _deviation(axes: Any, measured: Measured) -> None:  # noqa: ANN401 -- has no types
    for run in measured.runs:
        heights = [max(deviation, _FLOOR) for deviation in run.by_step]
        axes.plot(heights, color="tab:red", label=run.mode, **_STYLES.get(run.mode, {}))
    axes.set_yscale("log")
    axes.set_ylim(_FLOOR / 2, 10)
    axes.axhline(1e-6, color="0.6", linewidth=0.8)
    axes.text(0, 1.3e-6, "float32 rounding", fontsize=7, color="0.4")
    if not measured.deviation:
        axes.text(0.5, 0.5, "bit-equal", transform=axes.transAxes, ha="center", color="tab:green")
    axes.set_title(measured.verdict, fontsize=9, loc="left")
    axes.set_xlabel("step", fontsize=8)
    axes.set_ylabel("relative deviation")
