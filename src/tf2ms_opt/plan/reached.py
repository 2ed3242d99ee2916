"""Classes that build their own optimizers, and what code elsewhere does with their objects."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from tf2ms_opt.neighbours import Reached
from tf2ms_opt.offers import Owner, Reach
from tf2ms_opt.plan.builders import TELLING
from tf2ms_opt.plan.found import Found
from tf2ms_opt.trace.held import classes_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.outside import bases_outside, classes_outside
from tf2ms_opt.trace.scopes import dotted

SETS, USES, OVERRIDES = "sets", "uses", "overrides"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def owners(module: Module, sites: Iterable[Found]) -> tuple[Owner, ...]:
    """The classes at the file's top in which ``sites`` stand."""
    found: dict[ast.ClassDef, tuple[set[str], set[str]]] = {}
    for site in sites:
        for built in site.built:
            method = module.method_of(module.index.scope(built))
            if method is not None and module.index.scope(method[0]) is module.index.top:
                optimizers, methods = found.setdefault(method[0], (set(), set()))
                methods.add(method[1].name)
                statement = module.index.statement(built)
                targets = statement.targets if isinstance(statement, ast.Assign) else []
                optimizers |= {name for one in targets if (name := _attribute(one, method[2]))}
    result = []
    for node, (optimizers, methods) in found.items():
        models = set(_models(module, node))
        methods |= {one.name for name in models for one, _ in module.attribute_bindings(node, name)}
        result.append(Owner(node.name, *(tuple(sorted(one)) for one in (models, optimizers, methods))))
    return tuple(result)


def _attribute(node: ast.AST, self_name: str) -> str:
    root, _, attribute = (dotted(node) or "").partition(".")
    return attribute if root == self_name else ""


def _models(module: Module, owner: ast.ClassDef) -> Iterator[str]:
    for key, uses in module.index.uses.items():
        holder, _, last = key.rpartition(".")
        root, _, attribute = holder.partition(".")
        for scope, _ in uses if last in TELLING and attribute and "." not in attribute else ():
            method = module.method_of(scope)
            if method is not None and method[0] is owner and root == method[2]:
                yield attribute


def above(module: Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The classes at the file's top with their base classes, and its names with the classes of what they hold."""
    for name, bindings in module.index.top.bindings.items():
        found = set[str]()
        for one in bindings:
            bases = one.node.bases if isinstance(one.node, ast.ClassDef) else []
            built = [one.value.func] if isinstance(one.value, ast.Call) else []
            for node in (*bases, *built):
                found |= set(_outside(module, module.resolve(node).names))
                found |= {own.node.name for own in module.origins(node) if isinstance(own.node, ast.ClassDef)}
        if found or any(isinstance(one.node, ast.ClassDef) for one in bindings):
            yield name, tuple(sorted(found))


def reaches(module: Module, attributes: Collection[str]) -> tuple[Reach, ...]:
    """Every place that reaches for one of ``attributes`` of an object whose class may be of another file."""
    found = []
    for node in module.index.parents:
        if isinstance(node, ast.Attribute) and node.attr in attributes:
            classes = _classes(module, node.value)
            if classes is not None:
                found.append(_reach(module, node, classes))
        elif isinstance(node, ast.Call) and (held := _set_by_name(node, attributes)) is not None:
            classes = _classes(module, held[0])
            if classes is not None:
                found.append(Reach(classes, held[1], SETS, module.position(node)[0]))
        elif isinstance(node, ast.ClassDef) and (bases := _outside(module, bases_outside(module, node))):
            methods = [one for one in node.body if isinstance(one, _FUNCTIONS) and one.name in attributes]
            found += [Reach(bases, one.name, OVERRIDES, module.position(one)[0]) for one in methods]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.line, one.path, one.kind)))


def _set_by_name(call: ast.Call, attributes: Collection[str]) -> tuple[ast.expr, str] | None:
    """The object and the attribute of ``setattr(x, "name", value)``, for one of ``attributes``."""
    match call:
        case ast.Call(func=ast.Name(id="setattr"), args=[held, ast.Constant(value=str(name)), _]) if name in attributes:
            return held, name
    return None


def _reach(module: Module, node: ast.Attribute, classes: tuple[str, ...]) -> Reach:
    path, last = node.attr, node
    while isinstance(parent := module.index.parents[last], ast.Attribute):
        path, last = f"{path}.{parent.attr}", parent
    kind = USES if isinstance(last.ctx, ast.Load) else SETS
    return Reach(classes, path, kind, module.position(node)[0])


def _classes(module: Module, node: ast.expr) -> tuple[str, ...] | None:
    """The names of the class of the object ``node`` in other files; None where it is certainly of no such class."""
    method = module.method_of(module.index.scope(node))
    on_self = method is not None and dotted(node) == method[2]
    own = [*classes_of(module, node)]
    names = {name for one in own for name in bases_outside(module, one)} | classes_outside(module, node)
    names |= set(module.resolve(node).names)
    outside = _outside(module, names)
    return None if not outside and (names or own or on_self) else outside


def _outside(module: Module, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in names if not module.rules.from_framework(name)))


def reached(module: Module, owner: ast.ClassDef, attribute: str) -> list[Reached]:
    """What other files do with ``attribute`` of the objects of ``owner``."""
    family = {one.name for one in (owner, *module.relatives(owner))} if module.told.reached else set()
    return [
        one
        for one in module.told.reached
        if one.owner in family and (one.path == attribute or one.path.startswith(f"{attribute}."))
    ]


def own_attribute(module: Module, node: ast.AST, key: str | None) -> tuple[ast.ClassDef, str] | None:
    """The class and the attribute of its self that ``key`` is where ``node`` stands."""
    method = module.method_of(module.index.scope(node))
    root, _, attribute = (key or "").partition(".")
    own = method is not None and root == method[2] and attribute and "." not in attribute
    return (method[0], attribute) if own and method is not None else None
