"""Functions of this file that build and return an optimizer: they gain a leading ``params`` that each caller passes.

A function is changed with all its callers in the file, or not at all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import Splice
from tf2ms_opt.neighbours import NOBODY, Neighbours
from tf2ms_opt.plan.parameters import Built, Parameters, from_uses
from tf2ms_opt.plan.placement import available
from tf2ms_opt.plan.rewrites import gain_first
from tf2ms_opt.plan.schedules import flow_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.registries import Registry, registry_of
from tf2ms_opt.trace.scopes import BindingKind, FunctionNode, dotted
from tf2ms_opt.trace.uses import Use, UseKind, uses_of

_PLAIN = {"staticmethod", "classmethod"}


@dataclass(frozen=True, slots=True)
class Factory:
    """A function that gets its parameters from its callers: its new parameter, the edits, and what is built by it."""

    function: FunctionNode
    parameter: str
    splices: tuple[Splice, ...]
    built: tuple[Built, ...]
    #: itself, and those which return what it returns, all by their names inside of the file
    changed: tuple[str, ...]
    registries: tuple[Registry, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """What comes of a call of a factory: edits, optimizers, and the factories around it by their names."""

    splices: tuple[Splice, ...]
    built: tuple[Built, ...]
    changed: tuple[str, ...] = ()
    registries: tuple[Registry, ...] = ()


class Factories:
    """The factories of one module; each is worked out once, however many optimizers it returns."""

    def __init__(self, module: Module, neighbours: Neighbours = NOBODY) -> None:
        self._module = module
        self._neighbours = neighbours
        self._known: dict[FunctionNode, Factory | str] = {}
        self._pending: set[FunctionNode] = set()

    def of(self, use: Use, place: tuple[int, int]) -> Factory | Finding:
        """The factory whose ``return`` is ``use``, or why it cannot become one."""
        function = self._module.index.function(use.node)
        if function is None:
            return finding("params-unknown", *place)
        found = self._factory(function)
        if isinstance(found, str):
            return finding("params-unknown/factory-callers", *place, function=function.name, why=found)
        return found

    def _factory(self, function: FunctionNode) -> Factory | str:
        if function not in self._known:
            if function in self._pending:
                return "it calls itself"
            self._pending.add(function)
            self._known[function] = self._work_out(function)
            self._pending.discard(function)
        return self._known[function]

    def _work_out(self, function: FunctionNode) -> Factory | str:
        registry = registry_of(self._module, function)
        if isinstance(registry, str):
            return registry
        if why := _unusual(self._module, function, registered=registry is not None):
            return why
        calls = self._callers(function, registry)
        if isinstance(calls, str):
            return calls
        parameter = _free_name(function)
        gained = _gain(self._module, function, parameter)
        if gained is None:
            return "its parameter list could not be read"
        splices, built, changed = [gained], list[Built](), [self._name(function)]
        registries = [registry] if registry is not None else []
        for call in calls:
            found = self.called(call)
            if isinstance(found, str):
                return found
            splices += found.splices
            built += found.built
            changed += found.changed
            registries += found.registries
        return Factory(
            function, parameter, tuple(splices), tuple(built), tuple(dict.fromkeys(changed)), tuple(registries)
        )

    def _name(self, function: FunctionNode) -> str:
        """The name of ``function`` inside of its file; of one inside of a function, nothing that others can use."""
        owner = self._module.index.enclosing_class(function)
        within = self._module.index.scope(owner or function).node
        if not isinstance(within, ast.Module):
            return ""
        return f"{owner.name}.{function.name}" if owner is not None else function.name

    def called(self, call: ast.Call) -> Called | str:
        """The edit of one call and what it builds, with those of the factories around it."""
        module = self._module
        line = module.position(call)[0]
        uses = uses_of(module, call)
        found = from_uses(module, uses, module.position(call))
        if isinstance(found, Parameters) and found.others:
            return f"what the call in line {line} gives is compiled into several models"
        if isinstance(found, Parameters):
            statement = module.index.statement(call)
            if not all(available(module, model, statement) for model in found.models):
                return f"the model of the call in line {line} does not exist yet where it is called"
            return Called((gain_first(module, call, found.text),), (Built(call, uses, found),))
        returned = next((use for use in uses if use.kind is UseKind.RETURN), None)
        outer = module.index.function(returned.node) if returned is not None else None
        if outer is None:
            return f"the call in line {line} does not tell its model ({found.message})"
        around = self._factory(outer)
        if isinstance(around, str):
            return f"{outer.name}() returns it again, and {around}"
        edit = gain_first(module, call, around.parameter)
        return Called((edit, *around.splices), around.built, around.changed, around.registries)

    def _callers(self, function: FunctionNode, registry: Registry | None) -> list[ast.Call] | str:
        """Every call of ``function`` in the file; a sentence if there is none, or if one cannot be told."""
        owner = self._module.index.enclosing_class(function)
        if owner is not None and self._overridden(owner, function.name):
            return "a class of this file defines it again"
        nodes = self._by_name(function) if owner is None else self._by_method(owner, function.name)
        calls: list[ast.Call] = [*registry.calls] if registry is not None else []
        if registry is not None and (why := self._outside(registry)):
            return why
        for node in nodes:
            line = self._module.position(node)[0]
            parent = self._module.index.parents[node]
            if registry is not None and isinstance(parent, ast.Dict):
                continue
            if not isinstance(parent, ast.Call) or parent.func is not node:
                return f"line {line} uses it without calling it"
            if owner is not None and not self._on_self(node, owner):
                return f"line {line} calls a {function.name}() of an object whose class is not told"
            calls.append(parent)
        if owner is not None and (hidden := self._hidden_call(function.name)):
            return f"line {hidden} has a {function.name}() of an object whose class is not told"
        elsewhere = self._neighbours.elsewhere(self._name(function))
        if elsewhere is None:
            return calls or "no call of it is in this file"
        return elsewhere or calls

    def _outside(self, registry: Registry) -> str:
        """Why calls of what a registry holds cannot pass the parameters; empty if they can."""
        for name in filter(None, (registry.table, registry.register)):
            if why := self._neighbours.elsewhere(name):
                return f"{name} holds it, and {why}"
        for one in registry.functions:
            if not self._may_build(one):
                return f"{one.name}(), which the same calls may run, returns no optimizer that is converted"
        for call in registry.calls:
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            place = self._module.position(call)
            if any(flow_of(self._module, value, "", place) is not None for value in given):
                return f"the call in line {place[0]} hands over a learning-rate schedule"
        return ""

    def _may_build(self, function: FunctionNode) -> bool:
        """Whether a function names an optimizer, or calls a function of the file that could."""
        for node in ast.walk(function):
            if isinstance(node, (ast.Name, ast.Attribute)):
                name = self._module.framework_name(node)
                if name is not None and self._module.rules.named(name):
                    return True
                if any(isinstance(one.node, ast.FunctionDef) for one in self._module.origins(node)):
                    return True
        return False

    def _hidden_call(self, name: str) -> int | None:
        """The line of a call of a method ``name`` of something that has no name itself, such as ``agents[0]``."""
        for node in ast.walk(self._module.index.module):
            match node:
                case ast.Attribute(attr=found) if found == name and dotted(node) is None:
                    return self._module.position(node)[0]
                case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=found), *_]) if found == name:
                    return self._module.position(node)[0]
        return None

    def _by_name(self, function: FunctionNode) -> Iterator[ast.expr]:
        for _, node in self._module.index.uses.get(function.name, ()):
            if any(binding.node is function for binding in self._module.origins(node)):
                yield node

    def _by_method(self, owner: ast.ClassDef, name: str) -> Iterator[ast.expr]:
        """Every ``X.name`` of the file, but for the self of a class that has nothing to do with ``owner``."""
        for key, uses in self._module.index.uses.items():
            if key.endswith(f".{name}"):
                for scope, node in uses:
                    method = self._module.method_of(scope)
                    on_self = method is not None and key == f"{method[2]}.{name}"
                    if not (on_self and method is not None and self._unrelated(method[0], owner, name)):
                        yield node

    def _on_self(self, node: ast.expr, owner: ast.ClassDef) -> bool:
        """Whether ``node`` is ``self.name`` in ``owner`` itself or in a class of this file that derives from it."""
        method = self._module.method_of(self._module.index.scope(node))
        key = dotted(node)
        own = method is not None and key is not None and key.partition(".")[0] == method[2] and key.count(".") == 1
        return own and method is not None and (method[0] is owner or self._module.derives(method[0], owner))

    def _unrelated(self, other: ast.ClassDef, owner: ast.ClassDef, name: str) -> bool:
        """Whether ``self.name`` in ``other`` is certainly another method."""
        if other is owner or self._module.derives(other, owner) or self._module.derives(owner, other):
            return False
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        return any(isinstance(statement, functions) and statement.name == name for statement in other.body)

    def _overridden(self, owner: ast.ClassDef, name: str) -> bool:
        """Whether a class above or below ``owner``, or beside it in one below, has this method, too."""
        module = self._module
        family = {owner, *module.relatives(owner)}
        family |= {one for node in module.classes if module.derives(node, owner) for one in module.classes
                   if module.derives(node, one)}  # fmt: skip
        return any(name in module.index.scopes[node].bindings for node in family - {owner})


def _unusual(module: Module, function: FunctionNode, *, registered: bool) -> str:
    """Why a function cannot gain a parameter in front; empty if it can.

    ``registered`` tells that its decorator only keeps it under a name.
    """
    names = [node.id if isinstance(node, ast.Name) else "" for node in function.decorator_list]
    if any(name not in _PLAIN for name in names) and not registered:
        return "it is decorated"
    if isinstance(function, ast.AsyncFunctionDef) or any(
        isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function)
    ):
        return "it is a generator or a coroutine"
    scope = module.index.scope(function)
    same = [
        one
        for one in scope.bindings.get(function.name, ())
        if one.kind is not BindingKind.FUNCTION or one.node is not function
    ]
    return "it is defined more than once" if same else ""


def _free_name(function: FunctionNode) -> str:
    taken = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    taken |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    return next(name for name in ("params", "parameters", "params_to_train", "optimizer_params") if name not in taken)


def _gain(module: Module, function: FunctionNode, parameter: str) -> Splice | None:
    """The edit that puts ``parameter`` first, behind self or cls of a method."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    if function.args.kwarg is not None and not function.args.posonlyargs:
        parameter += ", /"  # a keyword of that name may be among the others
    static = any(isinstance(node, ast.Name) and node.id == "staticmethod" for node in function.decorator_list)
    source = module.source
    if module.index.enclosing_class(function) is not None and not static:
        if not arguments:
            return None
        end = source.end(arguments[0])
        return Splice(end, end, (f", {parameter}",))
    start = source.start(function)
    match = re.match(rb"(?:async\s+)?def\s+\w+\s*\(", source.data[start:])
    if match is None:
        return None
    at = start + match.end()
    empty = not (arguments or function.args.vararg or function.args.kwonlyargs or function.args.kwarg)
    return Splice(at, at, (parameter if empty else f"{parameter}, ",))
