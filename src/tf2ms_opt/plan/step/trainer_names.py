"""What the trainers of a file are called."""

from __future__ import annotations

from itertools import chain, count

from tf2ms_opt.plan.placement import flow_scope
from tf2ms_opt.plan.step.model_uses import Compiled, on_module
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Scope, dotted


def trainer_name(module: Module, model: Compiled, taken: list[tuple[Scope, str]], *, alone: bool) -> str:
    """A fresh name for the trainer of ``model``: an attribute of self where the model is one.

    ``taken`` are those of other trainers, with the functions that they are bound in.
    """
    key = dotted(model.receiver) or ""
    root, _, attribute = key.partition(".")
    own = attribute or root
    attribute = "" if on_module(module, model.receiver) else attribute
    base = "trainer" if alone else f"{own}_trainer"
    scope = flow_scope(module.index.scope(model.receiver))
    seen = {name for other, name in taken if attribute or other in _chain(scope) or scope in _chain(other)}
    names = chain((base, f"{own}_trainer"), (f"{base}_{number}" for number in count(2)))
    name = next(one for one in names if one not in module.index.identifiers and one not in seen)
    taken.append((scope, name))
    return f"{root}.{name}" if attribute else name


def _chain(scope: Scope) -> list[Scope]:
    """A scope and those around it."""
    return [scope, *(_chain(scope.parent) if scope.parent is not None else ())]
