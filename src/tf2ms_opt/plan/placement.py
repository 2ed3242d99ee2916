"""Where the converted optimizer is built: where it was, in a statement of its own above, or further down.

An expression may only go where it means the same: the model must exist and be complete there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from tf2ms_opt.plan.between import begins, growth, prefixes, rebound, touched
from tf2ms_opt.trace.handed import default_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.reaching import owner, reaching
from tf2ms_opt.trace.scopes import Binding, BindingKind, Scope, dotted
from tf2ms_opt.values import is_pure

_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)
_APART = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Form(Enum):
    """How the optimizer is written."""

    ASSIGNED = auto()  # target = Optimizer(...): stays, lines can follow
    INLINE = auto()  # inside a simple statement, above which a statement can be placed
    EMBEDDED = auto()  # inside an expression or a statement that leaves no room


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a site stands: its statement, its form, what it is assigned to, and why there is no room (EMBEDDED)."""

    statement: ast.stmt
    form: Form
    target: str | None = None
    where: str = ""

    @property
    def takes_lines(self) -> bool:
        """Whether lines can follow the optimizer, where it stands or in a statement of its own."""
        return self.form is not Form.EMBEDDED


def spot(module: Module, node: ast.expr) -> Spot:
    """How and where the expression ``node`` stands."""
    index = module.index
    statement = index.statement(node)
    where = _no_room(module, node, statement)
    target = _target(module, node)
    if target is not None and not where:
        return Spot(statement, Form.ASSIGNED, target)
    if not where and target is None:
        where = _not_first(module, node, statement)
    return Spot(statement, Form.EMBEDDED, target, where) if where else Spot(statement, Form.INLINE)


def _target(module: Module, node: ast.expr) -> str | None:
    """The name or dotted path to which ``node`` alone is assigned."""
    parent = module.index.parents[node]
    match parent:
        case ast.Assign(targets=targets):
            return next((key for target in targets if (key := dotted(target)) is not None), None)
        case ast.AnnAssign(target=target):
            return dotted(target)
        case ast.Tuple() | ast.List():
            statement = module.index.parents[parent]
            if isinstance(statement, ast.Assign) and statement.value is parent and len(statement.targets) == 1:
                other = statement.targets[0]
                if isinstance(other, (ast.Tuple, ast.List)) and len(other.elts) == len(parent.elts):
                    return dotted(other.elts[parent.elts.index(node)])
    return None


def _no_room(module: Module, node: ast.expr, statement: ast.stmt) -> str:
    """Why no statement can be placed beside ``statement``; empty if one can."""
    child: ast.AST = node
    for ancestor in module.index.ancestors(node):
        if isinstance(ancestor, _APART):
            return "inside a lambda" if isinstance(ancestor, ast.Lambda) else "inside a comprehension"
        if isinstance(ancestor, ast.IfExp) and child is not ancestor.test:
            return "inside a conditional expression"
        if isinstance(ancestor, ast.BoolOp) and child is not ancestor.values[0]:
            return "inside a conditional expression"
        if isinstance(ancestor, ast.NamedExpr):
            return "inside an assignment expression"
        if isinstance(ancestor, ast.arguments):
            return "in a default argument"
        if ancestor is statement:
            break
        child = ancestor
    if not isinstance(statement, _SIMPLE):
        return "in the head of a compound statement"
    if isinstance(module.index.parents[statement], ast.ClassDef):
        return "in the body of a class, where every name becomes an attribute"
    source = module.source
    start, end = source.start(statement), source.end(statement)
    if source.data[source.line_start(start) : start].strip(b" \t\f") or source.is_continued(start):
        return "on a line with another statement"
    rest = source.data[end : source.line_end(end)].strip().removeprefix(b";").lstrip()
    return "on a line with another statement" if rest and not rest.startswith(b"#") else ""


def _not_first(module: Module, node: ast.expr, statement: ast.stmt) -> str:
    """Hoisting evaluates ``node`` before the rest of its statement: fine if no call that runs first could tell."""
    values = () if isinstance(node, ast.Constant) else tuple(evaluated(node))
    needed = {name.id for value in values for name in ast.walk(value) if isinstance(name, ast.Name)}
    call = next((one for one in module.index.ancestors(node) if isinstance(one, ast.Call)), None)
    if call is not None and isinstance(call.func, ast.Attribute):
        needed |= {name.id for name in ast.walk(call.func.value) if isinstance(name, ast.Name)}
    pure = all(is_pure(value) for value in values)
    holders = {node, *module.index.ancestors(node)}
    start = module.source.start(node)
    for other in ast.walk(statement):
        if not isinstance(other, (ast.Call, ast.NamedExpr, ast.Await)) or other in holders or _self_of(other):
            continue
        if isinstance(other, ast.Call) and is_construction(other) and _is_optimizer(module, other):
            continue  # it keeps what it is given, and does nothing else
        if module.source.start(other) < start:
            touches = {name.id for name in ast.walk(other) if isinstance(name, ast.Name)}
            if not pure or needed & touches or needed & module.index.outward:
                return "behind calls of the same statement that run before it"
    return ""


def _is_optimizer(module: Module, call: ast.Call) -> bool:
    """Whether ``call`` builds an optimizer or a schedule that a rule knows."""
    resolved = module.resolve(call.func)
    return bool(resolved.names) and not resolved.other and all(map(module.rules.named, resolved.names))


def evaluated(node: ast.expr) -> Iterator[ast.expr]:
    """The values that a call is given, and those of the constructions among them."""
    if isinstance(node, ast.Call):
        for value in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from (
                evaluated(value)
                if isinstance(value, ast.Call) and not is_pure(value) and is_construction(value)
                else (value,)
            )


def is_construction(call: ast.Call) -> bool:
    """A call by a plain or dotted name of pure arguments, such as a schedule's constructor."""
    return dotted(call.func) is not None and all(
        is_pure(value) for value in (*call.args, *(keyword.value for keyword in call.keywords))
    ) and (dotted(call.func) or "").rpartition(".")[2][:1].isupper()  # fmt: skip


def available_behind(module: Module, model: ast.expr, statement: ast.stmt) -> bool:
    """Whether ``model``, which stands in another function, has the same value just behind ``statement``."""
    here, there = module.index.scope(statement), module.index.scope(model)
    key = dotted(model)
    if key is None or flow_scope(there) is here:
        return False
    return _other_scope(module, (here, there), key, statement, behind=True)


def available(module: Module, model: ast.expr, statement: ast.stmt) -> bool:
    """Whether ``model``, as it stands at its own place, has the same value just before ``statement``."""
    own = module.index.statement(model)
    if own is statement:
        return True
    if module.index.parents[own] is not module.index.parents[statement] and _may_be_none(module, model):
        return False
    here, there = module.index.scope(statement), module.index.scope(model)
    key = dotted(model) or _self_of(model)
    if key is None:
        return False  # models[i]: what it stands for may change with every statement
    if here is there or (flow_scope(there) is here and key.partition(".")[0] not in there.bindings):
        return _same_scope(module, here, key, model, statement)
    return _other_scope(module, (here, there), key, statement)


def _may_be_none(module: Module, model: ast.expr) -> bool:
    """Whether it is a parameter that is None unless the caller gives it."""
    defaults = (default_of(module, one) for one in module.origins(model) if one.kind is BindingKind.PARAMETER)
    return any(isinstance(one, ast.Constant) and one.value is None for one in defaults)


def _self_of(model: ast.AST) -> str | None:
    """``super()`` stands for self, which a method does not lose."""
    return "super" if isinstance(model, ast.Call) and dotted(model.func) == "super" else None


def flow_scope(scope: Scope) -> Scope:
    """The scope in whose flow ``scope`` is evaluated: itself, or the one around a lambda or comprehension."""
    while isinstance(scope.node, _APART) and scope.parent is not None:
        scope = scope.parent
    return scope


def _same_scope(module: Module, scope: Scope, key: str, model: ast.expr, statement: ast.stmt) -> bool:
    if key == "super":
        return True
    own = module.index.statement(model)
    for prefix in prefixes(key):
        if set(reaching(module.index, scope, prefix, statement)) != set(reaching(module.index, scope, prefix, model)):
            return False
    return not rebound(module, scope, key, statement, own) and not touched(module, key, statement, own)


def _bound_at(module: Module, scope: Scope, key: str, statement: ast.stmt, *, behind: bool) -> set[Binding]:
    """The bindings of ``key`` that may hold just before ``statement``, or just behind it."""
    own = {one for one in scope.bindings.get(key, ()) if one.statement is statement} if behind else set()
    return own or set(reaching(module.index, scope, key, statement))


def _other_scope(
    module: Module, scopes: tuple[Scope, Scope], key: str, statement: ast.stmt, *, behind: bool = False
) -> bool:
    """The optimizer is built in one function and used in another: the model must be bound where both see it."""
    here, there = scopes
    root, _, attribute = key.partition(".")
    own, other = module.method_of(here), module.method_of(there)
    if own is not None and other is not None and own[0] is other[0] and root == own[2] == other[2] and attribute:
        return _by_the_class(module, here, own, attribute, statement, behind=behind)
    outer = owner(there, root)
    if root in module.index.outward:
        return False
    if outer is None or outer is there or flow_scope(there) is outer or outer is not owner(here, root):
        return False
    everywhere = set(outer.bindings.get(root, []))
    if attribute and any(name.startswith(f"{root}.") for name in outer.bindings):
        return False
    before = _bound_at(module, here, root, statement, behind=behind)
    grows = any(begins(module, use) > begins(module, statement) for _, use in growth(module, key))
    return bool(before) and before == everywhere and not grows


def _by_the_class(
    module: Module, here: Scope, own: tuple[ast.ClassDef, ast.AST, str], attribute: str, statement: ast.stmt,
    *, behind: bool,
) -> bool:  # fmt: skip
    """``self.model`` in another method: bound before ``statement`` in this method, or in ``__init__`` alone."""
    first = attribute.partition(".")[0]
    bindings = module.attribute_bindings(own[0], first)
    elsewhere = [module.attribute_bindings(other, first) for other in module.relatives(own[0])]
    if any(elsewhere) or any(isinstance(one.value, ast.Constant) for _, one in bindings):
        return False
    if _set_from_outside(module, first):
        return False
    binders = {method for method, _ in bindings}
    family = {own[0], *module.relatives(own[0])}
    growing = [use for scope, use in growth(module, f"{own[2]}.{attribute}") if _class_of(module, scope) in family]
    if any(module.index.function(use) not in binders for use in growing):
        return False  # another method adds layers
    if behind and any(begins(module, use) > begins(module, statement) for use in growing):
        return False
    before = _bound_at(module, here, f"{own[2]}.{attribute}", statement, behind=behind)
    if any(method is own[1] for method, _ in bindings):
        return before == {binding for _, binding in bindings}
    constructors = {getattr(method, "name", "") for method, _ in bindings}
    return constructors == {"__init__"} and getattr(own[1], "name", "") != "__init__"


def _class_of(module: Module, scope: Scope) -> ast.ClassDef | None:
    method = module.method_of(scope)
    return method[0] if method is not None else None


def _set_from_outside(module: Module, attribute: str) -> bool:
    """Whether some code sets ``X.attribute`` where X is not the self of a class."""
    for key, pairs in module.index.bound.items():
        for scope, _ in pairs if key.endswith(f".{attribute}") else ():
            method = module.method_of(scope)
            if method is None or key != f"{method[2]}.{attribute}":
                return True
    return False
