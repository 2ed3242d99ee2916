"""Calls of Python's own functions in a schedule's class, which take numbers and mostly no tensors."""

from __future__ import annotations

import ast

from tf2ms_opt.plan.custom.expressions import Expressions
from tf2ms_opt.plan.custom.kinds import OPAQUE, Kind, ScheduleLeftError, Value, calculated

_BUILTINS = {"int", "float", "len", "round", "abs", "min", "max", "bool", "pow", "sum"}
_OF_TWO = {"min": "minimum", "max": "maximum"}


def number_call(found: Expressions, node: ast.Call) -> Value | None:
    """What a call of a builtin, of ``math`` or of ``numpy`` gives; None for another.  Raises ``ScheduleLeftError``."""
    module = found.module
    builtin = node.func.id if isinstance(node.func, ast.Name) and not module.origins(node.func) else ""
    packages = {name.partition(".")[0] for name in module.resolve(node.func).names}
    if builtin not in _BUILTINS and not (packages and packages <= {"math", "numpy"}):
        return None
    if "numpy" in packages and found.place.compiled:
        raise ScheduleLeftError(f"{found.text(node)} cannot be compiled; calculate it in __init__", node)
    if any(isinstance(one, ast.Starred) for one in node.args) or node.keywords:
        raise ScheduleLeftError(f"{found.text(node)} hands over arguments in a way that the tool does not follow", node)
    values = [found.of(one) for one in node.args]
    if all(one.kind is Kind.NUMBER for one in values):
        return _number(found, node, builtin, values)
    if builtin in _OF_TWO and len(values) == 2 and all(one.tensor or one.kind is Kind.NUMBER for one in values):  # noqa: PLR2004
        for one, value in zip(node.args, values, strict=True):
            found.note_raw(one, value)
        found.rewriting.callee(node.func, found.rewriting.operator(_OF_TWO[builtin]))
        if values[0].kind is Kind.NUMBER:
            found.rewriting.as_tensor(node.args[0])
        return calculated(*values)
    if all(one.kind in (Kind.NUMBER, Kind.OPAQUE) for one in values) and not found.place.compiled:
        return Value(Kind.NUMBER, whole=True) if builtin == "len" else OPAQUE
    raise ScheduleLeftError(f"{found.text(node)} takes a number of Python's, and the step is a tensor", node)


def _number(found: Expressions, node: ast.Call, builtin: str, values: list[Value]) -> Value:
    if builtin in ("int", "round"):
        for one, value in zip(node.args, values, strict=True):
            found.decides(one, value)
    whole = builtin in ("int", "len") or (builtin == "round" and len(values) == 1)
    whole = whole or (builtin in ("abs", "min", "max", "sum", "pow") and all(one.whole for one in values))
    plain = builtin in ("float", "bool", "abs", "min", "max")
    rounded = any(one.rounded for one in values) if plain else not whole
    return Value(Kind.NUMBER, whole=whole, rounded=rounded)
