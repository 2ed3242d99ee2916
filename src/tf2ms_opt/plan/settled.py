"""Whether everything that a schedule goes to is converted with it: its names, its functions, and its class."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.neighbours import Neighbours
from tf2ms_opt.plan.custom.classes import instances
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.readings import Reading, reading
from tf2ms_opt.plan.schedules import Flow, OwnSchedule
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import FunctionNode


def readings(module: Module, names: Aliases, flow: Flow, taken: Collection[ast.expr]) -> dict[ast.expr, Reading]:
    """The places where the file itself calls a schedule of ``flow`` in a way that can be converted with it."""
    uses = [use for key, value in flow.names for use in _readers(module, key, value) if use not in taken]
    found = {use: reading(module, names, use, flow) for use in uses}
    return {use: one for use, one in found.items() if one is not None}


def exported(flow: Flow) -> tuple[str, ...]:
    """The names by which other files may use the schedules of ``flow``, or derive from their classes."""
    owners = [one.owner.name for one in flow.schedules if isinstance(one, OwnSchedule)]
    names = [key for key, _ in flow.names if "." not in key]
    return tuple(dict.fromkeys([*owners, *(function.name for function in flow.functions), *names]))


def unsettled(
    module: Module, flow: Flow, taken: Collection[ast.expr], place: tuple[int, int], neighbours: Neighbours
) -> Finding | None:
    """Why a schedule of ``flow`` cannot be converted; ``taken`` are the expressions that are converted with it."""
    for name in exported(flow):
        if why := neighbours.elsewhere(name):
            return finding("unsupported-value/schedule-elsewhere", *place, name=name, why=why)
    for key, value in flow.names:
        for use in _readers(module, key, value):
            if use not in taken:
                line = module.position(use)[0]
                return finding("unsupported-value/schedule-shared", *place, name=key, line=line)
    for binding in flow.parameters:
        for _, use in module.index.uses.get(binding.key, ()):
            if use not in taken and binding in module.origins(use):
                line = module.position(use)[0]
                return finding("unsupported-value/schedule-shared", *place, name=binding.key, line=line)
    for function in flow.functions:
        for use in _callers(module, function):
            if use not in taken:
                line = module.position(use)[0]
                return finding("unsupported-value/schedule-shared", *place, name=f"{function.name}()", line=line)
    for owner in dict.fromkeys(one.owner for one in flow.schedules if isinstance(one, OwnSchedule)):
        calls, others = instances(module, owner)
        for use in (*(call for call in calls if call not in taken), *others):
            line = module.position(use)[0]
            return finding("unsupported-value/schedule-class-used", *place, name=owner.name, line=line)
    return None


def _readers(module: Module, key: str, value: ast.expr) -> Iterable[ast.expr]:
    """Every place that may read the schedule; an attribute may be read through any object."""
    if "." not in key:
        return module.readers(key, value)
    return _attribute_uses(module, key.rpartition(".")[2])


def _attribute_uses(module: Module, attribute: str) -> Iterable[ast.expr]:
    found = [use for other, uses in module.index.uses.items() if other.endswith(f".{attribute}") for _, use in uses]
    deeper = {module.index.parents[use] for use in found}
    return [use for use in found if use not in deeper]


def _callers(module: Module, function: FunctionNode) -> Iterable[ast.expr]:
    """Every call of ``function``, or the mention of it that is none."""
    if module.index.enclosing_class(function) is not None:
        uses = _attribute_uses(module, function.name)
    else:
        uses = [
            use for _, use in module.index.uses.get(function.name, ())
            if any(one.node is function for one in module.origins(use))
        ]  # fmt: skip
    for use in uses:
        parent = module.index.parents[use]
        yield parent if isinstance(parent, ast.Call) and parent.func is use else use
