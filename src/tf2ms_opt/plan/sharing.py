"""Decides whether one optimizer object that is compiled into several models can be built once for each of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from tf2ms_opt.facts import Build, Rebuilt
from tf2ms_opt.plan.parameters import Parameters
from tf2ms_opt.plan.placement import Form, Spot, evaluated, spot
from tf2ms_opt.plan.translation import Translation
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.reaching import reaching
from tf2ms_opt.trace.scopes import dotted
from tf2ms_opt.trace.uses import Use, UseKind
from tf2ms_opt.values import is_pure

_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def obstacle(
    module: Module,
    node: ast.expr,
    at: Spot,
    others: Sequence[Parameters],
    uses: Sequence[Use],
    translation: Translation,
) -> str:
    """Why the optimizer built by ``node`` cannot be built again for each of ``others``; empty if it can."""
    if at.form is not Form.ASSIGNED:
        return "it is not built in a statement of its own"
    falls = translation.flow.schedules or any(isinstance(one.value, (Build, Rebuilt)) for one in translation.arguments)
    if falls or translation.setting.changes:
        how = "falls with the steps" if falls else "may be set while it trains, and is that"
        return f"its learning rate {how} of all models together"
    if any(use.kind not in (UseKind.COMPILE, UseKind.READ) for use in uses):
        return "it is used in other ways too"
    if not all(is_pure(value) for value in evaluated(node)):
        return "its arguments call functions"
    scope = module.index.scope(node)
    if any(isinstance(one, _LOOPS) for use in uses for one in _around(module, use.node, node)):
        return "a loop compiles it more than once"
    for other in others:
        place = spot(module, other.use.node)
        if place.form is not Form.INLINE or module.index.scope(other.use.node) is not scope:
            return f"no statement can be placed before line {module.position(other.use.node)[0]}"
        line = module.position(other.use.node)[0]
        if why := _not_alone(module, node, other.use.node):
            return f"{why} at line {line}"
        for name in ast.walk(node):
            key = dotted(name) if isinstance(name, (ast.Name, ast.Attribute)) else None
            if key is not None and set(reaching(module.index, scope, key, name)) != set(
                reaching(module.index, scope, key, place.statement)
            ):
                return f"{key} changes before line {line}"
    return ""


def _not_alone(module: Module, node: ast.expr, use: ast.expr) -> str:
    """Whether the name may hold another optimizer where it is used."""
    key = dotted(use)
    held = reaching(module.index, module.index.scope(use), key, use) if key is not None else ()
    return "" if len(held) == 1 and held[0].value is node else "it may be another optimizer"


def _around(module: Module, use: ast.expr, node: ast.expr) -> set[ast.AST]:
    """What stands around ``use`` but not around ``node``."""
    return set(module.index.ancestors(use)) - set(module.index.ancestors(node))
