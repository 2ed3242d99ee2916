"""Where the optimizer of a step may come from: all of it has to be converted with the step."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.trace.handed import parameter_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind, FunctionNode, dotted
from tf2ms_opt.trace.uses import Use


def check_origins(module: Module, use: Use, converted: AbstractSet[ast.expr], *, handed: bool) -> None:
    """What takes the step is nothing that comes from elsewhere; ``handed`` tells that what callers pass is known.

    Raises ``StepLeftError``.
    """
    for leaf in () if handed else _leaves(module, use.node, converted, set()):
        if leaf.kind is BindingKind.PARAMETER:
            raise StepLeftError(f"it may also be what a caller passes for {leaf.key}", use.node)
    key = dotted(use.node) or ""
    method, attribute = module.method_of(module.index.scope(use.node)), key.partition(".")[2]
    if method is None or not attribute or key != f"{method[2]}.{attribute}":
        return
    for other in module.cached(_set_from_outside).get(attribute, ()):
        line = module.position(other)[0]
        raise StepLeftError(f"line {line} sets {attribute} from outside of its class", other)


def _leaves(module: Module, node: ast.expr, converted: AbstractSet[ast.expr], seen: set[ast.expr]) -> Iterator[Binding]:
    """The bindings without a value of their own from which ``node`` may come."""
    if node in converted or node in seen:
        return
    seen.add(node)
    match node:
        case ast.IfExp(body=first, orelse=second):
            parts = [first, second]
        case ast.BoolOp(values=values):
            parts = values
        case _:
            bindings = module.origins(node)
            yield from (one for one in bindings if one.value is None)
            parts = [one.value for one in bindings if one.value is not None]
    for part in parts:
        yield from _leaves(module, part, converted, seen)


def _set_from_outside(module: Module) -> dict[str, list[ast.stmt]]:
    """Attribute -> the statements that set it for an object that is not their method's self."""
    found: dict[str, list[ast.stmt]] = {}
    for key, pairs in module.index.bound.items():
        holder, _, attribute = key.rpartition(".")
        for scope, binding in pairs if holder else ():
            method = module.method_of(scope)
            if binding.statement is not None and (method is None or holder != method[2]):
                found.setdefault(attribute, []).append(binding.statement)
    return found


def check_callers(
    module: Module, use: Use, converted: AbstractSet[ast.expr], told: tuple[FunctionNode, str] | None
) -> None:
    """A function that steps its parameter gets nothing but converted optimizers.  Raises ``StepLeftError``.

    ``told`` is the function and its parameter where other files call it.
    """

    def values(call: ast.Call) -> list[ast.expr]:
        return [*call.args, *(keyword.value for keyword in call.keywords)]

    def is_converted(value: ast.expr) -> bool:
        return not converted.isdisjoint([value, *(one.value for one in module.origins(value) if one.value)])

    given = [(known, value) for known in use.calls for value in values(known) if is_converted(value)]
    taken = ({parameter_of(module, known, value) for known, value in given} | {told}) - {None}
    for call in module.index.calls if taken else ():
        for value in values(call):
            if parameter_of(module, call, value) in taken and not is_converted(value):
                text = module.text(value)
                raise StepLeftError(f"the step is also given {text}, which is no converted optimizer", call)
