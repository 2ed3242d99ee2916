"""What one pass over a module's syntax tree found: parents, scopes, bindings, and where each name is used."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tf2ms_opt.trace.scopes import Binding, FunctionNode, Scope, evaluated_inside

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(eq=False)
class Index:
    """A module's tree with what the pass found."""

    module: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    #: the block of its parent in which a node stands (``body``, ``orelse``, ``handlers1``)
    sides: dict[ast.AST, str] = field(default_factory=dict)
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)
    moments: dict[ast.stmt | ast.excepthandler | ast.match_case, tuple[int, int]] = field(default_factory=dict)
    calls: list[ast.Call] = field(default_factory=list)
    #: name or dotted path -> where it is read, and in which scope
    uses: dict[str, list[tuple[Scope, ast.expr]]] = field(default_factory=dict)
    identifiers: set[str] = field(default_factory=set)
    #: names that some function declares global or nonlocal
    outward: set[str] = field(default_factory=set)

    @cached_property
    def bound(self) -> dict[str, list[tuple[Scope, Binding]]]:
        """Key -> every binding of it, whatever the scope."""
        found: dict[str, list[tuple[Scope, Binding]]] = {}
        for scope in self.scopes.values():
            for key, bindings in scope.bindings.items():
                found.setdefault(key, []).extend((scope, binding) for binding in bindings)
        return found

    @cached_property
    def bound_below(self) -> dict[str, list[Binding]]:
        """Key -> every binding of something that hangs on it: ``a.b`` below ``a``."""
        found: dict[str, list[Binding]] = {}
        for key, pairs in self.bound.items():
            for end in (match for match in range(len(key)) if key[match] == "."):
                found.setdefault(key[:end], []).extend(binding for _, binding in pairs)
        return found

    @cached_property
    def bound_by(self) -> dict[ast.AST, list[Binding]]:
        """Statement -> what it binds."""
        found: dict[ast.AST, list[Binding]] = {}
        for pairs in self.bound.values():
            for _, binding in pairs:
                if binding.statement is not None:
                    found.setdefault(binding.statement, []).append(binding)
        return found

    @cached_property
    def timed_calls(self) -> tuple[list[int], list[ast.Call]]:
        """The calls in the order of their statements, and the moments of these."""
        timed = sorted(((self.moments[self.statement(call)][0], call) for call in self.calls), key=lambda pair: pair[0])
        return [moment for moment, _ in timed], [call for _, call in timed]

    def calls_between(self, first: ast.stmt, last: ast.stmt) -> list[ast.Call]:
        """The calls in the statements behind ``first`` and before ``last``."""
        moments, calls = self.timed_calls
        start, end = self.moments[first][1], self.moments[last][0]
        return calls[bisect_right(moments, start) : bisect_left(moments, end)]

    @property
    def top(self) -> Scope:
        return self.scopes[self.module]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        current = self.parents.get(node)
        while current is not None:
            yield current
            current = self.parents.get(current)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds ``node``, or is it."""
        current = node
        while not isinstance(current, ast.stmt):
            current = self.parents[current]
        return current

    def scope(self, node: ast.AST) -> Scope:
        """The scope in which ``node`` is evaluated."""
        child, current = node, self.parents.get(node)
        while current is not None:
            if current in self.scopes and evaluated_inside(self.sides[child], current):
                return self.scopes[current]
            child, current = current, self.parents.get(current)
        return self.top

    def function(self, node: ast.AST) -> FunctionNode | None:
        """The function whose body holds ``node``."""
        scope: Scope | None = self.scope(node)
        while scope is not None:
            if isinstance(scope.node, _FUNCTIONS):
                return scope.node
            scope = scope.parent
        return None

    def enclosing_class(self, function: ast.AST) -> ast.ClassDef | None:
        """The class of which ``function`` is a method."""
        parent = self.parents.get(function)
        return parent if isinstance(parent, ast.ClassDef) else None

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The list of statements in which ``statement`` stands."""
        parent = self.parents[statement]
        for _, value in ast.iter_fields(parent):
            if isinstance(value, list) and statement in value:
                return value
        raise LookupError("a statement outside of its parent")
