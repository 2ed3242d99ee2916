"""Optimizers that other files build and this one trains with, as drafts: no constructor is edited for them here."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tf2ms_opt.neighbours import Handed, Signature
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.targets import Choice
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.uses import Use, UseKind


def built_elsewhere(
    module: Module,
    optimizer: Handed | Signature,
    params: str,
    models: tuple[ast.expr, ...],
    steps: Iterable[ast.Call | None],
    uses: tuple[Use, ...],
) -> Draft:
    """An optimizer that trains ``params``, of ``models``; ``steps`` are more calls that take it than in ``uses``."""
    rule = module.rules.rules[optimizer.rule]
    source = next(one for one in rule.source if optimizer.generation in one.generations)
    taking = [*steps, *(use.call for use in uses if use.kind in (UseKind.COMPILE, UseKind.STEP))]
    known = tuple(dict.fromkeys(step for step in taking if step is not None))
    return Draft(
        candidate=Candidate(rule, source, optimizer.generation, ()),
        splices=(),
        findings=(),
        params=params,
        choice=Choice("", ()),
        needs=frozenset(),
        step=known[0] if known else None,
        models=models,
        steps=known,
        uses=uses,
        wrapped=optimizer.wrapped,
        scheduled=optimizer.scheduled,
        mixed=optimizer.mixed,
    )
