"""The expressions of a schedule's class: what each gives, and what it becomes in MindSpore.

What is not known to calculate the same is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

from tf2ms_opt.plan.custom.kinds import NUMBER, Kind, Rewriting, ScheduleLeftError, Value, calculated, joined
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import FunctionNode

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.FloorDiv, ast.Mod)
_WHOLE = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
_JUMPS = (ast.FloorDiv, ast.Mod)
_COMPARES = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_ROUNDED = (
    "{text}: a number that Python calculates in float64 and MindSpore, which compiles it, in float32 decides here; "
    "calculate it in __init__ and use the attribute"
)
_DOUBLE = "{text}: TensorFlow divides whole numbers in float64 here; write tf.cast(step, tf.float32) first"


#: what a name stands for: a value, or a function that is gone over where it is called
Known: TypeAlias = "Value | FunctionNode | ast.Lambda"


@dataclass(slots=True)
class Place:
    """Where an expression stands: what its names and attributes are, and how calls in it are taken."""

    #: the name of the object itself, ``self``
    own: str
    attributes: Mapping[str, Value]
    locals: dict[str, Known]
    #: which generation of Keras hands over the step
    generation: str
    #: what a call gives, or ``ScheduleLeftError``
    call: Callable[[Expressions, ast.Call], Value]
    methods: Mapping[str, FunctionNode] = field(default_factory=dict)
    #: what a call of a function of the class gives
    function: Callable[[Expressions, FunctionNode | ast.Lambda, ast.Call], Value] | None = None
    #: the code is compiled, with the optimizer
    compiled: bool = True
    #: where the step is calculated with as it comes in, so that it has to become a float32
    raw: list[ast.expr] = field(default_factory=list)


class Expressions:
    """Goes over the expressions of one function, and collects what becomes of them."""

    def __init__(self, rewriting: Rewriting, place: Place) -> None:
        self.rewriting = rewriting
        self.place = place

    @property
    def module(self) -> Module:
        return self.rewriting.module

    def of(self, node: ast.expr) -> Value:
        """What ``node`` gives.  Raises ``ScheduleLeftError``."""
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None as value):
                return Value(Kind.NUMBER, whole=type(value) is int)
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._binary(node)
            case ast.Compare():
                return self._compare(node)
            case ast.BoolOp():
                return self._both(node)
            case ast.IfExp():
                return self._either(node)
            case ast.Call():
                return self.place.call(self, node)
            case _:
                raise ScheduleLeftError(f"{self.text(node)} is no number and no tensor", node)

    def text(self, node: ast.expr) -> str:
        return self.module.text(node)[:40]

    def number(self, node: ast.expr) -> Value:
        """``node`` as a number, or ``ScheduleLeftError``."""
        value = self.of(node)
        if value.kind is not Kind.NUMBER:
            raise ScheduleLeftError(f"{self.text(node)} depends on the step, and Python's numbers cannot", node)
        return value

    def operand(self, node: ast.expr) -> Value:
        """``node`` as something to calculate with."""
        value = self.of(node)
        if value.kind is not Kind.NUMBER and not value.tensor:
            raise ScheduleLeftError(f"{self.text(node)} is no number that a rate is calculated with", node)
        self.note_raw(node, value)
        return value

    def note_raw(self, node: ast.expr, value: Value) -> None:
        """Where the step is calculated with as it comes in."""
        if value.kind is Kind.STEP:
            self.place.raw.append(node)

    def decides(self, node: ast.expr, value: Value) -> None:
        """Refuse ``value`` where one rounding more of it can be another result."""
        if value.rounded and self.place.compiled:
            raise ScheduleLeftError(_ROUNDED.format(text=self.text(node)), node)
        if value.double:
            raise ScheduleLeftError(_DOUBLE.format(text=self.text(node)), node)

    # ------------------------------------------------------------------ names

    def _name(self, node: ast.Name) -> Value:
        known = self.place.locals.get(node.id)
        if isinstance(known, Value):
            return known
        if known is not None:
            raise ScheduleLeftError(f"the function {node.id} is not called here", node)
        found, value = self.module.constant(node)
        if found and isinstance(value, (int, float, str)):
            return Value(Kind.NUMBER, whole=isinstance(value, int))
        binding = self.module.only_binding(node)
        if binding is not None and binding.value is not None and plain(self.module, binding.value):
            return NUMBER
        raise ScheduleLeftError(f"what {node.id} is cannot be told from this file", node)

    def _attribute(self, node: ast.Attribute) -> Value:
        if isinstance(node.value, ast.Name) and node.value.id == self.place.own:
            found = self.place.attributes.get(node.attr)
            if found is None:
                raise ScheduleLeftError(f"{self.text(node)} is not set in __init__", node)
            return found
        if self.module.resolve(node).names & {"math.pi", "numpy.pi", "math.e", "numpy.e", "math.inf", "numpy.inf"}:
            return NUMBER
        if node.attr == "dtype" and not self.module.framework_name(node):
            value = self.of(node.value)
            if value.kind is Kind.FLOAT and not value.double:
                return Value(Kind.DTYPE)
        raise ScheduleLeftError(f"{self.text(node)} has no counterpart that the tool knows", node)

    # ------------------------------------------------------------------ operators

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self.number(node.operand)
        if isinstance(node.op, ast.Invert):
            raise ScheduleLeftError(f"{self.text(node)} has no counterpart that the tool knows", node)
        return self.operand(node.operand)

    def _binary(self, node: ast.BinOp) -> Value:
        left, right = self.operand(node.left), self.operand(node.right)
        if not isinstance(node.op, _ARITHMETIC):
            raise ScheduleLeftError(f"{self.text(node)} has no counterpart that the tool knows", node)
        if not left.tensor and not right.tensor:
            whole = left.whole and right.whole and isinstance(node.op, _WHOLE)
            return Value(Kind.NUMBER, whole=whole, rounded=not whole)
        if isinstance(node.op, _JUMPS):
            self.decides(node.left, left)
            self.decides(node.right, right)
        result = calculated(left, right)
        counted = all(one.kind in (Kind.STEP, Kind.WHOLE, Kind.NUMBER) for one in (left, right))
        if not counted or (Kind.STEP in (left.kind, right.kind) and self.place.generation == "legacy"):
            return result
        if isinstance(node.op, ast.Div):
            # Keras 3's own variable of the step divides in float32, a tensor of whole numbers in float64
            own = self.place.generation == "keras3" and Kind.STEP in (left.kind, right.kind)
            return result if own else replace(result, double=True)
        whole = isinstance(node.op, _WHOLE) and all(one.tensor or one.whole for one in (left, right))
        return replace(result, kind=Kind.WHOLE) if whole else result

    def _compare(self, node: ast.Compare) -> Value:
        operands = [node.left, *node.comparators]
        values = [self.of(one) for one in operands]
        if all(one.kind in (Kind.NUMBER, Kind.OPAQUE, Kind.SCHEDULE) for one in values):
            return NUMBER
        if len(operands) > 2 or not isinstance(node.ops[0], _COMPARES):  # noqa: PLR2004 -- left and right
            raise ScheduleLeftError(f"{self.text(node)} is no comparison that a tensor takes", node)
        for one, value in zip(operands, values, strict=True):
            if value.kind is not Kind.NUMBER and not value.tensor:
                raise ScheduleLeftError(f"{self.text(one)} is nothing to compare a step with", one)
            self.decides(one, value)
        return Value(Kind.TRUTH, stepped=any(one.stepped for one in values))

    def _both(self, node: ast.BoolOp) -> Value:
        values = [self.of(one) for one in node.values]
        if all(one.kind is Kind.NUMBER for one in values):
            return Value(Kind.NUMBER, rounded=any(one.rounded for one in values))
        if any(one.kind is not Kind.TRUTH for one in values):
            raise ScheduleLeftError(f"{self.text(node)} mixes what depends on the step with what does not", node)
        source = self.module.source
        operator = self.rewriting.operator("logical_and" if isinstance(node.op, ast.And) else "logical_or")
        for before, after in pairwise(node.values):
            start, end = source.end(before), source.start(after)
            if source.data[start:end].strip() not in (b"and", b"or"):
                raise ScheduleLeftError(f"{self.text(node)} has brackets or comments that the tool cannot move", node)
            self.rewriting.replace(start, end, ", ")
            self.rewriting.insert(source.start(before), f"{operator}(", rank=2)
        self.rewriting.insert(source.end(node), ")" * (len(values) - 1), rank=-2)
        return Value(Kind.TRUTH, stepped=any(one.stepped for one in values))

    def _either(self, node: ast.IfExp) -> Value:
        test, body, other = self.of(node.test), self.of(node.body), self.of(node.orelse)
        if test.kind is Kind.NUMBER:
            either = joined(body, other)
            if either is None:
                raise ScheduleLeftError(f"{self.text(node)} is a number or a tensor", node)
            return either
        source = self.module.source
        start, end = source.start(node), source.end(node)
        if b"#" in source.data[start:end]:
            raise ScheduleLeftError("a comment stands in the expression that is written anew", node)
        result = self.chosen(node, (node.test, node.body, node.orelse), (test, body, other))
        parts = ", ".join(self.rewriting.rendered(one) for one in (node.test, node.body, node.orelse))
        self.rewriting.replace(start, end, f"{self.rewriting.operator('where')}({parts})")
        return result

    def chosen(self, node: ast.expr, arguments: Sequence[ast.expr], values: Sequence[Value]) -> Value:
        """One of two values, by a condition that depends on the step."""
        test, *others = values
        if test.kind is not Kind.TRUTH:
            raise ScheduleLeftError(f"{self.text(arguments[0])} does not depend on the step", node)
        for one, value in zip(arguments[1:], others, strict=True):
            if not (value.tensor or value.kind is Kind.NUMBER):
                raise ScheduleLeftError(f"{self.text(one)} is no number that a rate is calculated with", node)
            self.note_raw(one, value)
        if all(one.kind is Kind.NUMBER and one.whole for one in others):
            raise ScheduleLeftError(f"{self.text(node)} chooses between whole numbers, which are no rates", node)
        return calculated(*values)


def plain(module: Module, value: ast.expr) -> bool:
    """Whether nothing of TensorFlow or Keras is in ``value``, and no function of the file."""
    return not any(
        (isinstance(node, (ast.Name, ast.Attribute)) and (module.framework_name(node) or _own_function(module, node)))
        or isinstance(node, (ast.Lambda, ast.Await, ast.Yield))
        for node in ast.walk(value)
    )  # fmt: skip


def _own_function(module: Module, node: ast.expr) -> bool:
    return any(
        isinstance(one.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) for one in module.origins(node)
    )
