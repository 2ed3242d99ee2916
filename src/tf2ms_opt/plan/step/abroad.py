"""Losses that the file builds for a step in another file: converted where that step is."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.criteria import Criteria
from tf2ms_opt.plan.step.objects import Objects
from tf2ms_opt.plan.step.region import RegionFinder, Shared
from tf2ms_opt.trace.handed import argument_for, taker_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.uses import UseKind


def handed_losses(module: Module, drafts: Iterable[Draft], names: Aliases) -> list[StepEdits]:
    """The edits of the losses that are handed over together with ``drafts``.  Raises ``StepLeftError``."""
    found: dict[ast.Call, StepEdits] = {}
    for draft in drafts:
        for use in draft.uses if any(one.name == "handed-over" for one in draft.findings) else ():
            taker = taker_of(module, use.call, use.node) if use.kind is UseKind.HANDED else None
            for parameter in taker.losses if taker is not None and not taker.left and use.call is not None else ():
                value = argument_for(use.call, parameter) if use.call is not None else None
                built = built_loss(module, value) if value is not None else None
                if built is not None and built not in found:
                    found[built] = _edits(module, built, names, draft.candidate.generation)
    return list(found.values())


def _edits(module: Module, built: ast.Call, names: Aliases, generation: str) -> StepEdits:
    edits = StepEdits()
    Objects(module, Criteria(module, names, generation), edits).convert(Shared(built, "loss", ()), lambda _: None)
    return edits


def built_loss(module: Module, value: ast.expr) -> ast.Call | None:
    """The constructor of a loss that ``value`` is, itself or by a name that is read here alone."""
    built: ast.expr | None = value
    if isinstance(value, ast.Name):
        bindings = module.origins(value)
        built = bindings[0].value if len(bindings) == 1 else None
        alone = built is not None and list(module.readers(value.id, built)) == [value]
        if not alone or value.id in module.index.outward:
            return None
    return built if isinstance(built, ast.Call) and RegionFinder(module).kind(built) == "loss" else None


def can_be_converted(module: Module, built: ast.Call, names: Aliases, generation: str) -> bool:
    """Whether the loss has a counterpart, with these arguments."""
    try:
        _edits(module, built, names, generation)
    except StepLeftError:
        return False
    return True
