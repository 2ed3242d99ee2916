"""The settings of one source call as rules and evidence ask for them: known values, and what the rate does."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from tf2ms_opt.evidence import Setting, same
from tf2ms_opt.plan.schedules import Flow, flow_of, schedule_of
from tf2ms_opt.rules import Action, Kind, Parameter, literal
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module

#: source parameter -> its place among the call's arguments, and its value
Bound = Mapping[str, tuple[int, ast.expr]]

_CALLBACKS = ("callbacks.LearningRateScheduler", "callbacks.ReduceLROnPlateau")
#: whose attributes of these names are a program's own settings, and no optimizer's
_OWN = re.compile(r"self|cls|\w*(arg|conf|cfg|flag|param|setting|option|opts|hp)\w*", re.IGNORECASE)


def setting_of(module: Module, candidate: Candidate, bound: Bound) -> Setting:
    """The setting of a call whose arguments are ``bound``."""
    own = candidate.source.parameter
    settings = {parameter.name: _value(module, parameter, bound.get(parameter.name)) for parameter in own}
    settings |= _by_alias(module, candidate, bound)
    schedule = _schedule_name(module, candidate, bound)
    return Setting(candidate.generation, settings, schedule, module.cached(_changes_rate))


def _schedule_name(module: Module, candidate: Candidate, bound: Bound) -> str | None:
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
            found = flow_of(module, node, name, module.position(node))
            if isinstance(found, Flow):
                only = schedule_of(module, node)
                return only.candidate.source.class_name if only is not None else "a schedule of the file's own"
    return None


def _value(module: Module, parameter: Parameter, given: tuple[int, ast.expr] | None) -> tuple[bool, object]:
    """Whether the value is known, and the value."""
    if given is not None:
        known, value = module.constant(given[1])
        if known and not value and parameter.falsy is not None:
            return True, literal(parameter.falsy)
        return known, value
    default = parameter.default if parameter.falsy is None or parameter.default != "None" else parameter.falsy
    return default is not None, literal(default or "None")


def _by_alias(module: Module, candidate: Candidate, bound: Bound) -> dict[str, tuple[bool, object]]:
    """The settings that have another name in the call: ``lr=`` is the learning rate."""
    own = {one.to: one for one in candidate.source.parameter if one.to is not None}
    aliases = ((candidate.parameter(name), given) for name, given in bound.items())
    return {
        own[alias.to].name: _value(module, own[alias.to], given)
        for alias, given in aliases
        if alias is not None and alias.keyword_only and alias.to in own
    }


def _changes_rate(module: Module) -> bool:
    """Whether the file may set a learning rate at run time; of which optimizer is not asked."""
    return any(_sets_rate(module, node) for node in ast.walk(module.index.module))


def _sets_rate(module: Module, node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="lr" | "learning_rate", ctx=ast.Store(), value=owner):
            return _of_optimizer(owner)
        case ast.Call(func=ast.Attribute(attr="assign", value=ast.Attribute(attr="lr" | "learning_rate"))):
            return True
        case ast.Call(func=func, args=[ast.Attribute(attr="lr" | "learning_rate"), *_]):
            return module.keras_path(func) == "backend.set_value" or _last(func) == "set_value"
        case ast.Call(func=func):
            return _last(func) in (name.rpartition(".")[2] for name in _CALLBACKS) and (
                module.keras_path(func) in _CALLBACKS
            )
        case _:
            return False


def _of_optimizer(owner: ast.expr) -> bool:
    """Whether an object with a rate is an optimizer, as far as its name tells."""
    name = _last(owner)
    return not name or _OWN.fullmatch(name) is None or "optim" in name.lower()


def _last(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
