"""Recognizes a learning rate that is a schedule, or another value that MindSpore cannot take."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind


@dataclass(frozen=True, eq=False)
class Schedule:
    """The call that builds a schedule, what it stands for, and the name it is bound to (None inside the call)."""

    call: ast.Call
    candidate: Candidate
    key: str | None = None


def schedule_of(module: Module, node: ast.expr, argument: str, place: tuple[int, int]) -> Schedule | Finding | None:
    """The schedule that ``node`` is or stands for; a finding where it cannot be converted; None for a plain value."""
    if isinstance(node, ast.Call):
        return _built(module, node, argument, place)
    bindings = module.origins(node) if isinstance(node, (ast.Name, ast.Attribute)) else ()
    for binding in bindings:
        found = _bound(module, binding, argument, place)
        if isinstance(found, Schedule):
            if len(bindings) > 1:
                return finding(
                    "unsupported-value/schedule", *place, argument=argument, source="a schedule on one path only"
                )
            return Schedule(found.call, found.candidate, binding.key)
        if found is not None:
            return found
    return None


def _bound(module: Module, binding: Binding, argument: str, place: tuple[int, int]) -> Schedule | Finding | None:
    if binding.kind is BindingKind.FUNCTION:
        return finding("unsupported-value/callable", *place, argument=argument)
    if isinstance(binding.value, ast.Lambda):
        return finding("unsupported-value/callable", *place, argument=argument)
    if isinstance(binding.value, ast.Call):
        return _built(module, binding.value, argument, place)
    return None


def _built(module: Module, call: ast.Call, argument: str, place: tuple[int, int]) -> Schedule | Finding | None:
    for name in sorted(module.resolve(call.func).names):
        candidates = [one for one in module.rules.named(name) if one.rule.kind == "schedule"]
        if candidates:
            return Schedule(call, candidates[-1])
    source = module.framework_name(call.func)
    if source is None:
        return _project_schedule(module, call, argument, place)
    if source.endswith((".backend.epsilon", ".float32", ".float64")):
        return None
    schedule = "schedules." in source or source.endswith(("decay", "Decay", "decay_restarts", "_constant"))
    key = "schedule" if schedule else "tensorflow"
    return finding(f"unsupported-value/{key}", *place, argument=argument, source=source)


def _project_schedule(module: Module, call: ast.Call, argument: str, place: tuple[int, int]) -> Finding | None:
    """An instance of a LearningRateSchedule that this file defines."""
    if not isinstance(call.func, ast.Name):
        return None
    for binding in module.origins(call.func):
        if isinstance(binding.node, ast.ClassDef):
            bases = [module.keras_path(base) or "" for base in binding.node.bases]
            if any("LearningRateSchedule" in base for base in bases):
                return finding(
                    "unsupported-value/schedule", *place, argument=argument, source=f"the schedule {call.func.id}"
                )
            return None
    return None
