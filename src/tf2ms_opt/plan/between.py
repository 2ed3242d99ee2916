"""What the statements between two places may do to a value: bind it anew, change it, or hand it to code that could.

An over-approximation: everything that is not named here leaves the value alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Scope, dotted

#: methods after which a model has other layers than before
GROWS = ("add", "pop", "append", "insert", "extend")
#: functions that only look at what they are given
_HARMLESS = {"print", "len", "str", "repr", "type", "isinstance", "id", "format", "hasattr", "range", "float", "int"}


def growth(module: Module, key: str) -> Iterator[tuple[Scope, ast.expr]]:
    """Every ``key.add`` and the like of the file, and the scope that it stands in."""
    for method in GROWS:
        yield from module.index.uses.get(f"{key}.{method}", ())


def begins(module: Module, node: ast.AST) -> int:
    """The moment at which the statement of ``node`` begins."""
    return module.index.moments[module.index.statement(node)][0]


def prefixes(key: str) -> Iterator[str]:
    """``a``, ``a.b`` and ``a.b.c`` for ``a.b.c``."""
    parts = key.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def rebound(module: Module, scope: Scope, key: str, first: ast.stmt, last: ast.stmt) -> bool:
    """Whether a binding of ``key``, or of what it hangs on, stands between the two statements."""
    start, end = module.index.moments[first][1], module.index.moments[last][0]
    return any(start < binding.moment < end for prefix in prefixes(key) for binding in scope.bindings.get(prefix, ()))


def touched(module: Module, key: str, first: ast.stmt, last: ast.stmt) -> bool:
    """Whether code between the two statements may change what ``key`` stands for.

    A call that gets the object or what it hangs on, a method of what it hangs on, any call at all where a function
    declares the name global; for a model also a method that adds layers, and an attribute that is set.
    """
    start, end = module.index.moments[first][1], module.index.moments[last][0]
    if any(start < binding.moment < end for binding in module.index.bound_below.get(key, ())):
        return True
    if any(start < binding.moment < end for _, binding in module.trainables):
        return True
    root = key.partition(".")[0]
    return any(_may_change(module, call, key, root) for call in module.index.calls_between(first, last))


def touched_by(module: Module, key: str, statement: ast.stmt) -> bool:
    """Whether ``statement`` itself binds ``key``, or calls what may change it."""
    root = key.partition(".")[0]
    bound = [pair for name in prefixes(key) for pair in module.index.bound.get(name, ())]
    if any(binding.statement is statement for _, binding in bound):
        return True
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return ("." in key or root in module.index.outward) and any(_may_change(module, one, key, root) for one in calls)


def _may_change(module: Module, call: ast.Call, key: str, root: str) -> bool:
    if root in module.index.outward:
        return True
    func = dotted(call.func) or ""
    if func in _HARMLESS:
        return False
    holder, _, method = func.rpartition(".")
    if holder == key and method in GROWS:
        return True
    if holder and method in ("add", "pop") and not module.framework_name(call.func):
        return True  # another name of the model, or a model inside of it, may get layers
    if "." in key and (holder == root or (holder.startswith(f"{root}.") and key.startswith(f"{holder}."))):
        own = module.method_of(module.index.scope(call))
        if own is None or holder != own[2] or _sets(module, own[0], method, key.split(".")[1]):
            return True
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(_hands_over(value, key) for value in given)


def _hands_over(value: ast.expr, key: str) -> bool:
    """Whether ``value`` is the object ``key``, or something that it hangs on."""
    name = dotted(value.value if isinstance(value, ast.Starred) else value)
    return name is not None and name in set(prefixes(key))


def _sets(module: Module, owner: ast.ClassDef, method: str, attribute: str) -> bool:
    """Whether ``self.method()`` may set ``self.attribute``: itself, through other methods, or unseen."""
    pending, seen = [method], set[str]()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        found = [node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name == name]
        if not found and module.attribute_bindings(owner, name):
            continue  # an object that self holds, such as a model, and no method
        if len(found) != 1 or not found[0].args.args:
            return True
        own = found[0].args.args[0].arg
        if any(holder is found[0] for holder, _ in module.attribute_bindings(owner, attribute)):
            return True
        for call in (node for node in ast.walk(found[0]) if isinstance(node, ast.Call)):
            func = dotted(call.func) or ""
            if func in {f"{own}.{attribute}.{grow}" for grow in GROWS}:
                return True
            if any(isinstance(value, ast.Name) and value.id == own for value in call.args) or func == "setattr":
                return True
            if func.startswith(f"{own}.") and func.count(".") == 1:
                pending.append(func.partition(".")[2])
    return False
