"""What the parity lab measured for a site, as numbers and as the points of a small picture.

It draws on the rules' evidence alone; which rows concern a site was decided with the claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

from tf2ms_opt.evidence import ROUNDING, conditions
from tf2ms_opt.outcomes import Site
from tf2ms_opt.rules import Evidence, Row, Rule

#: the picture in its own units: where the axes stand
WIDTH, HEIGHT = 360, 150
LEFT, RIGHT, TOP, BOTTOM = 44, 352, 10, 124
#: the deviations at the two ends of the logarithmic axis; equal bits are drawn at the bottom
_LEAST, _MOST = 1e-9, 10.0
_TICKS = {1e-9: "0", 1e-6: "1e-6", 1e-3: "1e-3", 1.0: "1"}


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of the picture: the largest deviation so far, step by step."""

    title: str
    kind: str
    points: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured for the settings of a site: what is emitted, beside the plain renaming where that was run."""

    key: str
    rule: str
    generation: str
    setting: str
    fidelity: str
    conditions: str
    steps: int
    emitted: str
    renamed: str | None
    #: gradient size, deviation of the plain renaming ("-" where it was not run), and of what is emitted
    by_scale: tuple[tuple[str, str, str], ...]
    #: the largest of each
    worst_renamed: str | None
    worst_emitted: str
    curves: tuple[Curve, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    #: the height below which a deviation is float32's rounding
    rounding: float


def measurement(site: Site, rule: Rule) -> Measurement | None:
    """The measurement that the site's claim rests on: of several that may hold, the one that deviates most."""
    evidence = rule.evidence
    if evidence is None or not site.evidence:
        return None
    number = max(site.evidence, key=lambda place: evidence.row[place].largest)
    row = evidence.row[number]
    plain = _renamed(evidence, row)
    steps = evidence.curve_steps
    curves = [Curve("only renamed", "renamed", _points(plain, steps))] if plain is not None else []
    return Measurement(
        key=f"{rule.name}-{number}",
        rule=rule.name,
        generation=row.generation,
        setting=row.setting or "any setting",
        fidelity=row.fidelity,
        conditions=conditions(evidence),
        steps=evidence.steps,
        emitted=row.target,
        renamed=plain.target if plain is not None else None,
        by_scale=tuple(
            (scale, _number(plain.deviation[scale]) if plain and scale in plain.deviation else "-", _number(deviation))
            for scale, deviation in row.deviation.items()
        ),
        worst_renamed=_number(plain.largest) if plain is not None else None,
        worst_emitted=_number(row.largest),
        curves=(*curves, Curve("as converted", "emitted", _points(row, steps))),
        x_ticks=tuple((_x(step, steps), str(step)) for step in (steps[0], _middle(steps), steps[-1])),
        y_ticks=tuple((_y(deviation), label) for deviation, label in _TICKS.items()),
        rounding=_y(ROUNDING),
    )


def _renamed(evidence: Evidence, row: Row) -> Row | None:
    """The plain renaming under the same settings."""
    wanted = (row.generation, row.when, row.schedule)
    same = (one for one in evidence.row if (one.generation, one.when, one.schedule) == wanted)
    return next((one for one in same if one.fidelity == "names" and one is not row), None)


def _points(row: Row, steps: tuple[int, ...]) -> str:
    return " ".join(f"{_x(step, steps):g},{_y(value):g}" for step, value in zip(steps, row.curve, strict=True))


def _middle(steps: tuple[int, ...]) -> int:
    return min(steps, key=lambda step: abs(step - (steps[0] + steps[-1]) / 2))


def _x(step: int, steps: tuple[int, ...]) -> float:
    return round(LEFT + (RIGHT - LEFT) * (step - steps[0]) / max(steps[-1] - steps[0], 1), 1)


def _y(deviation: float) -> float:
    inside = min(max(deviation, _LEAST), _MOST)
    return round(BOTTOM - (BOTTOM - TOP) * (log10(inside) - log10(_LEAST)) / (log10(_MOST) - log10(_LEAST)), 1)


def _number(deviation: float) -> str:
    return f"{deviation:.2g}" if deviation else "bit-equal"
