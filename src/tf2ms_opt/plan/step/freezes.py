"""Layers that are frozen once, before the model is compiled: the Cell is to be ported with the same ones frozen."""

from __future__ import annotations

import ast

from tf2ms_opt.plan.placement import flow_scope
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind, Scope, dotted


def frozen_once(module: Module, scope: Scope, freeze: Binding, step: ast.Call) -> bool:
    """Whether ``freeze`` (``X.trainable = False``) holds from before the model of ``step`` until the end."""
    value = freeze.value
    if not isinstance(value, ast.Constant) or value.value or freeze.statement is None:
        return False
    key = freeze.key.rpartition(".")[0]
    if _is_trained(module, key) or _changes(module, freeze) or _is_given(module, freeze):
        return False
    if flow_scope(scope) is flow_scope(module.index.scope(step)):
        return freeze.moment < module.index.moments[module.index.statement(step)][0]
    receiver = step.func.value if isinstance(step.func, ast.Attribute) else step
    makers = [one.value.func for one in module.origins(receiver) if isinstance(one.value, ast.Call)]
    builders = {one.node for maker in makers for one in module.origins(maker)}
    return scope.node in builders or _is_local(module, scope, freeze)


def _is_local(module: Module, scope: Scope, freeze: Binding) -> bool:
    """Whether what is frozen belongs to another function, which can at most give it to the model's once."""
    root = next((node for node in ast.walk(freeze.node) if isinstance(node, ast.Name)), None)
    bindings = module.origins(root) if root is not None else ()
    return bool(bindings) and all(one in scope.bindings.get(one.key, ()) for one in bindings)


def _is_trained(module: Module, key: str) -> bool:
    """Whether what is frozen is itself compiled, or stepped by a tape: it trains in turns then."""
    calls = (call.func for call in module.index.calls if isinstance(call.func, ast.Attribute))
    compiled = {dotted(func.value) for func in calls if func.attr == "compile"}
    return key in compiled or any(
        other.startswith(f"{key}.trainable_") for other in module.index.uses if key not in ("", "?")
    )


def _changes(module: Module, freeze: Binding) -> bool:
    """Whether anything is set to train later, or a freeze stands in a loop over models."""
    return any(
        not (isinstance(other.value, ast.Constant) and other.value.value is False)
        for _, other in module.trainables
        if other is not freeze and other.moment > freeze.moment
    )


def _is_given(module: Module, freeze: Binding) -> bool:
    """Whether what is frozen comes from outside of the function."""
    target = freeze.node
    root = next((node for node in ast.walk(target) if isinstance(node, ast.Name)), None)
    if root is None or freeze.key.startswith("?"):
        return False
    return any(one.kind is BindingKind.PARAMETER for one in module.origins(root))
