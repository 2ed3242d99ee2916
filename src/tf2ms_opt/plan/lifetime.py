"""Whether an optimizer outlives the parameters that it would be built with: kept for later models, or built too early.

MindSpore's optimizer takes its parameters once; Keras' asks its model at every step.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from tf2ms_opt.plan.between import begins, growth
from tf2ms_opt.plan.placement import flow_scope
from tf2ms_opt.plan.reached import SETS, own_attribute, reached
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted
from tf2ms_opt.trace.uses import TELLING_METHODS, VARIABLE_METHODS, Use, UseKind

_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def outlived(
    module: Module, statement: ast.stmt, target: str | None, models: Sequence[ast.expr], uses: Sequence[Use]
) -> str:
    """Why the parameters at ``statement`` are not those of every later use; empty if they are."""
    if target is not None and _kept(module, statement, target):
        return "it is built once and kept for whatever model comes next"
    if why := _changed_elsewhere(module, statement, target, models):
        return why
    for model in models:
        if line := _grown_later(module, statement, model):
            return f"layers are added in line {line}, after it is built"
    compiled = [
        module.index.moments[module.index.statement(use.node)][0] for use in uses if use.kind is UseKind.COMPILE
    ]
    if len(compiled) > 1:
        for _, binding in module.trainables:
            if min(compiled) < binding.moment < max(compiled) and binding.statement is not None:
                line = module.position(binding.statement)[0]
                return f"other layers train from line {line} on, and Keras' object goes on with them"
    return ""


def _changed_elsewhere(module: Module, statement: ast.stmt, target: str | None, models: Sequence[ast.expr]) -> str:
    """What another file does to the optimizer, or to a model, that an object holds, so that the two part.

    A model that is read where the optimizer is built is the one of that moment, whoever sets it.
    """
    here = flow_scope(module.index.scope(statement))
    apart = [model for model in models if flow_scope(module.index.scope(model)) is not here]
    holders = [own_attribute(module, model, dotted(model)) for model in apart]
    for owner, attribute in filter(None, [*holders, own_attribute(module, statement, target)]):
        for one in reached(module, owner, attribute):
            if one.kind == SETS and one.path == attribute:
                return f"{one.where} sets {attribute} of {owner.name} from outside"
            if one.path.removeprefix(f"{attribute}.") in VARIABLE_METHODS | TELLING_METHODS:
                return f"{one.where} takes steps with {attribute} of {owner.name}"
    return ""


def _kept(module: Module, statement: ast.stmt, target: str) -> bool:
    """``if opt is None: opt = ...`` in a loop, on an object or in a global: built for the first model only."""
    lazily = False
    for ancestor in module.index.ancestors(statement):
        if isinstance(ancestor, ast.If):
            lazily = lazily or any(dotted(node) == target for node in ast.walk(ancestor.test))
        if isinstance(ancestor, (ast.FunctionDef, ast.AsyncFunctionDef)):
            break
    if not lazily:
        return False
    lasting = "." in target or target in module.index.outward
    return lasting or any(isinstance(ancestor, _LOOPS) for ancestor in module.index.ancestors(statement))


def _grown_later(module: Module, statement: ast.stmt, model: ast.expr) -> int | None:
    """The line in the same function where the model still gets layers, behind ``statement``."""
    key = dotted(model)
    scope = module.index.scope(statement)
    start = module.index.moments[statement][1]
    for place, use in growth(module, key or ""):
        if place is scope and begins(module, use) > start and _is_same(module, use, model):
            return module.position(use)[0]
    method = module.method_of(scope)
    if method is None or not _is_self(model, method[2]):
        return None
    for bound, bindings in scope.bindings.items():
        for binding in bindings if bound.startswith(f"{method[2]}.") else ():
            later = binding.moment > start and isinstance(binding.value, ast.Call)
            if later and binding.statement is not None and binding.statement is not statement:
                return module.position(binding.statement)[0]
    return None


def _is_same(module: Module, use: ast.expr, model: ast.expr) -> bool:
    """Whether ``X.add`` may be about the object that ``model`` is: a name that is bound anew is another one."""
    own = set(module.origins(model))
    receiver = use.value if isinstance(use, ast.Attribute) else use
    return not own or not own.isdisjoint(module.origins(receiver))


def _is_self(model: ast.expr, name: str) -> bool:
    return dotted(model) == name or (isinstance(model, ast.Call) and dotted(model.func) == "super")
