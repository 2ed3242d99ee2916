"""Functions that are kept under names and called by these: in a dictionary, or registered in one by a decorator.

Only what is certain: every use of the dictionary takes a function out and calls it, or looks at the keys alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import FunctionNode, dotted
from tf2ms_opt.trace.tables import name_of, places_taken, taken

_ASKS = {"callable", "print", "repr", "str", "bool"}


@dataclass(frozen=True, eq=False)
class Registry:
    """The functions of one dictionary, and the calls of what is taken out.

    ``table`` is the dictionary's name at the top of the file, and ``register`` that of the decorator that fills it;
    each may be empty.
    """

    functions: tuple[FunctionNode, ...]
    calls: tuple[ast.Call, ...]
    table: str
    register: str = ""


def registry_of(module: Module, function: FunctionNode) -> Registry | str | None:
    """The dictionary that keeps ``function``, why what it is used for cannot be told, or None where there is none."""
    if function.decorator_list:
        return _by_decorator(module, function)
    tables = [
        parent
        for _, node in module.index.uses.get(function.name, ())
        if any(one.node is function for one in module.origins(node))
        and isinstance(parent := module.index.parents[node], ast.Dict)
        and node in parent.values
    ]
    if len(tables) > 1:
        return "several dictionaries hold it"
    return _of_table(module, tables[0]) if tables else None


def _of_table(module: Module, table: ast.Dict) -> Registry | str:
    line = module.position(table)[0]
    functions = [_function(module, value) for value in table.values]
    known = [one for one in functions if one is not None]
    if len(known) < len(functions):
        return f"the dictionary in line {line} holds other things than functions of this file"
    elements = taken(module, table)
    calls = _calls(module, elements) if elements is not None else None
    if calls is None:
        return f"the dictionary in line {line} can be reached in other ways than by calling what is in it"
    return Registry(tuple(dict.fromkeys(known)), tuple(calls), name_of(module, table) or "")


def _function(module: Module, value: ast.expr) -> FunctionNode | None:
    nodes = [one.node for one in module.origins(value)] if isinstance(value, ast.Name) else []
    return nodes[0] if len(nodes) == 1 and isinstance(nodes[0], ast.FunctionDef) else None


def _calls(module: Module, elements: Sequence[ast.expr]) -> list[ast.Call] | None:
    """The calls of ``elements``, themselves or under a name; None where one is used for something else."""
    found: list[ast.Call] = []
    for element in elements:
        parent = module.index.parents[element]
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and (key := dotted(parent.targets[0])):
            readers = module.readers(key, element)
            if "." in key or any(len(module.origins(reader)) != 1 for reader in readers):
                return None
        else:
            readers = [element]
        for reader in readers:
            taker = module.index.parents[reader]
            if isinstance(taker, ast.Call) and taker.func is reader:
                found.append(taker)
            elif not _only_asks(taker):
                return None
    return found


def _only_asks(taker: ast.AST) -> bool:
    match taker:
        case ast.Compare() | ast.If() | ast.UnaryOp(op=ast.Not()) | ast.Assert():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _ASKS
    return False


def _by_decorator(module: Module, function: FunctionNode) -> Registry | str | None:
    """The registry whose decorator is the only one of ``function``; None for a decorator of another kind."""
    register = _register(module, function.decorator_list[0]) if len(function.decorator_list) == 1 else None
    table = _kept_in(module, register) if register is not None else None
    if register is None or table is None:
        return None
    decorated = [one for one in _decorated(module) if _register(module, one.decorator_list[0]) is register]
    functions = tuple(one for one in decorated if isinstance(one, ast.FunctionDef) and len(one.decorator_list) == 1)
    uses = [node for _, node in module.index.uses.get(register.name, ()) if _is(module, node, register)]
    if len(functions) != len(uses):
        return f"{register.name}() registers other things than functions of this file"
    elements = places_taken(module, table, stored=register)
    calls = _calls(module, elements) if elements is not None else None
    if calls is None:
        return f"{table.id} can be reached in other ways than by calling what is in it"
    return Registry(functions, tuple(calls), table.id, register.name)


def _decorated(module: Module) -> Iterator[FunctionNode | ast.ClassDef]:
    for node in module.index.scopes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.decorator_list:
            yield node


def _register(module: Module, decorator: ast.expr) -> FunctionNode | None:
    """The function of the file's top level that a decorator, or the call that gives one, names."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    found = _function(module, named)
    return found if found is not None and module.index.scope(found) is module.index.top else None


def _is(module: Module, node: ast.expr, function: FunctionNode) -> bool:
    return any(one.node is function for one in module.origins(node))


def _kept_in(module: Module, register: FunctionNode) -> ast.Name | None:
    """The dictionary in which ``register`` keeps what it is given, and gives back as it is; None for anything else."""
    inner = [one for one in register.body if isinstance(one, ast.FunctionDef)]
    last = register.body[-1]
    returned = last.value if isinstance(last, ast.Return) else None
    wrapper: FunctionNode = register
    if inner:
        if len(inner) > 1 or inner[0].decorator_list or not isinstance(returned, ast.Name) or (
            returned.id != inner[0].name
        ):  # fmt: skip
            return None
        wrapper = inner[0]
    if register.decorator_list or len(wrapper.args.args) != 1 or wrapper.args.vararg or wrapper.args.kwarg:
        return None
    taken = wrapper.args.args[0].arg
    returns = [one for one in ast.walk(wrapper) if isinstance(one, ast.Return)]
    if len(returns) != 1 or wrapper.body[-1] is not returns[0]:
        return None
    tables: list[ast.Name] = []
    for node in (one for one in ast.walk(wrapper) if isinstance(one, ast.Name) and one.id == taken):
        match module.index.parents[node]:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name() as table)]):
                tables.append(table)
            case ast.Return() | ast.Attribute(attr="__name__"):
                pass
            case _:
                return None
    return tables[0] if len(tables) == 1 and _is_empty(module, tables[0]) else None


def _is_empty(module: Module, table: ast.Name) -> bool:
    """Whether the name is bound once, to a dictionary without elements."""
    binding = module.only_binding(table)
    value = binding.value if binding is not None else None
    match value:
        case ast.Dict(keys=[]) | ast.Call(func=ast.Name(id="dict"), args=[], keywords=[]):
            return True
    return False
