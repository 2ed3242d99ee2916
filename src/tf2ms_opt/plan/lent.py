"""What a file gives to others that may take it for a learning rate: its functions, classes and names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tf2ms_opt.diagnostics import Finding
from tf2ms_opt.offers import Builder, Lent, Passing
from tf2ms_opt.plan.builders import built_by
from tf2ms_opt.plan.custom.classes import is_own_schedule
from tf2ms_opt.plan.schedules import flow_of, outside_of, returned
from tf2ms_opt.trace.handed import parameters_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.outside import outside
from tf2ms_opt.trace.scopes import Binding, FunctionNode

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def lent(module: Module) -> tuple[Lent, ...]:
    """What other files may take from this one, by its names at the top and those of its classes' attributes."""
    found: list[Lent] = []
    for name, bindings in module.index.top.bindings.items():
        found += _named(module, name, bindings)
        for one in bindings:
            if isinstance(one.node, ast.ClassDef):
                found += _of_class(module, one.node)
    return tuple(found)


def asked(module: Module, calls: Iterable[ast.Call]) -> frozenset[str]:
    """The names of other files from which what ``calls`` are given may come."""
    given = [value for call in calls for value in (*call.args, *(one.value for one in call.keywords))]
    return frozenset(name for value in given for name in outside_of(module, value))


def parameters(module: Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The functions at the file's top, the methods and the classes, with the names of what they are given."""
    for node in module.index.module.body:
        if isinstance(node, _FUNCTIONS):
            yield node.name, parameters_of(node, bound=False)
        if isinstance(node, ast.ClassDef):
            for method in (one for one in node.body if isinstance(one, _FUNCTIONS)):
                name = node.name if method.name == "__init__" else f"{node.name}.{method.name}"
                yield name, parameters_of(method, bound=True)


def calls_with(module: Module, words: frozenset[str]) -> Iterator[tuple[ast.Call, tuple[str, ...]]]:
    """The calls of functions of other files with a name of ``words``, or of methods of classes with one."""
    for call in module.index.calls:
        names = tuple(name for name in outside(module, call.func) if not words.isdisjoint(name.split(".")[-2:]))
        if names:
            yield call, names


def passings(module: Module, words: frozenset[str], *, networks: bool) -> tuple[Passing, ...]:
    """What the calls of such functions are given: as rates, and if ``networks`` are asked for, as these."""
    found = []
    for call, names in calls_with(module, words):
        given = [(str(place), value) for place, value in enumerate(call.args)]
        given += [(one.arg, one.value) for one in call.keywords if one.arg is not None]
        for key, value in given:
            if not isinstance(value, (ast.Constant, ast.Starred)):
                network = built_by(module, value) if networks else Builder("", None, (), ())
                found.append(Passing(names, key, module.position(call)[0], _value(module, "", [value]), network))
    return tuple(found)


def _named(module: Module, name: str, bindings: Iterable[Binding]) -> Iterator[Lent]:
    values = [one.value for one in bindings if one.value is not None]
    if values:
        yield _value(module, name, values)
        yield Lent(f"{name}()", 0, schedule=False, via=tuple(f"{one}()" for one in _meant(module, values)))
    for one in bindings:
        if isinstance(one.node, _FUNCTIONS):
            yield from _function(module, name, one.node)


def _meant(module: Module, values: Iterable[ast.expr]) -> Iterator[str]:
    """The functions and classes for which a name is another one."""
    for value in values:
        if isinstance(value, (ast.Name, ast.Attribute)):
            yield from outside(module, value)
            yield from (one.key for one in module.origins(value) if isinstance(one.node, (*_FUNCTIONS, ast.ClassDef)))


def _function(module: Module, name: str, node: FunctionNode) -> Iterator[Lent]:
    result = _value(module, f"{name}()", returned(module, node))
    if any(isinstance(one, ast.Name) and one.id in ("property", "cached_property") for one in node.decorator_list):
        yield Lent(name, result.line, result.schedule, result.via)
    else:
        yield result
        yield Lent(name, module.position(node)[0], schedule=False)


def _of_class(module: Module, node: ast.ClassDef) -> Iterator[Lent]:
    above = [name for base in node.bases for name in outside(module, base)]
    above += [one.name for one in module.bases(node)]
    own = is_own_schedule(module, node) or any(
        "Schedule" in name or ".schedules." in name for name in _bases(module, node)
    )
    via = tuple(f"{name}()" for name in above)
    yield Lent(f"{node.name}()", module.position(node)[0] if own else 0, schedule=own, via=via)
    attributes: dict[str, list[Binding]] = {}
    for key, bindings in module.index.scopes[node].bindings.items():
        attributes.setdefault(key, []).extend(bindings)
    for method in node.body:
        for key, bindings in module.index.scopes[method].bindings.items() if isinstance(method, _FUNCTIONS) else ():
            root, _, attribute = key.partition(".")
            arguments = method.args if isinstance(method, _FUNCTIONS) else None
            first = arguments.args[0].arg if arguments is not None and arguments.args else ""
            if root == first and attribute:
                attributes.setdefault(attribute, []).extend(bindings)
    for name, bindings in attributes.items():
        yield from _named(module, f"{node.name}.{name}", bindings)


def _bases(module: Module, node: ast.ClassDef) -> list[str]:
    return [name for base in node.bases for name in module.resolve(base).names if module.rules.from_framework(name)]


def _value(module: Module, name: str, values: Iterable[ast.expr]) -> Lent:
    via: list[str] = []
    for value in values:
        place = module.position(value)
        found = flow_of(module, value, "", place)
        if found is None:
            via += outside_of(module, value)
            continue
        if not isinstance(found, Finding):
            first = found.schedules[0]
            return Lent(name, module.position(first.call)[0], schedule=True)
        return Lent(name, place[0], schedule="schedule" in found.variant)
    return Lent(name, 0, schedule=False, via=tuple(dict.fromkeys(via)))
