"""Finds the registry names that are given to the compile of a Keras model: ``compile(optimizer="rmsprop")``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tf2ms_opt.diagnostics import finding
from tf2ms_opt.plan.found import Found
from tf2ms_opt.rules import Rule
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.handed import default_of, optimizer_argument
from tf2ms_opt.trace.models import is_keras_model
from tf2ms_opt.trace.module import Module


def _constant_text(nodes: list[ast.expr]) -> str | None:
    match nodes:
        case [ast.Constant(value=str(text))]:
            return text
        case _:
            return None


def strings(module: Module) -> Iterator[Found]:
    """Registry names given to the compile of a Keras model."""
    for call in module.index.calls:
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "compile":
            continue
        argument = optimizer_argument(call)
        if argument is None:
            yield from _unpacked_string(module, call)
            continue
        for node in _branches(argument):
            text = _constant_text([node])
            rule = module.rules.strings.get(text.lower()) if text else None
            if rule is None or text is None or not is_keras_model(module, call):
                continue
            left = None
            if node is not argument:
                left = finding("indirect-reference/expression", *module.position(node), string=module.text(node))
            yield Found(node, node, text.lower(), of_string(module, rule), left=left)
        yield from _named_string(module, call, argument)


def _named_string(module: Module, call: ast.Call, argument: ast.expr) -> Iterator[Found]:
    """``compile(optimizer=name)`` where the name is a registry string, certainly or on one path."""
    if not isinstance(argument, (ast.Name, ast.Attribute)) or not is_keras_model(module, call):
        return
    only = module.only_binding(argument) if isinstance(argument, ast.Name) else None
    for binding in module.origins(argument):
        value = binding.value if binding.value is not None else default_of(module, binding)
        text = _constant_text([value]) if value is not None else None
        rule = module.rules.strings.get(text.lower()) if text else None
        if rule is None or text is None or value is None:
            continue
        candidates = of_string(module, rule)
        if binding is only:
            yield Found(value, argument, text.lower(), candidates)
        else:
            details = {"string": module.text(value), "name": module.text(argument)}
            left = finding("indirect-reference/named", *module.position(value), **details)
            yield Found(value, value, text.lower(), candidates, left=left)


def _unpacked_string(module: Module, call: ast.Call) -> Iterator[Found]:
    """``compile(**options)`` where the dictionary names an optimizer."""
    for keyword in call.keywords if is_keras_model(module, call) else ():
        if keyword.arg is not None:
            continue
        for options in (keyword.value, *(binding.value for binding in module.origins(keyword.value))):
            text = _constant_text([value for name, value in _entries(options) if name == "optimizer"])
            rule = module.rules.strings.get(text.lower()) if text else None
            if rule is not None and text is not None:
                node = next(value for name, value in _entries(options) if name == "optimizer")
                left = finding("starred-arguments", *module.position(node), argument=module.text(keyword))
                yield Found(node, node, text.lower(), of_string(module, rule), left=left)


def _entries(node: ast.expr | None) -> Iterator[tuple[object, ast.expr]]:
    """The keys and values of ``{...}`` or ``dict(...)``."""
    match node:
        case ast.Dict(keys=keys, values=values):
            yield from (
                (key.value, value) for key, value in zip(keys, values, strict=True) if isinstance(key, ast.Constant)
            )
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            yield from ((one.arg, one.value) for one in keywords)


def _branches(argument: ast.expr) -> list[ast.expr]:
    match argument:
        case ast.IfExp(body=body, orelse=orelse):
            return [*_branches(body), *_branches(orelse)]
        case ast.BoolOp(values=values):
            return [node for value in values for node in _branches(value)]
        case ast.Constant():
            return [argument]
        case _:
            return []


def of_string(module: Module, rule: Rule) -> tuple[Candidate, ...]:
    """What a registry string of this file may stand for: the rule's classes of the Keras that the file imports."""
    roots = module.cached(_keras_roots)
    names = {
        f"{root}.optimizers.{source.class_name}" for root in roots or ["tensorflow.keras"] for source in rule.source
    }
    found = {one.generation: one for name in sorted(names) for one in module.rules.named(name) if one.rule is rule}
    return tuple(found.values()) or tuple(
        one for source in rule.source for one in module.rules.named(f"tensorflow.keras.optimizers.{source.class_name}")
    )


def _keras_roots(module: Module) -> list[str]:
    """The Keras modules that the file imports something from."""
    imported = {one.qualified for pairs in module.index.bound.values() for _, one in pairs if one.qualified is not None}
    return [
        keras for keras in module.rules.framework.keras if any(f"{name}.".startswith(f"{keras}.") for name in imported)
    ]
