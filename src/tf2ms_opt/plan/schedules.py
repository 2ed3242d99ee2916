"""Recognizes a learning rate that is a schedule, or another value that MindSpore cannot take."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.evidence import same
from tf2ms_opt.rules import Action, Kind
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind

_ON_ONE_PATH = "a schedule on one path only"
#: functions of TensorFlow and Keras that give a number
_NUMBERS = (".backend.epsilon", ".float32", ".float64")
_ONE_OF_SEVERAL = "a schedule whose class depends on the path that is taken"


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
    if isinstance(node, (ast.IfExp, ast.BoolOp)):
        branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        if any(schedule_of(module, one, argument, place) is not None for one in branches):
            return finding("unsupported-value/schedule", *place, argument=argument, source=_ON_ONE_PATH)
        return None
    bindings = module.origins(node) if isinstance(node, (ast.Name, ast.Attribute)) else ()
    for binding in bindings:
        found = _bound(module, binding, argument, place)
        if isinstance(found, Schedule):
            if len(bindings) > 1:
                return finding("unsupported-value/schedule", *place, argument=argument, source=_ON_ONE_PATH)
            return Schedule(found.call, found.candidate, binding.key)
        if found is not None:
            return found
    return None


def tensorflow_value(module: Module, node: ast.expr, argument: str, place: tuple[int, int]) -> Finding | None:
    """Why a number that TensorFlow calculates cannot be taken over: a variable may change while it trains."""
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        operands = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.operand,)
        return next(filter(None, (tensorflow_value(module, one, argument, place) for one in operands)), None)
    bindings = module.origins(node) if isinstance(node, (ast.Name, ast.Attribute)) else ()
    for value in (node, *(binding.value for binding in bindings)):
        source = module.framework_name(value.func) if isinstance(value, ast.Call) else None
        if source is not None and not source.endswith(_NUMBERS):
            return finding("unsupported-value/tensorflow", *place, argument=argument, source=source)
    return None


def schedule_name(module: Module, candidate: Candidate, bound: Mapping[str, tuple[int, ast.expr]]) -> str | None:
    """What lets the learning rate fall: the class of a schedule, or the name of the argument that stands for one."""
    for name, (_, node) in bound.items():
        parameter = candidate.parameter(name)
        if parameter is None:
            continue
        if parameter.action is Action.LEARNING_RATE_DECAY:
            known, value = module.constant(node)
            if not (known and any(same(value, text) for text in parameter.inert)):
                return name
        target = candidate.target.find(parameter.to or "")
        if target is not None and target.kind is Kind.LEARNING_RATE:
            found = schedule_of(module, node, name, module.position(node))
            if isinstance(found, Schedule):
                return found.candidate.source.class_name
    return None


def _bound(module: Module, binding: Binding, argument: str, place: tuple[int, int]) -> Schedule | Finding | None:
    if binding.kind is BindingKind.FUNCTION:
        return finding("unsupported-value/callable", *place, argument=argument)
    if isinstance(binding.value, ast.Lambda):
        return finding("unsupported-value/callable", *place, argument=argument)
    if isinstance(binding.value, ast.Call):
        return _built(module, binding.value, argument, place)
    if isinstance(binding.value, (ast.Name, ast.Attribute, ast.IfExp)):
        found = schedule_of(module, binding.value, argument, place)
        # The name of a name: converting the schedule where it is built would take its other uses along.
        aliased = finding("unsupported-value/schedule", *place, argument=argument, source="another name of a schedule")
        return aliased if isinstance(found, Schedule) else found
    return None


def _built(module: Module, call: ast.Call, argument: str, place: tuple[int, int]) -> Schedule | Finding | None:
    resolved = module.resolve(call.func)
    known = [
        [one for one in module.rules.named(name) if one.rule.kind == "schedule"] for name in sorted(resolved.names)
    ]
    if any(known):
        candidates = [one for every in known for one in every]
        if resolved.other or not all(known) or len({one.source.class_name for one in candidates}) > 1:
            return finding("unsupported-value/schedule", *place, argument=argument, source=_ONE_OF_SEVERAL)
        return Schedule(call, candidates[-1])
    source = module.framework_name(call.func)
    if source is None:
        return _project_schedule(module, call, argument, place)
    if source.endswith(_NUMBERS):
        return None
    schedule = "schedules." in source or source.endswith(("decay", "Decay", "decay_restarts", "_constant"))
    key = "schedule" if schedule else "tensorflow"
    return finding(f"unsupported-value/{key}", *place, argument=argument, source=source)


def _project_schedule(module: Module, call: ast.Call, argument: str, place: tuple[int, int]) -> Finding | None:
    """An instance of a schedule class of this file, or what a function of this file returns."""
    for binding in module.origins(call.func):
        if isinstance(binding.node, ast.ClassDef):
            names = [name for base in binding.node.bases for name in module.resolve(base).names]
            if any("Schedule" in name or ".schedules." in name for name in names):
                source = f"the schedule {binding.node.name}"
                return finding("unsupported-value/schedule", *place, argument=argument, source=source)
        if isinstance(binding.node, ast.FunctionDef):
            returned = [node.value for node in ast.walk(binding.node) if isinstance(node, ast.Return) and node.value]
            if any(_gives_schedule(module, value) for value in returned):
                source = f"a schedule of {binding.node.name}()"
                return finding("unsupported-value/schedule", *place, argument=argument, source=source)
    return None


def _gives_schedule(module: Module, value: ast.expr) -> bool:
    calls = [value] if isinstance(value, ast.Call) else [one.value for one in module.origins(value)]
    return any(isinstance(call, ast.Call) and module.framework_name(call.func) is not None for call in calls)
