"""What an element of a collection may be, and an attribute of a class or of its object, in the file's own classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted


def held(module: Module, node: ast.Subscript | ast.Attribute) -> Iterator[ast.expr]:
    """The expressions that ``node`` may give, where no name of its own is bound to them."""
    if isinstance(node, ast.Subscript):
        for value in (node.value, *(one.value for one in module.origins(node.value))):
            if isinstance(value, ast.Dict):
                yield from _at(module, value, node.slice)
            elif isinstance(value, (ast.List, ast.Tuple)):
                yield from value.elts
        return
    for owner in classes_of(module, node.value):
        bindings = [*module.index.scopes[owner].bindings.get(node.attr, ())]
        bindings += [one for _, one in module.attribute_bindings(owner, node.attr)]
        yield from (one.value for one in bindings if one.value is not None)


def _at(module: Module, table: ast.Dict, key: ast.expr) -> Iterator[ast.expr]:
    """The elements under ``key``: all of them, where it may be any."""
    wanted = module.constant(key)
    for one, value in zip(table.keys, table.values, strict=True):
        own = module.constant(one) if one is not None else (False, None)
        if not (wanted[0] and own[0] and wanted[1] != own[1]):
            yield value


def classes_of(module: Module, node: ast.expr) -> Iterator[ast.ClassDef]:
    """The classes of this file that ``node`` is, or is an object of."""
    method = module.method_of(module.index.scope(node))
    if method is not None and dotted(node) == method[2]:
        yield from (method[0], *(one for one in module.relatives(method[0]) if module.derives(method[0], one)))
        return
    named = [one.node for one in module.origins(node)]
    built = [node, *(one.value for one in module.origins(node))]
    named += [one.node for call in built if isinstance(call, ast.Call) for one in module.origins(call.func)]
    yield from (one for one in named if isinstance(one, ast.ClassDef))


def schedules_in_collections(module: Module) -> tuple[int, ...]:
    """The lines of schedules that are put into a collection, from where anything may take them."""
    found = []
    for call in module.index.calls:
        name = module.framework_name(call.func)
        if name is None or not any(one.rule.kind == "schedule" for one in module.rules.named(name)):
            continue
        parent = module.index.parents[call]
        match parent:
            case ast.Dict() | ast.List() | ast.Tuple() | ast.Set() | ast.Assign(targets=[ast.Subscript()]):
                found.append(module.position(call)[0])
    return tuple(found)
