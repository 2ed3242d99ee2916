"""What is known of a value in a schedule's class, and the rewriting of that class as it comes together."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.imports import OPS, Aliases
from tf2ms_opt.trace.module import Module

FLOAT32 = "mindspore.float32"


class ScheduleLeftError(Exception):
    """The class stays as it is, for what stands at ``node``."""

    def __init__(self, reason: str, node: ast.expr | ast.stmt) -> None:
        super().__init__(reason)
        self.reason = reason
        self.node = node


class Kind(Enum):
    """What an expression gives while the rate of a step is calculated.

    Every tensor is one of float32 in MindSpore; what TensorFlow has of whole numbers is told apart, because it divides
    those in float64.
    """

    NUMBER = auto()  # of Python's: the same at every step
    STEP = auto()  # the number of the step as it comes in
    WHOLE = auto()  # a tensor of whole numbers
    FLOAT = auto()
    TRUTH = auto()  # a tensor of truth values
    SCHEDULE = auto()
    DTYPE = auto()  # float32
    LABEL = auto()  # the name of a scope, which goes with it
    OPAQUE = auto()  # a list, an object: nothing that a rate can be calculated with


@dataclass(frozen=True, slots=True)
class Value:
    """An expression's kind, and what else there is to know of it."""

    kind: Kind
    #: it has the shape of the step
    stepped: bool = False
    #: a number that is whole for certain
    whole: bool = False
    #: a number that MindSpore calculates in float32, while it compiles, where Python has float64
    rounded: bool = False
    #: TensorFlow calculates it in float64
    double: bool = False

    @property
    def tensor(self) -> bool:
        return self.kind in (Kind.STEP, Kind.WHOLE, Kind.FLOAT)


NUMBER = Value(Kind.NUMBER)
FLOAT = Value(Kind.FLOAT)
OPAQUE = Value(Kind.OPAQUE)


def calculated(*values: Value) -> Value:
    """The result of an operator on tensors, which is a tensor of float32."""
    return Value(
        Kind.FLOAT, stepped=any(one.stepped for one in values), double=any(one.double for one in values)
    )  # fmt: skip


def joined(first: Value, second: Value) -> Value | None:
    """What a value is that may be either; None where the two cannot stand for each other."""
    if first.tensor and second.tensor:
        kind = first.kind if first.kind is second.kind else Kind.FLOAT
        stepped = first.stepped and second.stepped
        return Value(kind, stepped=stepped, double=first.double or second.double)
    if first.kind is not second.kind:
        return None
    whole, rounded = first.whole and second.whole, first.rounded or second.rounded
    return replace(first, stepped=first.stepped and second.stepped, whole=whole, rounded=rounded)


@dataclass(slots=True)
class Rewriting:
    """The edits of one class while they are collected."""

    module: Module
    names: Aliases
    splices: list[Splice] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    gone: list[ast.expr] = field(default_factory=list)
    #: functions that are gone over where they are called
    followed: set[ast.AST] = field(default_factory=set)

    def replace(self, start: int, end: int, text: str) -> None:
        self.splices.append(Splice(start, end, (text,)))

    def insert(self, at: int, text: str, rank: int = 0) -> None:
        self.splices.append(Splice(at, at, (text,), rank))

    def operator(self, name: str) -> str:
        """How the result names a function of ``mindspore.ops``."""
        self.needs.add(OPS)
        return f"{self.names.ops}.{name}"

    def callee(self, func: ast.expr, text: str) -> None:
        """The function that is called becomes another one."""
        source = self.module.source
        self.replace(source.start(func), source.end(func), text)
        self.gone.append(func)

    def imported(self, qualified: str) -> str:
        """How the result names what is imported."""
        self.needs.add(qualified)
        return self.names.names[qualified]

    def as_tensor(self, node: ast.expr) -> None:
        """The number ``node`` becomes a tensor of float32."""
        source = self.module.source
        self.insert(source.start(node), f"{self.operator('cast')}(", rank=1)
        self.insert(source.end(node), f", {self.imported(FLOAT32)})", rank=-1)

    def rendered(self, node: ast.expr) -> str:
        """The text of ``node`` with the edits in it, which are taken back."""
        source = self.module.source
        start, end = source.start(node), source.end(node)
        own = [one for one in self.splices if start <= one.start and one.end <= end]
        self.splices = [one for one in self.splices if one not in own]
        pieces, done = [], start
        for one in sorted(own, key=lambda splice: (splice.start, splice.end, splice.rank)):
            pieces += [source.data[done : one.start].decode(), *(part for part in one.parts if isinstance(part, str))]
            done = one.end
        return "".join([*pieces, source.data[done:end].decode()])
