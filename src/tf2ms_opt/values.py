"""How a source value is adapted to what a MindSpore argument takes: the conversions that rules name by kind.

Decided from the syntax of the value and, where a name can only be one constant, from that constant.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tf2ms_opt.rules import Kind

_MUCH = 2**53  # whole numbers above this are no floats any more
_FLOAT_CALLS = {"float"}
_BOOL_CALLS = {"bool", "isinstance", "callable", "hasattr", "any", "all"}


@dataclass(frozen=True, slots=True)
class Adapted:
    """What to write: the source's own text, ``text`` instead of it, or the source's text inside ``wrap(...)``."""

    wrap: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why MindSpore's argument cannot take the value."""

    reason: str


AS_IS = Adapted()


def adapt(kind: Kind, node: ast.expr, *, literal: bool, known: bool, value: object) -> Adapted | Refused:
    """Adapt ``node`` to ``kind``.

    ``literal`` says that ``node`` is a constant itself, ``known`` that its value can only be ``value``.
    """
    if kind is Kind.OPTIONAL_FLOAT and (value is None or not known):
        return AS_IS  # None, or it may be
    if kind is Kind.TEXT:
        return AS_IS
    if known and (value is None or isinstance(value, (str, bytes))):
        return Refused(f"MindSpore takes a number, not {value!r}")
    match kind:
        case Kind.NUMBERS | Kind.NUMBER:
            one = kind is Kind.NUMBERS and known
            return Refused(f"MindSpore takes a list of numbers, not {value!r}") if one else AS_IS
        case Kind.FLOAT | Kind.POSITIVE_FLOAT | Kind.OPTIONAL_FLOAT:
            if kind is Kind.POSITIVE_FLOAT and known and isinstance(value, (int, float)) and value <= 0:
                return Refused(f"MindSpore takes only values above 0, not {value!r}")
            return _float(node, literal=literal, known=known, value=value)
        case Kind.LEARNING_RATE:
            return _learning_rate(node, known=known, value=value)
        case Kind.INT:
            return _int(literal=literal, known=known, value=value)
        case Kind.BOOL:
            return _bool(node, literal=literal, known=known, value=value)


def is_pure(node: ast.expr) -> bool:
    """Whether evaluating ``node`` earlier or twice could not be told: constants, names, attributes, arithmetic."""
    match node:
        case ast.Constant() | ast.Name():
            return True
        case ast.Attribute(value=inner) | ast.UnaryOp(operand=inner):
            return is_pure(inner)
        case ast.BinOp(left=left, right=right) | ast.Subscript(value=left, slice=right):
            return is_pure(left) and is_pure(right)
        case ast.Call(
            func=ast.Name(id="float" | "int" | "bool" | "len" | "min" | "max" | "abs" | "round" | "pow"), keywords=[]
        ):
            return all(is_pure(argument) for argument in node.args)
        case ast.Compare():
            return all(is_pure(part) for part in (node.left, *node.comparators))
        case ast.List() | ast.Tuple():
            return all(is_pure(element) for element in node.elts)
        case _:
            return False


def _float(node: ast.expr, *, literal: bool, known: bool, value: object) -> Adapted | Refused:
    if known and isinstance(value, float):
        return AS_IS
    if known and isinstance(value, int):
        if abs(value) > _MUCH:
            return Refused("MindSpore takes a float, and the number is too large for one")
        return Adapted(text=repr(float(value))) if literal else Adapted(wrap="float")
    if known:
        return Refused(f"MindSpore takes a number, not {value!r}")
    if isinstance(node, (ast.Lambda, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.GeneratorExp)):
        return Refused("MindSpore takes a number")
    return AS_IS if _is_float(node) else Adapted(wrap="float")


def _is_float(node: ast.expr) -> bool:
    """Whether arithmetic on Python numbers can only give a float."""
    match node:
        case ast.Constant(value=float()):
            return True
        case ast.UnaryOp(operand=inner):
            return _is_float(inner)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult(), left=left, right=right):
            return _is_float(left) or _is_float(right)
        case ast.BinOp(op=ast.Pow(), left=left):
            return _is_float(left)
        case ast.Call(func=ast.Name(id=name)):
            return name in _FLOAT_CALLS
        case _:
            return False


def _learning_rate(node: ast.expr, *, known: bool, value: object) -> Adapted | Refused:
    if known and isinstance(value, (int, float)):
        return Refused(f"MindSpore refuses a learning rate below 0 ({value!r})") if value < 0 else AS_IS
    if known:
        return Refused(f"MindSpore takes a number or a schedule, not {value!r}")
    match node:
        case ast.Lambda():
            return Refused("MindSpore takes a number or a schedule, not a function")
        case ast.List() | ast.Tuple() | ast.ListComp() | ast.GeneratorExp() | ast.Dict() | ast.Set():
            return Refused("MindSpore reads a sequence as one value for each step")
        case ast.UnaryOp(op=ast.USub()):
            return Refused("MindSpore refuses a learning rate below 0; negate the loss instead")
        case _:
            return AS_IS


def _int(*, literal: bool, known: bool, value: object) -> Adapted | Refused:
    if known and isinstance(value, float):
        if not value.is_integer():
            return Refused(f"MindSpore takes a whole number, not {value!r}")
        return Adapted(text=repr(int(value))) if literal else Adapted(wrap="int")
    return AS_IS


def _bool(node: ast.expr, *, literal: bool, known: bool, value: object) -> Adapted | Refused:
    if known and isinstance(value, bool):
        return AS_IS
    if known and isinstance(value, (int, float)) and literal:
        return Adapted(text=repr(bool(value)))
    match node:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return AS_IS
        case ast.Call(func=ast.Name(id=name)) if name in _BOOL_CALLS:
            return AS_IS
        case _:
            return Adapted(wrap="bool")
