"""One pass over a module's syntax tree, for its parents, scopes and bindings, and for where each name is used.

The walk keeps its own stack, so that deeply nested code cannot exhaust Python's.  Nothing is decided here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, ClassVar

from tf2ms_opt.trace.index import Index
from tf2ms_opt.trace.scopes import Binding, BindingKind, FunctionNode, Scope, ScopeNode, dotted, evaluated_inside

#: fields without nodes of their own: of what says of which kind a node is, Python makes one object for the whole tree
_PLAIN = frozenset(
    (
        "ctx",
        "op",
        "ops",
        "id",
        "attr",
        "arg",
        "kind",
        "level",
        "type_comment",
        "simple",
        "is_async",
        "conversion",
        "tag",
        "asname",
        "rest",
    )
)
#: kind of node -> its fields that may hold others
_FIELDS = {
    kind: tuple(name for name in kind._fields if name not in _PLAIN)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
#: nodes without others below them
_LEAVES = (ast.Name, ast.Constant)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def index(module: ast.Module) -> Index:
    """Walk ``module`` once."""
    result = Index(module)
    result.scopes[module] = Scope(module, None)
    _Walk(result).run()
    return result


def _sides(node: ast.AST) -> list[tuple[ast.AST, str]]:
    """The children of ``node`` with the blocks that they stand in; of handlers and cases, each is a block."""
    found: list[tuple[ast.AST, str]] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append((value, name))
        elif isinstance(value, list):
            apart = name in ("handlers", "cases")
            for position, item in enumerate(value):
                if isinstance(item, ast.AST):
                    found.append((item, f"{name}{position}" if apart else name))
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below ``node``, in the order of the text but for those that say what kind it is."""
    return [child for child, _ in _sides(node)]


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
            if isinstance(node, _LEAVES):
                continue
            if isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)):
                self.index.moments[node] = (self.moment, self.moment)
                stack.append((node, scope, False))
            for child, side in reversed(_sides(node)):
                parents[child] = node
                sides[child] = side
                stack.append((child, inner if inner is scope or evaluated_inside(side, node) else scope, True))

    def _enter(self, node: ast.AST, scope: Scope) -> Scope:
        enter = self._entering.get(type(node))
        return scope if enter is None else enter(self, node, scope) or scope

    def _attribute(self, node: ast.Attribute, scope: Scope) -> None:
        if isinstance(node.ctx, ast.Load) and (key := dotted(node)) is not None:
            self.index.uses.setdefault(key, []).append((scope, node))

    def _call(self, node: ast.Call, _: Scope) -> None:
        self.index.calls.append(node)

    def _outward(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        scope.outward.update(node.names)
        self.index.outward.update(node.names)

    def _loop(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        self._targets(node.target, scope, node)

    def _comprehension(self, node: ast.comprehension, scope: Scope) -> None:
        self._targets(node.target, scope, None)

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self._targets(item.optional_vars, scope, node)

    def _caught(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar, scope: Scope) -> None:
        if node.name is not None:
            self._bind(scope, node.name, BindingKind.OTHER, node)

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
        if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            self._parameters(node, inner)
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

    #: kind of node -> what is done with one; where that opens a scope, it is returned
    _entering: ClassVar[dict[type[ast.AST], Callable[[_Walk, Any, Scope], Scope | None]]] = {
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.Call: _call,
        **dict.fromkeys((ast.Global, ast.Nonlocal), _outward),
        **dict.fromkeys((ast.For, ast.AsyncFor), _loop),
        **dict.fromkeys((ast.With, ast.AsyncWith), _with),
        ast.comprehension: _comprehension,
        **dict.fromkeys((ast.ExceptHandler, ast.MatchAs, ast.MatchStar), _caught),
        **dict.fromkeys((*_FUNCTIONS, ast.Lambda, ast.ClassDef, *_COMPREHENSIONS), _open),
    }
