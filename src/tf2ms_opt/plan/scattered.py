"""Regularizers and constraints that no call of a layer names: in a dictionary, or set on layers that exist already.

Which layers they get to is not told by the text, so whoever builds an optimizer in such a file is told of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tf2ms_opt.plan.layers import names_regularizer
from tf2ms_opt.trace.constants import says_none
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import BindingKind, dotted

_SHOWN = 60


@dataclass(frozen=True, eq=False)
class Scattered:
    """A place that gives a layer a regularizer, or a ``constraint``; ``sets`` where the layer has been built before."""

    node: ast.expr
    text: str
    sets: bool
    constraint: bool


def scattered(module: Module) -> tuple[Scattered, ...]:
    """Every such place of the file, in its order."""
    if b"regularizer" not in module.source.data and b"constraint" not in module.source.data:
        return ()
    found = [one for node in module.index.parents for one in _at(module, node)]
    return tuple(sorted(found, key=lambda one: module.source.start(one.node)))


def names_constraint(name: str) -> bool:
    """Whether a layer's argument of that name is a constraint."""
    return name.endswith("_constraint")


def _at(module: Module, node: ast.AST) -> Iterator[Scattered]:
    match node:
        case ast.Dict():
            function = module.index.function(node)
            saves = function is not None and function.name == "get_config"
            for key, value in zip(node.keys, node.values, strict=True) if not saves else ():
                if (
                    key is not None
                    and (name := _name(key))
                    and not says_none(value)
                    and not _is_itself(module, value, name)
                ):
                    text = f"{module.text(key)}: {module.text(value)}"
                    yield Scattered(key, shortened(text), sets=False, constraint=names_constraint(name))
        case ast.Subscript(ctx=ast.Store(), slice=key) if (name := _name(key)) and not says_none(
            _value_of(module, node)
        ):
            text = module.text(module.index.statement(node))
            yield Scattered(node, shortened(text), sets=False, constraint=names_constraint(name))
        case ast.Attribute(ctx=ast.Store(), attr=name) if _is_told(name) and not _on_self(module, node, node.value):
            if not says_none(_value_of(module, node)):
                text = module.text(module.index.statement(node))
                yield Scattered(node, shortened(text), sets=True, constraint=names_constraint(name))
        case ast.Call(func=ast.Name(id="setattr"), args=[held, key, value]) if not says_none(value):
            listed = module.cached(_listed) if not isinstance(key, ast.Constant) else ()
            names = [name for name in (_name(key), *listed) if name and not _on_self(module, node, held)]
            for constraint in sorted({names_constraint(name) for name in names}):
                yield Scattered(node, shortened(module.text(node)), sets=True, constraint=constraint)


def _listed(module: Module) -> tuple[str, ...]:
    """The names of such attributes that stand in lists, which may be what ``setattr`` goes through."""
    lists = (node for node in module.index.parents if isinstance(node, (ast.List, ast.Tuple, ast.Set)))
    return tuple(filter(None, (_name(one) for node in lists for one in node.elts)))


def _is_told(name: str) -> bool:
    return names_regularizer(name) or names_constraint(name)


def _name(node: ast.expr) -> str:
    """The text of ``node``, where that is such a name."""
    known = isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_told(node.value)
    return str(node.value) if known and isinstance(node, ast.Constant) else ""


def _is_itself(module: Module, value: ast.expr, name: str) -> bool:
    """Whether ``value`` is a function or class of that name: an entry of ``custom_objects``."""
    kinds = {one.kind for one in module.origins(value)} if isinstance(value, ast.Name) and value.id == name else set()
    return bool(kinds) and kinds <= {BindingKind.FUNCTION, BindingKind.CLASS, BindingKind.IMPORT}


def _value_of(module: Module, target: ast.expr) -> ast.expr | None:
    """What is assigned to ``target``; itself, which may be anything, where that is not told."""
    parent = module.index.parents[target]
    return parent.value if isinstance(parent, (ast.Assign, ast.AnnAssign)) else target


def _on_self(module: Module, node: ast.expr, held: ast.expr) -> bool:
    """Whether ``node`` sets it on self, ``held``: layers keep it, and pass it on to their variables."""
    method = module.method_of(module.index.scope(node))
    return method is not None and dotted(held) == method[2]


def shortened(text: str) -> str:
    """``text`` in one line, as long as a sentence can take."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
