"""What the trainers of a file are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count

from tf2ms_opt.plan.placement import flow_scope
from tf2ms_opt.plan.step.model_uses import Compiled, on_module
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Scope, dotted


@dataclass(slots=True)
class TakenNames:
    """The names of other trainers, with the functions that they are bound in and those around these."""

    _scopes: dict[str, set[Scope]] = field(default_factory=dict)
    _around: dict[str, set[Scope]] = field(default_factory=dict)

    def add(self, name: str, scope: Scope) -> None:
        self._scopes.setdefault(name, set()).add(scope)
        self._around.setdefault(name, set()).update(_chain(scope))

    def holds(self, name: str, scope: Scope, *, anywhere: bool) -> bool:
        """Whether one of that name can be seen in ``scope``, or would see one that is bound there."""
        known = self._scopes.get(name, set())
        return bool(known) and (anywhere or scope in self._around[name] or not known.isdisjoint(_chain(scope)))


def trainer_name(module: Module, model: Compiled, taken: TakenNames, *, alone: bool) -> str:
    """A fresh name for the trainer of ``model``, which is then taken: an attribute of self where the model is one."""
    key = dotted(model.receiver) or ""
    root, _, attribute = key.partition(".")
    own = attribute or root
    attribute = "" if on_module(module, model.receiver) else attribute
    base = "trainer" if alone else f"{own}_trainer"
    scope = flow_scope(module.index.scope(model.receiver))
    names = chain((base, f"{own}_trainer"), (f"{base}_{number}" for number in count(2)))
    name = next(
        one for one in names
        if one not in module.index.identifiers and not taken.holds(one, scope, anywhere=bool(attribute))
    )  # fmt: skip
    taken.add(name, scope)
    return f"{root}.{name}" if attribute else name


def _chain(scope: Scope) -> list[Scope]:
    """A scope and those around it."""
    return [scope, *(_chain(scope.parent) if scope.parent is not None else ())]
