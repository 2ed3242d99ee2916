"""Which names an expression has in other files of the project, as far as this file tells."""

from __future__ import annotations

import ast

from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.reaching import owner
from tf2ms_opt.trace.scopes import dotted


def outside(module: Module, node: ast.expr) -> tuple[str, ...]:
    """The dotted names of ``node`` in files that are not TensorFlow's, sorted.

    An attribute of an object is one of its class, and one of self that nothing here binds is one of a base class.
    """
    return module.cached(_outside, node)


def _outside(module: Module, node: ast.expr) -> tuple[str, ...]:
    found = set(module.resolve(node).names)
    if not found and isinstance(node, ast.Name) and owner(module.index.scope(node), node.id) is None:
        found = {f"{star}.{node.id}" for star in module.stars}
    if not found and isinstance(node, ast.Attribute) and not module.origins(node):
        found = {f"{name}.{node.attr}" for name in classes_outside(module, node.value)}
    return tuple(sorted(name for name in found if not module.rules.from_framework(name)))


def classes_outside(module: Module, node: ast.expr) -> set[str]:
    """The names of what builds the object ``node``; of self, and of ``super()``, those of the base classes."""
    built = [node] if isinstance(node, ast.Call) else [one.value for one in module.origins(node)]
    calls = [one for one in built if isinstance(one, ast.Call)]
    method = module.method_of(module.index.scope(node))
    own = method is not None and (dotted(node) == method[2] or any(dotted(one.func) == "super" for one in calls))
    if own and method is not None:
        return bases_outside(module, method[0])
    return {name for call in calls for name in module.resolve(call.func).names}


def bases_outside(module: Module, owner: ast.ClassDef) -> set[str]:
    """The names of the classes above ``owner`` that are not of this file."""
    family = (owner, *(one for one in module.relatives(owner) if module.derives(owner, one)))
    return {name for one in family for base in one.bases for name in module.resolve(base).names}
