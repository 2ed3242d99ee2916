"""What the comments of a module keep from being changed."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.schedules import Schedule
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.suppressions import Ignore, Suppressions, suppressions_of
from tf2ms_opt.trace.module import Module


def suppressions(module: Module) -> Suppressions:
    """What the comments of the module say."""
    return suppressions_of(module.source, module.rules)


def keeping(module: Module, place: Found | Schedule) -> frozenset[Ignore]:
    """The comments for which a site or a schedule stays as it is."""
    node = place.call if isinstance(place, Schedule) else place.node
    rule = place.candidate.rule if isinstance(place, Schedule) else place.rule
    return module.cached(suppressions).keeping(module.position(node)[0], rule.name if rule is not None else None)


def untouched(module: Module, splices: Iterable[Splice]) -> Ignore | None:
    """The comment that keeps a line which one of ``splices`` would change."""
    return module.cached(suppressions).in_the_way(module.source, splices)


def keep_lines(module: Module, splices: Iterable[Splice], node: ast.expr, kept_by: set[Ignore]) -> None:
    """Leave the step at ``node`` where a comment keeps a line of it, and note which.  Raises ``StepLeftError``."""
    if blocked := untouched(module, splices):
        kept_by.add(blocked)
        place = (one for one in module.index.moments if isinstance(one, ast.stmt) and one.lineno == blocked.first)
        raise StepLeftError("`# tf2ms: ignore` keeps that line as it is", next(place, node))
