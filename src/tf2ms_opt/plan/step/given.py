"""Losses and metrics that a function of the file is given as a parameter: what they are, and where it uses them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tf2ms_opt.trace.handed import function_of, keeps_to_itself, parameter_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind, FunctionNode, dotted
from tf2ms_opt.trace.uses import readers_of


@dataclass(frozen=True, eq=False)
class Given:
    """A parameter, and the places that use it; what the calls in the file pass for it, each with further such places.

    ``abroad`` tells that calls in other files pass losses for it, which are converted there.
    """

    function: FunctionNode
    parameter: str
    readers: tuple[ast.expr, ...]
    constructors: tuple[tuple[ast.Call, tuple[ast.expr, ...]], ...]
    abroad: bool


def given(module: Module, node: ast.expr) -> Given | None:
    """The parameter that ``node`` is, itself or kept by an object; None where its values are not all constructors."""
    found = _parameter(module, node)
    if found is None:
        return None
    function, name, readers = found
    told = [one for one in module.neighbours.received if one.function == name_of(module, function)]
    abroad = bool(told)
    if any(name not in one.losses for one in told):
        return None
    values = _values(module, function, name, abroad=abroad)
    constructors = [_constructor(module, value) for value in values] if values is not None else [None]
    known = [one for one in constructors if one is not None]
    if values is None or len(known) < len(constructors):
        return None
    others = {built: tuple(one for one in uses if one not in values) for built, uses in known}
    return Given(function, name, tuple(readers), tuple(others.items()), abroad)


def name_of(module: Module, function: FunctionNode) -> str:
    """The name of a function, or of the class that it constructs."""
    owner = module.index.enclosing_class(function)
    return owner.name if owner is not None and function.name == "__init__" else function.name


def called(module: Module, function: FunctionNode) -> Iterator[str]:
    """The parameters of ``function`` that are called with two arguments or more, as losses are."""
    every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    names = {one.arg for one in every}
    found: set[str] = set()
    for call in module.index.calls:
        if isinstance(call.func, (ast.Name, ast.Attribute)) and len(call.args) + len(call.keywords) > 1:
            known = _parameter(module, call.func)
            if known is not None and known[0] is function and known[1] in names:
                found.add(known[1])
    yield from (one.arg for one in every if one.arg in found)


def _parameter(module: Module, node: ast.expr) -> tuple[FunctionNode, str, list[ast.expr]] | None:
    binding = _only(module, node)
    if binding is not None and binding.kind is BindingKind.PARAMETER:
        function = _of_parameter(module, binding)
        return (function, binding.key, readers_of(module, function, binding.key)) if function is not None else None
    kept = binding.value if binding is not None else None
    inner = _only(module, kept) if isinstance(kept, ast.Name) else None
    function = _of_parameter(module, inner) if inner is not None and inner.kind is BindingKind.PARAMETER else None
    method = module.method_of(module.index.scope(node))
    attribute = (dotted(node) or "").partition(".")[2]
    if function is None or inner is None or method is None or not attribute or "." in attribute:
        return None
    if not keeps_to_itself(module, method[0], attribute, read=True):
        return None
    readers = [one for one in readers_of(module, function, inner.key) if one is not kept]
    for key, uses in module.index.uses.items():
        readers += [use for _, use in uses] if key.endswith(f".{attribute}") else []
    return function, inner.key, readers


def _only(module: Module, node: ast.expr) -> Binding | None:
    bindings = module.origins(node)
    return bindings[0] if len(bindings) == 1 else None


def _of_parameter(module: Module, binding: Binding) -> FunctionNode | None:
    """The function whose parameter it is: one that is called by its name, or the constructor of a class."""
    function = module.index.parents.get(module.index.parents[binding.node])
    if not isinstance(function, ast.FunctionDef):
        return None
    owner = module.index.enclosing_class(function)
    if owner is not None and function.name != "__init__":
        return None
    return function if len(module.index.scopes[function].bindings.get(binding.key, ())) == 1 else None


def _values(module: Module, function: FunctionNode, name: str, *, abroad: bool) -> list[ast.expr] | None:
    """What every call of ``function`` passes for ``name``; None where one passes nothing, or there may be others."""
    called: ast.AST = module.index.enclosing_class(function) or function
    names = getattr(called, "name", "")
    found: list[ast.expr] = []
    for _, use in module.index.uses.get(names, ()):
        if all(one.node is not called for one in module.origins(use)):
            continue
        call = module.index.parents[use]
        if not (isinstance(call, ast.Call) and call.func is use and function_of(module, call) is function):
            return None
        passed = [one for one in _arguments(call) if parameter_of(module, call, one) == (function, name)]
        if len(passed) != 1:
            return None
        found += passed
    return found if found or abroad else None


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    yield from (*call.args, *(one.value for one in call.keywords))


def _constructor(module: Module, value: ast.expr) -> tuple[ast.Call, list[ast.expr]] | None:
    """The call that gives ``value``, and the places that read it under a name of this file."""
    if isinstance(value, ast.Call):
        return value, []
    binding = _only(module, value) if isinstance(value, ast.Name) else None
    built = binding.value if binding is not None else None
    if not isinstance(value, ast.Name) or not isinstance(built, ast.Call) or value.id in module.index.outward:
        return None
    return built, list(module.readers(value.id, built))
