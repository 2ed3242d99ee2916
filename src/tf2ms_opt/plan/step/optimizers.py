"""What stands for an optimizer in a call of the trainer that is written anew: its name, or a call that returns it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from tf2ms_opt.facts import CallRewrite, Given, Rebuilt, Text, Value
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.trace.module import Module

#: span of the source -> what stands for it: a name, the call of a function, or nothing (empty)
InCalls: TypeAlias = "Mapping[tuple[int, int], str | CallRewrite]"


def in_calls(drafts: Mapping[Found, Draft], members: Iterable[Found]) -> InCalls:
    """Spans of the source that an optimizer's own edits replace, and what stands for it in a call written anew."""
    return {
        (splice.start, splice.end): _stands_for(splice.parts) for site in members for splice in drafts[site].splices
    }


def _stands_for(parts: Sequence[object]) -> str | CallRewrite:
    match parts:
        case [str(name)]:
            return name
        case [CallRewrite(callee=None) as call]:  # it gains the parameters, and keeps its place
            return call
        case _:
            return ""


def optimizer_value(module: Module, node: ast.expr, at: int, inner: InCalls) -> Value:
    """What the trainer is given for ``node``, the argument ``at`` of the source's call.  Raises ``StepLeftError``."""
    span = (module.source.start(node), module.source.end(node))
    if any(span[0] <= start and end <= span[1] and (start, end) != span for start, end in inner):
        raise StepLeftError("the optimizer is chosen by an expression", node)
    match inner.get(span):
        case None:
            return Given(at)
        case "":
            raise StepLeftError("no line can stand above the optimizer that is written here", node)
        case str(name):
            return Text(name)
        case call:
            return Rebuilt(at, call)


def by_call(drafts: Mapping[Found, Draft]) -> dict[ast.Call, list[Found]]:
    """TensorFlow's call that takes an optimizer -> the sites of the optimizers that it takes."""
    groups: dict[ast.Call, list[Found]] = {}
    for site, draft in drafts.items():
        for call in draft.steps:
            groups.setdefault(call, []).append(site)
    return groups
