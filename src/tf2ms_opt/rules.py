"""The schema of rule files: what a rule may say, as frozen structures that are validated whole at load.

A rule is data: nothing in it is evaluated but Python literals, and nothing here reads a file.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Literal

import msgspec


class Kind(str, Enum):
    """What a target's argument takes, and so how a source value is adapted to it."""

    LEARNING_RATE = "learning-rate"  # a float, a schedule, or anything that MindSpore turns into a float
    FLOAT = "float"
    POSITIVE_FLOAT = "positive-float"
    INT = "int"
    BOOL = "bool"
    NUMBER = "number"  # whole or not
    NUMBERS = "numbers"  # a list of numbers
    OPTIONAL_FLOAT = "optional-float"  # a float or None
    TEXT = "text"  # a word, or a list of names: a class of ours takes it as the source does


class Action(str, Enum):
    """What becomes of a source parameter that has no target parameter."""

    DROP = "drop"  # without any effect on training
    REVIEW = "review"  # dropped, and the report names what has to be added
    REFUSE = "refuse"  # the site is left
    STEP = "step"  # the counter of steps, which MindSpore's optimizers have themselves: dropped and reported
    IGNORED = "ignored"  # TensorFlow itself ignores it, and the report says so
    ERROR = "error"  # TensorFlow itself refuses it: the site is left
    WRAP = "wrap"  # carried out by the runtime's class around the optimizer
    LEARNING_RATE_DECAY = "learning-rate-decay"  # lr / (1 + decay * step): becomes a schedule around the learning rate


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of a rule file: an unknown key is an error."""


class TargetParameter(Table, frozen=True):
    """A parameter of the MindSpore class, in the order in which calls are written."""

    name: str
    kind: Kind
    #: Python literal; None for a parameter that has to be given
    default: str | None = None
    #: written even when the source leaves it to its default, because the two defaults differ
    pin: bool = False
    #: what is always written, for a parameter that no argument of the source has a say in
    value: str | None = None


class Target(Table, frozen=True):
    """The MindSpore class that a rule emits; without a name where MindSpore has none, and ``reason`` says so."""

    parameter: tuple[TargetParameter, ...]
    name: str = ""
    docs: str = ""
    reason: str = ""
    #: it raises for a schedule, so that not even a plain renaming can be given one
    constant_rate: bool = False

    def find(self, name: str) -> TargetParameter | None:
        return next((parameter for parameter in self.parameter if parameter.name == name), None)


class Parameter(Table, frozen=True):
    """A parameter of the source class, in its positional order."""

    name: str
    #: Python literal; None for a parameter that has to be given
    default: str | None = None
    to: str | None = None
    #: the runtime class's parameter, where it has another name there, or where MindSpore's class has none
    runtime_to: str | None = None
    action: Action | None = None
    #: the parameter that this one does nothing without
    only_with: str = ""
    #: literals for which the parameter does nothing, so that it is dropped without a word
    inert: tuple[str, ...] = ()
    #: the literal that the source itself takes for None, 0 or False
    falsy: str | None = None
    keyword_only: bool = False
    reason: str = ""
    help: str = ""
    #: what is reported where the parameter is left to its default: older versions had another one
    default_was: str = ""


class State(Table, frozen=True):
    """A list of state parameters that MindSpore starts elsewhere than the source does."""

    attribute: str
    #: the loop variable of the emitted lines
    each: str
    value: Literal["0", "1"]
    actual: Literal["0", "1"]
    because: str


class Difference(Table, frozen=True):
    """A named point in which target and source differ, where all of ``when`` holds (or cannot be ruled out)."""

    finding: Literal["formula-differs", "backend-difference"]
    reason: str
    help: str = ""
    #: source parameter -> condition: see ``is_condition``
    when: dict[str, str] = {}
    #: it is one of the runtime's class as well
    runtime: bool = False


class Instead(Table, frozen=True):
    """Settings for which the runtime's class is emitted at ``stock`` too, because MindSpore's would be wrong there."""

    reason: str
    #: source parameter -> condition that holds, or cannot be ruled out
    when: dict[str, str] = {}
    #: parameters whose value is not known
    unknown: tuple[str, ...] = ()
    #: the conditions have to be known to hold: for what MindSpore's class refuses with an error
    certain: bool = False
    #: the learning rate is a schedule; for "changes" the file may also set it at run time
    rate: Literal["", "schedule", "changes"] = ""


class RuntimeClass(Table, frozen=True):
    """The classes of the runtime module that compute a source's formula to the last bits.

    They take the target's arguments, so that they can be exchanged for it by their names alone.
    """

    #: generation -> class
    classes: dict[str, str]
    #: arguments of the target that the class does not take, because they have no part in what it computes
    without: tuple[str, ...] = ()
    #: arguments for which the class takes more than the target does: an epsilon of 0
    kind: dict[str, Kind] = {}
    #: parameters that the class has and the target does not
    parameter: tuple[TargetParameter, ...] = ()
    instead: tuple[Instead, ...] = ()


class Parity(Table, frozen=True):
    """What the parity lab runs for a rule; every text is the source's own: a literal, or a schedule of literals."""

    #: source parameter -> the settings that are measured apart, literals or conditions that ``values`` have to meet
    rows: dict[str, tuple[str, ...]] = {}
    #: arguments of a run; each is run for every row, and the largest deviation counts
    values: tuple[dict[str, str], ...] = ({},)


class Source(Table, frozen=True):
    """A source class: the generations in which it is the same, the names it goes by and its signature."""

    generations: tuple[str, ...]
    class_name: str
    parameter: tuple[Parameter, ...]
    #: module file of the class inside its framework, for imports from there
    module: str = ""
    #: dotted names beside those that the generation's modules give
    names: tuple[str, ...] = ()
    #: module -> how many arguments mean the same by position in all versions that this generation covers
    positional: dict[str, int] = {}
    #: generation -> base-class parameter -> its default, where it is not that of the base class
    base_default: dict[str, dict[str, str]] = {}
    state: tuple[State, ...] = ()
    difference: tuple[Difference, ...] = ()
    #: instead of the rule's own
    target: Target | None = None
    runtime: RuntimeClass | None = None
    parity: Parity = Parity()


class Row(Table, frozen=True):
    """What was measured for one generation, one setting and one fidelity."""

    generation: str
    fidelity: Literal["names", "stock", "exact"]
    #: source parameter -> the setting, as in ``Difference.when``
    when: dict[str, str]
    #: what lets the learning rate fall: a schedule's class, or the argument that stands for one; empty for a constant
    schedule: str
    #: the class that was emitted
    target: str
    #: gradient scale -> the largest deviation of a weight, relative to the largest weight of its tensor
    deviation: dict[str, float]
    #: the largest deviation up to the steps that the evidence names
    curve: tuple[float, ...]
    #: how far TensorFlow's own two modes, eager and tf.function, are apart
    itself: float

    @property
    def largest(self) -> float:
        return max(self.deviation.values())

    @property
    def setting(self) -> str:
        return setting_in_words(self.when, self.schedule)


class Evidence(Table, frozen=True):
    """What the parity lab measured for a rule: a file in ``rules/evidence``, written by the lab and never by hand."""

    steps: int
    back_end: str
    versions: dict[str, str]
    #: the steps of the curves
    curve_steps: tuple[int, ...]
    #: generation -> source parameter -> the values that were run, as the source writes them
    measured: dict[str, dict[str, tuple[str, ...]]]
    row: tuple[Row, ...]


class Rule(Table, frozen=True):
    """One rule file: an optimizer or a schedule, from every generation to one MindSpore class."""

    summary: str
    #: of the sources that have no target of their own
    target: Target
    source: tuple[Source, ...]
    kind: Literal["optimizer", "schedule"] = "optimizer"
    #: what `compile(optimizer="...")` and `optimizers.get("...")` call it, in lower case
    strings: tuple[str, ...] = ()
    #: what of the formula depends on the number of steps, which Keras counts for all models of one object together
    counts_steps: str = ""
    #: the file's stem; filled in at load
    name: str = ""
    #: from the file of the same name in the folder ``evidence``; filled in at load
    evidence: Evidence | None = None


def setting_in_words(when: Mapping[str, str], schedule: str) -> str:
    """``momentum=0.0, centered=True``, with what lets the learning rate fall."""
    settings = [f"{name}={text}" for name, text in when.items()]
    return ", ".join([*settings, *([schedule] if schedule else [])])


def is_condition(text: str) -> bool:
    """Whether ``text`` is a condition that many values meet: ``nonzero``, ``fraction``, ``> 0.1`` or ``< 0.1``."""
    return text in ("nonzero", "fraction") or (text[:1] in ("<", ">") and is_literal(text[1:].strip()))


@cache  # every site asks for the defaults of its rule
def literal(text: str) -> object:
    """The value of a rule file's Python literal; raises ``ValueError`` or ``SyntaxError`` for anything else."""
    return ast.literal_eval(text)


def is_literal(text: str) -> bool:
    """Whether ``text`` is a Python literal."""
    try:
        literal(text)
    except (SyntaxError, ValueError):
        return False
    return True
