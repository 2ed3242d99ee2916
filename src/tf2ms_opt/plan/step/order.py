"""Whether the trainer of a model exists wherever it is used: behind its compile, on every way there."""

from __future__ import annotations

import ast

from tf2ms_opt.plan.placement import flow_scope
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.model_uses import COPIES, Compiled, on_module
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Scope, dotted


def check_order(module: Module, found: Compiled, scope: Scope) -> None:
    """Every use of the trainer comes after it was built.  Raises ``StepLeftError``."""
    index = module.index
    named = "." not in (dotted(found.receiver) or "") or on_module(module, found.receiver)
    for call in found.compiles:
        statement = index.statement(call)
        if not (isinstance(statement, ast.Expr) and statement.value is call):
            raise StepLeftError("compile(...) does not stand alone in its statement", call)
        if not named and len(found.compiles) > 1:
            raise StepLeftError("the model is compiled in more than one place", call)
        if named and flow_scope(index.scope(call)) is not scope:
            raise StepLeftError("the model is compiled in more than one function", call)
    for use in [one for one in found.reads if named and one not in found.handed]:
        parent = index.parents[use]
        if not isinstance(parent, ast.Attribute) or parent.attr not in COPIES:
            continue
        if not any(_before(module, call, use, scope) for call in found.compiles):
            found.reads.remove(use)  # weights that are copied before there is a trainer
            found.weights.append(parent)
            found.networks.append(use)
    users = [use for use, _ in found.steps if use not in found.handed] + found.returned
    users += [use for use in found.reads if use not in found.handed]
    for use in users if named else ():
        if not any(_before(module, call, use, scope) for call in found.compiles):
            raise StepLeftError("the model is used where its compile is not certain to have run", use)


def _before(module: Module, call: ast.Call, use: ast.expr, scope: Scope) -> bool:
    """Whether the compile ``call`` has run wherever ``use`` is reached."""
    index = module.index
    statement = index.statement(call)
    holder = index.parents[statement]
    inside = flow_scope(index.scope(use)) is not scope
    if inside:
        around: Scope | None = index.scope(use)
        while around is not None and around.parent is not scope:
            around = around.parent
        return around is not None and holder is scope.node and not _runs_before(module, around, statement)
    if index.moments[statement][1] > index.moments[index.statement(use)][0]:
        return False
    if any(one is holder for one in index.ancestors(use)) or holder is index.parents.get(index.statement(use)):
        return _same_side(module, statement, use, holder)
    # where the model itself is bound beside its compile, what reaches the use has passed both
    bound = [binding.statement for binding in module.origins(use)]
    return bool(bound) and all(
        one is not None and index.parents.get(one) is holder and index.sides[one] == index.sides[statement]
        and index.moments[one] < index.moments[statement]
        for one in bound
    )  # fmt: skip


def _runs_before(module: Module, inner: Scope, statement: ast.stmt) -> bool:
    """Whether the function of the scope ``inner`` is named above ``statement``, and may run there."""
    name = getattr(inner.node, "name", None)
    if name is None:
        return module.index.moments[module.index.statement(inner.node)][0] < module.index.moments[statement][0]
    moments = (module.index.moments[module.index.statement(use)][0] for _, use in module.index.uses.get(name, ()))
    return any(moment < module.index.moments[statement][0] for moment in moments)


def _same_side(module: Module, statement: ast.stmt, use: ast.expr, holder: ast.AST) -> bool:
    """Whether ``use`` stands in the same block of ``holder`` as ``statement``, or deeper in it."""
    index = module.index
    current: ast.AST = use
    while index.parents[current] is not holder:
        current = index.parents[current]
    return index.sides[current] == index.sides[statement]
