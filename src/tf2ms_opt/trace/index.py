"""One pass over a module's syntax tree: parents, scopes, bindings, and where each name is used.

The walk keeps its own stack, so that deeply nested code cannot exhaust Python's.  Nothing is decided here.
"""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tf2ms_opt.trace.scopes import Binding, BindingKind, FunctionNode, Scope, ScopeNode, dotted, evaluated_inside

#: nodes that say what kind another one is; Python makes one object of each for the whole tree
_MARKS = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
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


def index(module: ast.Module) -> Index:
    """Walk ``module`` once."""
    result = Index(module)
    result.scopes[module] = Scope(module, None)
    _Walk(result).run()
    return result


def _sides(node: ast.AST) -> list[tuple[ast.AST, str]]:
    """The children of ``node`` with the blocks that they stand in; of handlers and cases, each is a block."""
    found: list[tuple[ast.AST, str]] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            apart = name in ("handlers", "cases")
            for position, item in enumerate(value):
                if isinstance(item, ast.AST) and not isinstance(item, _MARKS):
                    found.append((item, f"{name}{position}" if apart else name))
        elif isinstance(value, ast.AST) and not isinstance(value, _MARKS):
            found.append((value, name))
    return found


class _Walk:
    """The pass itself: a stack of nodes to enter and of statements to leave."""

    def __init__(self, result: Index) -> None:
        self.index = result
        self.moment = 0
        self.stack: list[tuple[ast.AST, Scope, bool]] = [(result.module, result.top, True)]

    def run(self) -> None:
        stack, parents, sides = self.stack, self.index.parents, self.index.sides
        while stack:
            node, scope, entering = stack.pop()
            self.moment += 1
            if not entering:
                self._leave(node, scope)
                continue
            inner = self._enter(node, scope)
            children = _sides(node)
            if isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)):
                self.index.moments[node] = (self.moment, self.moment)
                stack.append((node, scope, False))
            for child, side in reversed(children):
                parents[child] = node
                sides[child] = side
                stack.append((child, inner if evaluated_inside(side, node) else scope, True))

    def _enter(self, node: ast.AST, scope: Scope) -> Scope:
        match node:  # what there is most of goes first
            case ast.Constant() | ast.Expr() | ast.keyword() | ast.arguments():
                pass
            case ast.Name():
                self._name(node, scope)
            case ast.Attribute(ctx=ast.Load()):
                if (key := dotted(node)) is not None:
                    self.index.uses.setdefault(key, []).append((scope, node))
            case ast.Call():
                self.index.calls.append(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                inner = self._open(node, scope)
                self._parameters(node, inner)
                return inner
            case ast.ClassDef() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._open(node, scope)
            case ast.Global() | ast.Nonlocal():
                scope.outward.update(node.names)
                self.index.outward.update(node.names)
            case ast.For() | ast.AsyncFor():
                self._targets(node.target, scope, node)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    if item.optional_vars is not None:
                        self._targets(item.optional_vars, scope, node)
            case ast.comprehension():
                self._targets(node.target, scope, None)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self._bind(scope, name, BindingKind.OTHER, node)
        return scope

    def _leave(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)):
            self.index.moments[node] = (self.index.moments[node][0], self.moment)
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.Assign():
                for target in node.targets:
                    self._targets(target, scope, node, node.value)
            case ast.AnnAssign(value=ast.expr() as value):
                self._targets(node.target, scope, node, value)
            case ast.AugAssign():
                self._targets(node.target, scope, node)
            case ast.Delete():
                for target in node.targets:
                    self._targets(target, scope, node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._bind(scope, node.name, BindingKind.FUNCTION, node)
            case ast.ClassDef():
                self._bind(scope, node.name, BindingKind.CLASS, node)
            case _:
                pass

    def _open(self, node: ScopeNode, scope: Scope) -> Scope:
        inner = Scope(node, scope)
        self.index.scopes[node] = inner
        return inner

    def _name(self, node: ast.Name, scope: Scope) -> None:
        self.index.identifiers.add(node.id)
        if isinstance(node.ctx, ast.Load):
            self.index.uses.setdefault(node.id, []).append((scope, node))
        elif isinstance(parent := self.index.parents.get(node), ast.NamedExpr):
            owner = scope
            while isinstance(owner.node, _COMPREHENSIONS) and owner.parent is not None:
                owner = owner.parent
            self._bind(owner, node.id, BindingKind.ASSIGN, parent, parent.value)

    def _parameters(self, node: FunctionNode | ast.Lambda, inner: Scope) -> None:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
        for argument in every:
            self.index.identifiers.add(argument.arg)
            inner.bind(Binding(argument.arg, BindingKind.PARAMETER, argument, None, self.moment))

    def _targets(
        self, target: ast.expr, scope: Scope, statement: ast.AST | None, value: ast.expr | None = None
    ) -> None:
        """Bind every name and dotted path of an assignment's target, element by element where both sides show them."""
        kind = BindingKind.ASSIGN if value is not None else BindingKind.OTHER
        match target:
            case ast.Tuple() | ast.List():
                values: list[ast.expr | None] = [None] * len(target.elts)
                if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                    values = list(value.elts)
                if any(isinstance(element, ast.Starred) for element in target.elts):
                    values = [None] * len(target.elts)
                for element, own in zip(target.elts, values, strict=True):
                    self._targets(element, scope, statement, own)
            case ast.Starred():
                self._targets(target.value, scope, statement)
            case _:
                key = dotted(target)
                if key is None and isinstance(target, ast.Attribute):
                    key = f"?.{target.attr}"  # an attribute of something without a name: layers[0].trainable
                if key is not None:
                    self._bind(scope, key, kind, statement or target, value)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                name = alias.asname or alias.name.partition(".")[0]
                qualified = alias.name if alias.asname else name
            else:
                module = "." * node.level + (node.module or "")
                if alias.name == "*":
                    scope.stars.append((self.moment, module))
                    continue
                name = alias.asname or alias.name
                qualified = f"{module}.{alias.name}" if not module.endswith(".") else module + alias.name
            self._bind(scope, name, BindingKind.IMPORT, alias, None, qualified)

    def _bind(
        self, scope: Scope, key: str, kind: BindingKind, node: ast.AST, value: ast.expr | None = None,
        qualified: str | None = None,
    ) -> None:  # fmt: skip
        self.index.identifiers.add(key.partition(".")[0])
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self.index.parents.get(current)
        scope.bind(Binding(key, kind, node, current, self.moment, value, qualified))
