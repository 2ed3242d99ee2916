"""What the parity lab knows of a site: the rows of a rule's evidence that its settings fall under, and what they say.

Nothing is claimed beyond what was run: a value outside of the measured ones has no evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import floor, log10

from tf2ms_opt.rules import Evidence, Row, is_condition, is_literal, literal

#: largest relative deviation that counts as the rounding of float32: two builds of TensorFlow differ by as much
ROUNDING = 1e-6
#: largest relative deviation of a class that is called exact
EXACT = 2e-7

#: source parameter -> (whether its value is known, the value)
Settings = Mapping[str, tuple[bool, object]]


@dataclass(frozen=True, slots=True)
class Setting:
    """A site as the evidence sees it: its generation, its arguments, and the schedules that its learning rate has."""

    generation: str
    arguments: Settings
    #: class of the schedule, or the name of the argument that stands for one (legacy Keras' ``decay``)
    schedule: str | None = None
    #: the file may set the learning rate at run time
    changes: bool = False


def verdict(deviation: float, tolerance: float = ROUNDING) -> str:
    """``bit-equal``, ``within float32 rounding``, ``within the tolerance`` where that is larger, or ``differs``."""
    if deviation == 0:
        return "bit-equal"
    if deviation > tolerance:
        return "differs"
    return "within float32 rounding" if deviation <= ROUNDING else "within the tolerance"


def conditions(evidence: Evidence) -> str:
    """What it was measured with: ``TensorFlow 2.21 / MindSpore 2.10, CPU``."""
    tensorflow, mindspore = (".".join(evidence.versions[name].split(".")[:2]) for name in ("tensorflow", "mindspore"))
    return f"TensorFlow {tensorflow} / MindSpore {mindspore}, {evidence.back_end}"


def bound(deviation: float) -> float:
    """What a measurement promises: the next of 1, 2, 5, 10, ... above it; nothing but 0 for a measured 0.

    A deviation within the rounding of float32 depends on the processor in its last digits and is never promised below
    ``EXACT``; one above it depends on the gradients, and twice of it is promised.
    """
    if deviation == 0:
        return 0.0
    if deviation <= EXACT:
        return EXACT
    wanted = deviation if deviation <= ROUNDING else 2 * deviation
    power = 10.0 ** floor(log10(wanted))
    return float(f"{next(step * power for step in (1, 2, 5, 10) if step * power >= wanted * (1 - 1e-12)):.0e}")


def rows(evidence: Evidence | None, setting: Setting, fidelity: str) -> tuple[Row, ...]:
    """The rows that hold for ``setting``, or cannot be ruled out; empty where its arguments were not measured."""
    if evidence is None or not _covered(evidence, setting):
        return ()
    wanted = (setting.generation, fidelity, setting.schedule or "")
    found = (row for row in evidence.row if (row.generation, row.fidelity, row.schedule) == wanted)
    given = setting.arguments
    return tuple(row for row in found if all(may_hold(given[name], text) for name, text in row.when.items()))


def proven_exact(evidence: Evidence | None, setting: Setting, target: str) -> bool:
    """Whether MindSpore's own class ``target`` was measured to compute ``setting`` to the last bit.

    An argument on which that depends has to be known.
    """
    found = rows(evidence, setting, "stock")
    if any(row.target != target for row in found):
        return False
    known = all(setting.arguments[name][0] for row in found for name in row.when)
    return bool(found) and known and all(row.largest == 0 for row in found)


def may_hold(argument: tuple[bool, object], text: str) -> bool:
    """Whether the argument is the literal ``text``, or meets it as a condition, or may do so."""
    known, value = argument
    if not known:
        return True
    if is_condition(text):
        return _meets(value, text)
    return same(value, text) or (not isinstance(value, bool) and value == literal(text))


def _meets(value: object, condition: str) -> bool:
    if condition == "nonzero":
        return bool(value)
    if not isinstance(value, (int, float)):
        return False
    if condition == "fraction":
        return not float(value).is_integer()
    limit = literal(condition[1:].strip())
    return isinstance(limit, (int, float)) and (value < limit if condition[0] == "<" else value > limit)


def same(value: object, text: str) -> bool:
    """Whether ``value`` is the literal ``text``; True is not 1 here, and None is only None."""
    other = literal(text)
    if isinstance(value, bool) or isinstance(other, bool) or value is None or other is None:
        return value is other
    return value == other


def _covered(evidence: Evidence, setting: Setting) -> bool:
    """Whether every argument lies within what was run for this generation."""
    measured = evidence.measured.get(setting.generation)
    if measured is None:
        return False
    return all(
        not known or name not in measured or _within(value, measured[name])
        for name, (known, value) in setting.arguments.items()
    )


def _within(value: object, texts: Iterable[str]) -> bool:
    run = [literal(text) for text in texts if is_literal(text)]
    numbers = [one for one in run if isinstance(one, (int, float)) and not isinstance(one, bool)]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and numbers:
        return min(numbers) <= value <= max(numbers)
    return value in run
