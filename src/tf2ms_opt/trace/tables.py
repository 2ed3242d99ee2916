"""Dictionaries that hold objects or classes under names: where an element of one is taken out.

Only what is certain: every use of the dictionary takes an element out, or looks at the keys alone.
"""

from __future__ import annotations

import ast

from tf2ms_opt.trace.module import Module

#: builtins that look at the keys of a dictionary
_OF_KEYS = {"len", "list", "sorted", "tuple", "set", "print", "bool", "iter"}


def taken(module: Module, table: ast.Dict, value: ast.expr | None = None) -> list[ast.expr] | None:
    """The expressions that take an element out of ``table`` (one that may be ``value``); None where others may."""
    if any(key is None for key in table.keys):
        return None
    places = _places(module, table)
    found: list[ast.expr] = []
    for place in places:
        element = element_of(module, place)
        if element is None and not asks_keys(module, place):
            return None
        if element is not None and (value is None or may_be(module, table, element, value)):
            found.append(element)
    return found if places else None


def places_taken(module: Module, table: ast.Name, stored: ast.AST) -> list[ast.expr] | None:
    """The expressions that take an element out of the dictionary of this name; None where others may.

    It may be written to inside of ``stored``.
    """
    found: list[ast.expr] = []
    for _, place in module.index.uses.get(table.id, ()):
        if module.origins(place) != module.origins(table):
            return None
        parent = module.index.parents[place]
        written = isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load)
        if written and stored in module.index.ancestors(place):
            continue
        element = element_of(module, place)
        if element is None and not asks_keys(module, place):
            return None
        found += [element] if element is not None else []
    return found


def table_of(module: Module, element: ast.expr) -> ast.Dict | None:
    """The dictionary of the file that ``element`` is taken out of, if it can be no other."""
    match element:
        case ast.Subscript(value=held) | ast.Call(func=ast.Attribute(value=held, attr="get"), args=[_], keywords=[]):
            if isinstance(held, ast.Dict):
                return held
            binding = module.only_binding(held) if isinstance(held, ast.Name) else None
            value = binding.value if binding is not None else None
            return value if isinstance(value, ast.Dict) else None
    return None


def name_of(module: Module, table: ast.Dict) -> str | None:
    """The name of ``table`` at the top of the file, under which other files may have it."""
    parent = module.index.parents[table]
    if isinstance(parent, (ast.Assign, ast.AnnAssign)) and module.index.scope(parent) is module.index.top:
        target = parent.targets[0] if isinstance(parent, ast.Assign) else parent.target
        return target.id if isinstance(target, ast.Name) else None
    return None


def _places(module: Module, table: ast.Dict) -> list[ast.expr]:
    """Every place that has the dictionary; none where it cannot be followed."""
    parent = module.index.parents[table]
    match parent:
        case ast.Subscript() | ast.Attribute():
            return [table]
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            inside_class = isinstance(module.index.parents[parent], ast.ClassDef)
            binding = module.only_binding(target)
            if inside_class or binding is None or binding.value is not table:
                return []
            uses = [use for _, use in module.index.uses.get(target.id, ())]
            return [use for use in uses if binding in module.origins(use)]
        case _:
            return []


def element_of(module: Module, place: ast.expr) -> ast.expr | None:
    """What takes an element out of the dictionary at ``place``: ``place[key]`` or ``place.get(key)``."""
    parent = module.index.parents[place]
    match parent:
        case ast.Subscript(ctx=ast.Load()) if parent.value is place:
            return parent
        case ast.Attribute(attr="get"):
            call = module.index.parents[parent]
            called = isinstance(call, ast.Call) and call.func is parent and len(call.args) == 1 and not call.keywords
            return call if isinstance(call, ast.Call) and called else None
        case _:
            return None


def asks_keys(module: Module, place: ast.expr) -> bool:
    """Whether only the keys are looked at."""
    parent = module.index.parents[place]
    match parent:
        case ast.Attribute(attr="keys"):
            call = module.index.parents[parent]
            return isinstance(call, ast.Call) and call.func is parent
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[held]):
            return held is place
        case ast.For(iter=held) | ast.comprehension(iter=held):
            return held is place
        case ast.Call(func=ast.Name(id=name)):
            return name in _OF_KEYS
        case _:
            return isinstance(parent, (ast.FormattedValue, ast.Starred))


def may_be(module: Module, table: ast.Dict, element: ast.expr, value: ast.expr) -> bool:
    """Whether ``element`` may be ``value``: where its key is a constant, it is one of the elements."""
    key = (
        element.slice
        if isinstance(element, ast.Subscript)
        else element.args[0]
        if isinstance(element, ast.Call)
        else None
    )
    known, wanted = module.constant(key) if key is not None else (False, None)
    keys = module.cached(_keys, table) if known else None
    return keys is None or keys[table.values.index(value)] == wanted


def _keys(module: Module, table: ast.Dict) -> list[object] | None:
    """The keys, in their order; None where one of them is not known."""
    keys = [module.constant(key) if key is not None else (False, None) for key in table.keys]
    return [value for _, value in keys] if all(told for told, _ in keys) else None
