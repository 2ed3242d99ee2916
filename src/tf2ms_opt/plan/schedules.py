"""Recognizes a learning rate that is a schedule, or another value that MindSpore cannot take, wherever it is built."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.neighbours import NoNumber
from tf2ms_opt.plan.custom.classes import is_own_schedule
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.handed import argument, calls_of, parameter_name
from tf2ms_opt.trace.held import held, schedules_in_collections
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.outside import outside
from tf2ms_opt.trace.scopes import Binding, BindingKind, FunctionNode

_DEEP = 8  # names of names, and functions that call functions
#: functions of TensorFlow and Keras that give a number
NUMBERS = (".backend.epsilon", ".float32", ".float64")
_ONE_OF_SEVERAL = "a schedule whose class depends on the path that is taken"


@dataclass(frozen=True, eq=False)
class Schedule:
    """The call that builds a schedule of Keras, and what it stands for."""

    call: ast.Call
    candidate: Candidate


@dataclass(frozen=True, eq=False)
class OwnSchedule:
    """The call that builds a schedule of a class of this file."""

    call: ast.Call
    owner: ast.ClassDef


AnySchedule: TypeAlias = "Schedule | OwnSchedule"


@dataclass(frozen=True)
class Flow:
    """Where the value of one expression comes from, as far as schedules are in it."""

    schedules: tuple[AnySchedule, ...] = ()
    #: what else it may be: a number
    others: tuple[ast.expr, ...] = ()
    #: every expression on the way, from the schedule to where it is used
    passed: tuple[ast.expr, ...] = ()
    #: the names on the way, with what they are bound to
    names: tuple[tuple[str, ast.expr], ...] = ()
    #: the functions of this file that return the schedule
    functions: tuple[FunctionNode, ...] = ()
    #: the parameters that the schedule is handed over as
    parameters: tuple[Binding, ...] = ()
    #: the names by which other files give it; with brackets, where it is what they return
    outside: tuple[str, ...] = ()

    def and_also(self, other: Flow) -> Flow:
        return Flow(
            *(tuple(dict.fromkeys((*getattr(self, name), *getattr(other, name)))) for name in self.__dataclass_fields__)
        )


@dataclass(frozen=True)
class _Question:
    """What is asked about: the argument that takes the value, and where."""

    module: Module
    argument: str
    place: tuple[int, int]
    depth: int = _DEEP
    seen: frozenset[ast.expr] = field(default_factory=frozenset)

    def refuse(self, key: str, **details: str) -> Finding:
        return finding(f"unsupported-value/{key}", *self.place, argument=self.argument, **details)


def flow_of(module: Module, node: ast.expr, argument: str, place: tuple[int, int]) -> Flow | Finding | None:
    """The schedules that ``node`` may be; a finding where that cannot be converted; None for a plain value."""
    found = _flow(_Question(module, argument, place), node)
    return found if isinstance(found, Finding) or found.schedules else None


def outside_of(module: Module, node: ast.expr) -> tuple[str, ...]:
    """The names by which other files may give the value of ``node``, as ``Told`` has them."""
    found = _flow(_Question(module, "", module.position(node)), node)
    return () if isinstance(found, Finding) else found.outside


def schedule_of(module: Module, node: ast.expr) -> Schedule | None:
    """The one schedule of Keras that ``node`` can only be."""
    found = flow_of(module, node, "", module.position(node))
    if not isinstance(found, Flow) or found.others or len(found.schedules) != 1:
        return None
    only = found.schedules[0]
    return only if isinstance(only, Schedule) else None


def _flow(asked: _Question, node: ast.expr) -> Flow | Finding:
    """Where ``node`` comes from."""
    if node in asked.seen or not asked.depth:
        return Flow(others=(node,))
    inner = replace(asked, depth=asked.depth - 1, seen=asked.seen | {node})
    match node:
        case ast.Call():
            found = _built(inner, node)
        case ast.IfExp(body=body, orelse=orelse):
            found = _joined(inner, [body, orelse])
        case ast.BoolOp(values=values):
            found = _joined(inner, values)
            if isinstance(found, Flow) and found.schedules:
                return asked.refuse("schedule", source="a schedule that is taken where another value is empty")
        case ast.Subscript():
            found = _held(inner, node)
        case ast.Name() | ast.Attribute():
            found = _named(inner, node)
        case _:
            found = Flow(others=(node,))
    return found if isinstance(found, Finding) else found.and_also(Flow(passed=(node,)))


def _joined(asked: _Question, nodes: Iterable[ast.expr]) -> Flow | Finding:
    result = Flow()
    for node in nodes:
        found = _flow(asked, node)
        if isinstance(found, Finding):
            return found
        result = result.and_also(found)
    return result


def _named(asked: _Question, node: ast.Name | ast.Attribute) -> Flow | Finding:
    """What a name stands for, by every binding that can reach it."""
    result = _of_other_files(asked, node)
    if isinstance(result, Finding):
        return result
    bindings = asked.module.origins(node)
    for binding in bindings:
        found = _bound(asked, binding)
        if isinstance(found, Finding):
            return found
        result = result.and_also(found if found.schedules else Flow(others=(node,), outside=found.outside))
    if not bindings and isinstance(node, ast.Attribute):
        found = _held(asked, node)
        return found if isinstance(found, Finding) else result.and_also(found)
    return result if bindings else result.and_also(Flow(others=(node,)))


def _held(asked: _Question, node: ast.Subscript | ast.Attribute) -> Flow | Finding:
    """A value that a collection or an object holds: a schedule there may be any of them, or is reached by others."""
    elements = list(held(asked.module, node))
    if not elements and isinstance(node, ast.Subscript) and (lines := asked.module.cached(schedules_in_collections)):
        return asked.refuse("schedule-held", line=str(lines[0]))
    found = _joined(asked, elements)
    if isinstance(found, Flow) and found.schedules:
        line = asked.module.position(found.schedules[0].call)[0]
        return asked.refuse("schedule-held", line=str(line))
    return found if isinstance(found, Finding) else Flow(others=(node,), outside=found.outside)


def _of_other_files(asked: _Question, node: ast.expr, *, called: bool = False) -> Flow | Finding:
    """What another file gives by the name ``node``, or its call."""
    return _of_names(asked, (f"{name}()" if called else name for name in outside(asked.module, node)))


def _of_names(asked: _Question, names: Iterable[str]) -> Flow | Finding:
    """What comes from other files by ``names``: a refusal, where that is known to be no number."""
    known = asked.module.cached(_given)
    flow = Flow(outside=tuple(names))
    for name in flow.outside:
        if name in known:
            schedule, where = known[name].schedule, known[name].place
            if "(" in name.removesuffix("()"):  # a parameter
                return asked.refuse("handed-schedule" if schedule else "handed-value", where=where)
            return asked.refuse(
                "imported-schedule" if schedule else "imported-value", name=name.lstrip("."), where=where
            )
    return flow


def _given(module: Module) -> dict[str, NoNumber]:
    return dict(module.told.values)


def _bound(asked: _Question, binding: Binding) -> Flow | Finding:
    if binding.kind is BindingKind.FUNCTION or isinstance(binding.value, ast.Lambda):
        return asked.refuse("callable")
    if binding.kind is BindingKind.PARAMETER:
        return _handed_over(asked, binding)
    if binding.value is None:
        kept = asked.module.cached(schedules_in_collections) if binding.kind is BindingKind.OTHER else ()
        return asked.refuse("schedule-held", line=str(kept[0])) if kept else Flow()
    found = _flow(asked, binding.value)
    if isinstance(found, Finding) or not found.schedules:
        return found
    return found.and_also(Flow(names=((binding.key, binding.value),)))


def _handed_over(asked: _Question, binding: Binding) -> Flow | Finding:
    """What the callers in this file give to a parameter."""
    module = asked.module
    function = module.index.parents.get(module.index.parents[binding.node])
    if not isinstance(function, ast.FunctionDef):
        return Flow()
    result = _of_names(asked, filter(None, [parameter_name(module, binding)]))
    if isinstance(result, Finding):
        return result
    for call in calls_of(module, function):
        given = argument(function, call, binding.key, method=module.index.enclosing_class(function) is not None)
        found = _flow(asked, given) if given is not None else Flow()
        if isinstance(found, Finding):
            return found
        result = result.and_also(found)
    return result.and_also(Flow(parameters=(binding,))) if result.schedules else Flow(outside=result.outside)


def _built(asked: _Question, call: ast.Call) -> Flow | Finding:
    module = asked.module
    resolved = module.resolve(call.func)
    known = [
        [one for one in module.rules.named(name) if one.rule.kind == "schedule"] for name in sorted(resolved.names)
    ]
    if any(known):
        candidates = [one for every in known for one in every]
        if resolved.other or not all(known) or len({one.source.class_name for one in candidates}) > 1:
            return asked.refuse("schedule", source=_ONE_OF_SEVERAL)
        return Flow(schedules=(Schedule(call, candidates[-1]),))
    source = module.framework_name(call.func)
    if source is None:
        return _of_project(asked, call)
    if source.endswith(NUMBERS):
        return Flow(others=(call,))
    schedule = "schedules." in source or source.endswith(("decay", "Decay", "decay_restarts", "_constant"))
    return asked.refuse("schedule" if schedule else "tensorflow", source=source)


def _of_project(asked: _Question, call: ast.Call) -> Flow | Finding:
    """An instance of a schedule class of this file, or what a function of this file returns."""
    module = asked.module
    method = module.own_method(call.func)
    result = Flow() if method is not None else _of_other_files(asked, call.func, called=True)
    if isinstance(result, Finding):
        return result
    nodes = [method] if method is not None else [binding.node for binding in module.origins(call.func)]
    for node in nodes:
        found: Flow | Finding = Flow()
        if isinstance(node, ast.ClassDef):
            found = _instance(asked, call, node)
        elif isinstance(node, ast.FunctionDef):
            found = _joined(asked, returned(module, node))
            if isinstance(found, Flow) and found.schedules:
                found = found.and_also(Flow(functions=(node,)))
        if isinstance(found, Finding):
            return found
        result = result.and_also(found)
    return result if result.schedules else Flow(others=(call,), outside=result.outside)


def _instance(asked: _Question, call: ast.Call, node: ast.ClassDef) -> Flow | Finding:
    if is_own_schedule(asked.module, node):
        return Flow(schedules=(OwnSchedule(call, node),))
    names = [name for base in node.bases for name in asked.module.resolve(base).names]
    derived = any(is_own_schedule(asked.module, base) for base in asked.module.bases(node))
    if derived or any("Schedule" in name or ".schedules." in name for name in names):
        return asked.refuse("schedule", source=f"the schedule {node.name}, which changes another one")
    return _joined_names(asked, node.bases)


def _joined_names(asked: _Question, nodes: Iterable[ast.expr]) -> Flow | Finding:
    result = Flow()
    for node in nodes:
        found = _of_other_files(asked, node, called=True)
        if isinstance(found, Finding):
            return found
        result = result.and_also(found)
    return result


def returned(module: Module, function: FunctionNode) -> list[ast.expr]:
    """What ``function`` returns itself, and not a function in it."""
    return [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and node.value is not None and module.index.function(node) is function
    ]
