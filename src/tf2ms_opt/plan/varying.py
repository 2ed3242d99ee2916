"""Why a value cannot be written as a number: TensorFlow calculates it, or it is another one at every step."""

from __future__ import annotations

import ast

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.plan.schedules import NUMBERS, Flow, Schedule, flow_of
from tf2ms_opt.trace.module import Module


def tensorflow_value(module: Module, node: ast.expr, argument: str, place: tuple[int, int]) -> Finding | None:
    """Why a number that TensorFlow calculates cannot be taken over: a variable may change while it trains."""
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        operands = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.operand,)
        return next(filter(None, (tensorflow_value(module, one, argument, place) for one in operands)), None)
    bindings = module.origins(node) if isinstance(node, (ast.Name, ast.Attribute)) else ()
    for value in (node, *(binding.value for binding in bindings)):
        source = module.framework_name(value.func) if isinstance(value, ast.Call) else None
        if source is not None and not source.endswith(NUMBERS):
            return finding("unsupported-value/tensorflow", *place, argument=argument, source=source)
    return None


def varying(module: Module, node: ast.expr, argument: str, place: tuple[int, int]) -> Finding | None:
    """A finding where ``node`` gives another value at every step, which only a learning rate may."""
    if isinstance(node, ast.Lambda):
        return finding("unsupported-value/varies", *place, argument=argument, source="a function")
    found = flow_of(module, node, argument, place)
    if isinstance(found, Flow):
        first = found.schedules[0]
        name = first.candidate.source.class_name if isinstance(first, Schedule) else first.owner.name
        return finding("unsupported-value/varies", *place, argument=argument, source=f"a schedule ({name})")
    return found or tensorflow_value(module, node, argument, place)
