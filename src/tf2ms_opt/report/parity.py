"""What the parity lab measured, for people and as JSON.

It renders numbers that others worked out; the console is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tf2ms_opt import __version__
from tf2ms_opt.evidence import bound
from tf2ms_opt.lab.diagnose import suspicions
from tf2ms_opt.lab.experiments import Inputs
from tf2ms_opt.lab.measure import Measured, Run
from tf2ms_opt.lab.sites import Skipped
from tf2ms_opt.report.places import printable
from tf2ms_opt.report.wrapped import print_wrapped

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {
    "bit-equal": "green", "within float32 rounding": "green", "within the tolerance": "green", "differs": "yellow",
    "failed": "red",
}  # fmt: skip
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Conditions:
    """How everything was run."""

    inputs: Inputs
    tolerance: float
    device: str
    tensorflow_mode: str
    versions: Mapping[str, str]


def print_measured(console: Console, measured: Measured) -> None:
    """One experiment: what was run, how far the two are apart, and why as far as the rule knows."""
    experiment = measured.experiment
    title = f"{printable(experiment.title)}: "
    span = (len(title), len(measured.verdict), _STYLES[measured.verdict])
    print_wrapped(console, title + measured.verdict, "", span=span)
    original = f"{experiment.constructor.source()} of {experiment.generation} ({experiment.constructor.module})"
    print_wrapped(console, "  original   ", printable(original))
    code = [line for line in experiment.lines.splitlines() if not line.startswith("from ")]
    for number, line in enumerate(code):
        print_wrapped(console, "  emitted    " if not number else "             ", printable(line))
    for run in measured.runs:
        print_wrapped(console, f"  {run.mode:<11}", printable(_run(run)))
    scales = measured.by_scale()
    if experiment.kind == "optimizer" and measured.deviation:
        text = ", ".join(f"{deviation:.1e} at {scale:g}" for scale, deviation in scales.items())
        if text:
            print_wrapped(console, "  by gradient", f" {text}")
    for reason in (experiment.reasons or suspicions(measured)) if measured.verdict == "differs" else ():
        print_wrapped(console, "  why        ", printable(reason))


def _run(run: Run) -> str:
    if run.error is not None:
        return run.error.splitlines()[0]
    steps = f"{len(run.by_step)} steps"
    if not run.deviation:
        return f"{steps}, every bit of every weight is equal"
    where = "never" if run.first_beyond is None else f"first at step {run.first_beyond}"
    return f"{steps}, largest relative deviation {run.deviation:.1e}, beyond the tolerance {where}"


def print_skipped(console: Console, skipped: Skipped) -> None:
    """A site that was not run."""
    place = str(skipped.place)
    print_wrapped(console, "", printable(f"{place}: not run"))
    print_wrapped(console, "  why        ", printable(skipped.reason))


def print_rows(console: Console, rows: Sequence[Sequence[Measured]], claims: Sequence[float | None]) -> None:
    """The matrix of a rule: one line a row, the worst of its runs beside what the rule's evidence claims."""
    table = [_HEAD, *(_row(row, claim) for row, claim in zip(rows, claims, strict=True))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for number, row in enumerate(table):
        line = "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=True)).rstrip()
        span = (len(line) - len(row[-1]), len(row[-1]), _STYLES.get(row[-1], "")) if number else (0, len(line), "dim")
        print_wrapped(console, line, "", span=span)


_HEAD = ("generation", "setting", "fidelity", "emitted", "deviation", "claimed", "first beyond", "verdict")


def _row(runs: Sequence[Measured], claim: float | None) -> tuple[str, ...]:
    worst = max(runs, key=lambda one: (one.error is not None, one.deviation))
    experiment = worst.experiment
    beyond = worst.worst.first_beyond
    first = "never" if beyond is None else f"step {beyond}"
    deviation = worst.error.splitlines()[0] if worst.error else f"{worst.deviation:.1e}"
    claims = "-" if claim is None else f"{claim:g}"
    emitted = experiment.target.rpartition(".")[2]
    return (
        experiment.generation,
        experiment.setting,
        experiment.fidelity,
        emitted,
        deviation,
        claims,
        first,
        worst.verdict,
    )


def print_conditions(console: Console, conditions: Conditions | None) -> None:
    """How everything was run; None where nothing was."""
    if conditions is None:
        print_wrapped(console, "", "nothing could be run")
        return
    versions = ", ".join(f"{name} {version}" for name, version in conditions.versions.items())
    scales = ", ".join(f"{scale:g}" for scale in conditions.inputs.scales)
    text = (
        f"{conditions.inputs.steps} steps, gradients of size {scales}, seed {conditions.inputs.seed}, "
        f"tolerance {conditions.tolerance:g}; {versions}; {conditions.device}, TensorFlow {conditions.tensorflow_mode}"
    )
    print_wrapped(console, "", text, style="dim")


def document(measured: Iterable[Measured], skipped: Iterable[Skipped], conditions: Conditions) -> dict[str, Any]:
    """Everything as plain values for JSON."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "tf2ms-opt", "version": __version__},
        "conditions": {
            "steps": conditions.inputs.steps,
            "seed": conditions.inputs.seed,
            "scales": list(conditions.inputs.scales),
            "tolerance": conditions.tolerance,
            "back_end": conditions.device,
            "tensorflow_mode": conditions.tensorflow_mode,
            "versions": dict(conditions.versions),
        },
        "results": [_result(one) for one in measured],
        "skipped": [
            {
                "path": one.place.path,
                "cell": one.place.cell,
                "line": one.place.line,
                "column": one.place.column,
                "source": one.source,
                "reason": one.reason,
            }
            for one in skipped
        ],
    }


def _result(measured: Measured) -> dict[str, Any]:
    experiment, place = measured.experiment, measured.experiment.place
    known = measured.error is None
    return {
        "path": place.path if place else None,
        "cell": place.cell if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "rule": experiment.rule,
        "generation": experiment.generation,
        "setting": dict(experiment.when),
        "schedule": experiment.schedule or None,
        "source": experiment.constructor.source(),
        "fidelity": experiment.fidelity,
        "target": experiment.target,
        "emitted": experiment.lines,
        "verdict": measured.verdict,
        "deviation": _number(measured.deviation) if known else None,
        "bound": _number(bound(measured.deviation)) if known else None,
        "by_scale": {f"{scale:g}": _number(one) for scale, one in measured.by_scale().items()} if known else {},
        "runs": [_mode(run) for run in measured.runs],
        "tensorflow_against_itself": _number(measured.itself.deviation) if measured.itself else None,
        "reasons": list(experiment.reasons),
    }


def _mode(run: Run) -> dict[str, Any]:
    return {
        "mode": run.mode,
        "steps": len(run.by_step),
        "deviation": _number(run.deviation) if run.error is None else None,
        "first_step_beyond": run.first_beyond,
        "error": run.error,
    }


def _number(value: float) -> float | None:
    """JSON has no infinity."""
    return value if value != float("inf") else None
