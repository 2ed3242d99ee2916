"""Classes that are named in one place and called in another: in dictionaries, as arguments, by ``functools.partial``.

All places that name a class for a call, and all calls that such a class gets to, are found together, or there is a
reason why they cannot be.  What is written in their place is for others.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tf2ms_opt.trace.handed import default_of, function_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind, FunctionNode, dotted
from tf2ms_opt.trace.tables import may_be, name_of, table_of, taken

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PLAIN = {"staticmethod", "classmethod"}


@dataclass(frozen=True, eq=False)
class Entry:
    """A place that names a class: ``node`` is all of it, ``reference`` the class, ``partial`` what binds arguments."""

    node: ast.expr
    reference: ast.expr
    partial: ast.Call | None = None


@dataclass(frozen=True, eq=False)
class Indirect:
    """Every class that the same calls may build, and these calls.

    ``names`` are those by which other files may reach them.
    """

    entries: tuple[Entry, ...]
    calls: tuple[ast.Call, ...]
    names: tuple[str, ...] = ()
    #: calls by the same names that build one class for certain, and are sites of their own
    direct: tuple[ast.Call, ...] = ()


class _UnknownError(Exception):
    """Some use cannot be followed; the text says which."""


def indirect(module: Module, node: ast.expr) -> Indirect | str:
    """All that goes with the class that ``node`` names, or with the call of it; a reason where not all is known."""
    groups = module.cached(_groups)
    if node in groups:
        return groups[node]
    found = _Finder(module)
    try:
        found.follow(node)
    except _UnknownError as unknown:
        return str(unknown)
    known = found.known
    if not found.calls or node not in known:
        return "no call of it is in this file"
    in_order = sorted(found.entries.values(), key=lambda entry: module.source.start(entry.node))
    calls = sorted(found.calls, key=module.source.start)
    group = Indirect(tuple(in_order), tuple(calls), tuple(found.names), tuple(found.direct))
    groups |= dict.fromkeys(known, group)
    return group


def _groups(_: Module) -> dict[ast.expr, Indirect]:
    """What was found already, by each class and call that it has: a table of a thousand classes is one question."""
    return {}


def arguments_of(entry: Entry, call: ast.Call) -> ast.Call:
    """``call`` of ``entry`` with the arguments that a ``functools.partial`` has bound, as one call of the class."""
    given = {keyword.arg for keyword in call.keywords}
    bound = entry.partial.keywords if entry.partial is not None else []
    first = entry.partial.args[1:] if entry.partial is not None else []
    keywords = [*(keyword for keyword in bound if keyword.arg not in given), *call.keywords]
    return ast.copy_location(ast.Call(entry.reference, [*first, *call.args], keywords), call)


class _Finder:
    """Goes from classes to their calls, and from calls to the classes that they may build, until all are known."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.entries: dict[ast.expr, Entry] = {}
        self.calls: dict[ast.Call, None] = {}
        self.direct: dict[ast.Call, None] = {}
        self.names: dict[str, None] = {}
        self._seen: set[tuple[str, ast.AST]] = set()

    @property
    def known(self) -> set[ast.expr]:
        """The classes and the calls that were found."""
        return {*self.calls, *(call.func for call in self.calls), *(one.reference for one in self.entries.values())}

    def follow(self, node: ast.expr) -> None:
        parent = self.module.index.parents[node]
        if isinstance(parent, ast.Call) and parent.func is node:
            self._call(parent)
        else:
            self._value(self._whole(node))

    def _new(self, what: str, node: ast.AST) -> bool:
        known = (what, node) in self._seen
        self._seen.add((what, node))
        return not known

    def _line(self, node: ast.expr) -> int:
        return self.module.position(node)[0]

    def _whole(self, node: ast.expr) -> ast.expr:
        """The ``functools.partial`` around a class, or the class."""
        parent = self.module.index.parents[node]
        return parent if isinstance(parent, ast.Call) and self._bound_class(parent) is node else node

    def _bound_class(self, node: ast.Call) -> ast.expr | None:
        """The class to which ``functools.partial`` binds arguments."""
        resolved = self.module.resolve(node.func)
        if resolved.other or resolved.names != {"functools.partial"}:
            return None
        return node.args[0] if node.args and self._is_class(node.args[0]) else None

    def _is_class(self, node: ast.expr) -> bool:
        return bool(rules := self._rules(node)) and len(rules) == 1

    def _rules(self, node: ast.expr) -> set[str]:
        """The rules of the optimizers that ``node`` may be; none where it may be something else."""
        resolved = self.module.resolve(node)
        found: set[str] = set()
        for name in resolved.names:
            rules = {one.rule.name for one in self.module.rules.named(name) if one.rule.kind == "optimizer"}
            if not rules or resolved.other:
                return set()
            found |= rules
        return found

    def _value(self, node: ast.expr) -> None:
        """Follow ``node``, which may be one of the classes, to where it is called."""
        if not self._new("value", node):
            return
        module, parent = self.module, self.module.index.parents[node]
        match parent:
            case ast.Call() if parent.func is node:
                self._call(parent)
            case ast.Call() if self._bound_class(parent) is node:
                self._value(parent)
            case ast.Call() | ast.keyword():
                self._passed(node, parent)
            case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
                self._assigned(node, target)
            case ast.Dict(values=values) if node in values:
                elements = taken(module, parent, node)
                if elements is None:
                    raise _UnknownError(f"the dictionary in line {self._line(parent)} can be reached in other ways too")
                if name := name_of(module, parent):
                    self.names[name] = None
                for element in elements:
                    self._value(element)
            case ast.IfExp() if node is not parent.test:
                self._value(parent)
            case ast.arguments():
                self._default(node, parent)
            case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
                pass  # whether there is one
            case _:
                raise _UnknownError(f"line {self._line(node)} uses it without calling it")

    def _assigned(self, node: ast.expr, target: ast.Name) -> None:
        scope = self.module.index.scope(target)
        if isinstance(scope.node, ast.ClassDef) or target.id in self.module.index.outward:
            raise _UnknownError(f"{target.id} can be reached from elsewhere")
        self.names |= {target.id: None} if scope is self.module.index.top else {}
        for reader in self.module.readers(target.id, node):
            self._value(reader)

    def _passed(self, node: ast.expr, parent: ast.Call | ast.keyword) -> None:
        call = self.module.index.parents[parent] if isinstance(parent, ast.keyword) else parent
        if not isinstance(call, ast.Call):
            raise _UnknownError(f"line {self._line(node)} uses it without calling it")
        function = function_of(self.module, call)
        parameters = [name for name, value in self._given(function, call) if value is node] if function else []
        if function is None or len(parameters) != 1 or not self._bindings(function, parameters[0]):
            raise _UnknownError(f"line {self._line(node)} hands it to {self.module.text(call.func)}(...)")
        self._parameter(function, parameters[0])

    def _default(self, node: ast.expr, arguments: ast.arguments) -> None:
        function = self.module.index.parents[arguments]
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            binding = next((one for one in self._bindings(function, argument.arg) if one.node is argument), None)
            if binding is not None and default_of(self.module, binding) is node and isinstance(function, _FUNCTIONS):
                self._parameter(function, argument.arg)
                return
        raise _UnknownError(f"line {self._line(node)} uses it without calling it")

    def _parameter(self, function: FunctionNode, name: str) -> None:
        """Every use of the parameter ``name`` of ``function``."""
        self.names[f"{self._called_as(function)}({name}=)"] = None
        for _, use in self.module.index.uses.get(name, ()):
            if any(binding in self._bindings(function, name) for binding in self.module.origins(use)):
                self._value(use)

    def _bindings(self, function: ast.AST, name: str) -> list[Binding]:
        known = self.module.index.scopes[function].bindings if function in self.module.index.scopes else {}
        return [one for one in known.get(name, ()) if one.kind is BindingKind.PARAMETER]

    def _call(self, call: ast.Call) -> None:
        if not self._new("call", call):
            return
        if self._is_class(call.func):
            self.direct[call] = None
            return
        self._shown(call)
        self.calls[call] = None
        self._sources(call.func)

    def _shown(self, call: ast.Call) -> None:
        if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
            raise _UnknownError(f"the call in line {self._line(call)} does not show its arguments")

    def _sources(self, node: ast.expr) -> None:
        """Every class that ``node`` may be."""
        if not self._new("source", node):
            return
        module = self.module
        if isinstance(node, ast.Constant) and node.value is None:
            return
        if self._is_class(node):
            self.entries[node] = Entry(node, node)
            self._value(node)
        elif isinstance(node, ast.Call) and (reference := self._bound_class(node)) is not None:
            self._shown(node)
            self.entries[node] = Entry(node, reference, node)
            self._value(node)
        elif isinstance(node, ast.IfExp):
            self._sources(node.body)
            self._sources(node.orelse)
        elif (table := table_of(module, node)) is not None:
            for value in table.values:
                if may_be(module, table, node, value):
                    self._sources(value)
        elif isinstance(node, ast.Name) and (bindings := module.origins(node)):
            for binding in bindings:
                self._bound(node, binding)
        else:
            raise _UnknownError(f"{module.text(node)} in line {self._line(node)} may be something else")

    def _bound(self, node: ast.Name, binding: Binding) -> None:
        if binding.kind is BindingKind.ASSIGN and binding.value is not None:
            self._sources(binding.value)
            return
        arguments = self.module.index.parents.get(binding.node)
        function = self.module.index.parents.get(arguments) if isinstance(arguments, ast.arguments) else None
        if binding.kind is not BindingKind.PARAMETER or not isinstance(function, _FUNCTIONS):
            raise _UnknownError(f"{node.id} in line {self._line(node)} may be something else")
        if (default := default_of(self.module, binding)) is not None:
            self._sources(default)
        for call in self._callers(function):
            for name, value in self._given(function, call):
                if name == binding.key:
                    self._sources(value)

    def _callers(self, function: FunctionNode) -> Iterator[ast.Call]:
        """Every call that may run ``function``.  Raises ``_UnknownError`` where it is used in other ways."""
        decorators = {dotted(node) or "" for node in function.decorator_list}
        if not decorators <= _PLAIN:
            raise _UnknownError(f"{function.name}() is decorated")
        name = self._called_as(function)
        for key, uses in self.module.index.uses.items():
            for _, use in uses if key.rpartition(".")[2] == name else ():
                parent = self.module.index.parents[use]
                if not isinstance(parent, ast.Call) or parent.func is not use:
                    raise _UnknownError(f"line {self._line(use)} uses {name} without calling it")
        for call in self.module.index.calls:
            if any(one is function for one in self._functions(call)):
                yield call

    def _called_as(self, function: FunctionNode) -> str:
        owner = self.module.index.enclosing_class(function)
        return owner.name if owner is not None and function.name == "__init__" else function.name

    def _functions(self, call: ast.Call) -> Iterator[FunctionNode]:
        """The functions of the file that ``call`` may run, by their names."""
        match call.func:
            case ast.Attribute(attr=name) | ast.Name(id=name):
                for function in self.module.index.scopes:
                    if isinstance(function, _FUNCTIONS) and name in (function.name, self._called_as(function)):
                        yield function

    def _given(self, function: FunctionNode, call: ast.Call) -> list[tuple[str, ast.expr]]:
        """Parameter and value of every argument of ``call``."""
        self._shown(call)
        names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        static = any(dotted(node) == "staticmethod" for node in function.decorator_list)
        if self.module.index.enclosing_class(function) is not None and not static:
            names = names[1:]
        given = [(keyword.arg or "", keyword.value) for keyword in call.keywords]
        return [*zip(names, call.args, strict=False), *given]
