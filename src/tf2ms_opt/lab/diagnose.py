"""Reads from a deviation where the fault may be: which step it begins at, and for which gradients.

Used where no rule says why the two differ; it suspects, and proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from tf2ms_opt.evidence import ROUNDING
from tf2ms_opt.lab.measure import Measured

#: gradients of this size and more are far above every usual epsilon, but for the few that are near 0
_LARGE = 1.0


def suspicions(measured: Measured) -> tuple[str, ...]:
    """What may be wrong with the emitted optimizer, the likeliest first."""
    return tuple(_suspicions(measured))


def _suspicions(measured: Measured) -> Iterator[str]:
    run = measured.worst
    if run.error is not None or run.at_first is None or run.deviation <= ROUNDING:
        return
    if measured.experiment.kind == "schedule":
        yield "the formula or an argument of the schedule"
        return
    largest = max(run.at_first)
    large = run.at_first[largest] if largest >= _LARGE else 0.0
    small = max(run.at_first.values())
    if large > ROUNDING:
        yield "the first step differs, even for large gradients: the starting state of an average, or the learning rate"
    elif small > ROUNDING:
        yield "the first step differs for small gradients alone: the value of epsilon, or its place in the root"
    elif measured.experiment.l2:
        yield "only later steps differ, and the weights decay: the factor of weight_decay (2 * x for l2(x))"
    elif measured.experiment.schedule:
        yield "only later steps differ, and the learning rate falls: the schedule or its arguments"
    else:
        yield "only later steps differ: the factor of an average (rho, decay), or the momentum"
