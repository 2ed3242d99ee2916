"""Finds the optimizers that Keras looks up: ``optimizers.get(x)``, ``deserialize(x)`` and ``getattr(optimizers, x)``.

What is looked up must stand in the file, as a name, a serialized optimizer or an object; all else is left and named.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.plan.words import last_word
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.names import attribute_name
from tf2ms_opt.trace.scopes import dotted

#: keys of a serialized optimizer, and whether each has to be there
_KEYS = {"class_name": True, "config": True, "module": False, "registered_name": False}


@dataclass(frozen=True, slots=True)
class Lookup:
    """One lookup: ``node`` is what says the optimizer, ``expression`` the call that gives it.

    ``name`` is the registry's own of the optimizer, and ``arguments`` those of a serialized one, as a call of which
    the file has only the values.
    """

    node: ast.expr
    expression: ast.Call
    name: str = ""
    arguments: ast.Call | None = None
    left: Finding | None = None


def lookups(module: Module) -> Iterator[Lookup]:
    """Every lookup of ``module``, but for ``getattr`` of a constant, which is a reference like any other."""
    functions = module.rules.framework.lookups
    ends = {last_word(name) for name in functions} | {"getattr"}
    for call in module.index.calls:
        name = last_word(dotted(call.func)) or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
        if name not in ends or not (call.args or call.keywords):
            continue
        if name == "getattr" and isinstance(call.func, ast.Name):
            base = module.keras_path(call.args[0]) if call.args else None
            if base in ("optimizers", "optimizers.legacy") and attribute_name(module.index, call) is None:
                yield _left(module, call, "lookup")
        elif module.keras_path(call.func) in functions and (found := _looked_up(module, call)) is not None:
            yield found


def gives_back(module: Module, call: ast.Call) -> bool:
    """Whether ``call`` gives the optimizer that is built as its argument."""
    argument = _argument(call)
    path = module.keras_path(call.func)
    if not isinstance(argument, ast.Call) or path not in module.rules.framework.lookups or last_word(path) != "get":
        return False
    known = [one for name in module.resolve(argument.func).names for one in module.rules.named(name)]
    # one of TensorFlow 1 would be given back in a class of Keras around it
    return bool(known) and all(one.rule.kind == "optimizer" and one.generation != "tf1" for one in known)


def _looked_up(module: Module, call: ast.Call) -> Lookup | None:
    """What ``get`` or ``deserialize`` is given; None for a name that no rule knows, and for an object built there."""
    argument = _argument(call)
    if argument is None:
        return _left(module, call, "lookup-arguments")
    if isinstance(argument, ast.Constant) and isinstance(text := argument.value, str):
        known = text.lower() in module.rules.strings
        return Lookup(argument, call, text.lower()) if known else None
    if gives_back(module, call):
        return None
    serialized = argument if isinstance(argument, ast.Dict) else _named(module, argument)
    if serialized is None:
        return _left(module, call, "lookup")
    return _serialized(module, call, serialized, apart=serialized is not argument)


def _argument(call: ast.Call) -> ast.expr | None:
    """The only argument of a lookup."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    stars = any(isinstance(value, ast.Starred) for value in call.args) or any(one.arg is None for one in call.keywords)
    return values[0] if len(values) == 1 and not stars else None


def _named(module: Module, argument: ast.expr) -> ast.Dict | None:
    """The dictionary that a name stands for, if nothing but lookups uses it."""
    binding = module.only_binding(argument) if isinstance(argument, ast.Name) else None
    if binding is None or not isinstance(binding.value, ast.Dict) or not isinstance(argument, ast.Name):
        return None
    for _, use in module.index.uses.get(argument.id, ()):
        parent = module.index.parents[use]
        alone = isinstance(parent, ast.Call) and module.keras_path(parent.func) in module.rules.framework.lookups
        if not alone and binding in module.origins(use):
            return None
    return binding.value


def _serialized(module: Module, call: ast.Call, node: ast.Dict, *, apart: bool) -> Lookup:
    """A serialized optimizer as the call of its class that it stands for."""
    entries = _entries(node)
    if entries is None or entries.keys() - _KEYS.keys() or any(
        required and name not in entries for name, required in _KEYS.items()
    ):  # fmt: skip
        return _left(module, call, "lookup-keys")
    name, config = module.text_constant(entries["class_name"]), entries["config"]
    values = _entries(config) if isinstance(config, ast.Dict) else None
    extra = [entries[key] for key in ("module", "registered_name") if key in entries]
    if name is None or values is None or not all(_is_plain(value, name) for value in extra):
        return _left(module, call, "lookup-keys")
    if name.lower() not in module.rules.strings:
        return _left(module, call, "lookup-unknown", name=name)
    whole = node if apart else call
    if b"#" in module.source.data[module.source.start(whole) : module.source.end(whole)] and not apart:
        return _left(module, call, "lookup-comment")
    for value in values.values():
        if isinstance(value, ast.Dict):
            return _left(module, call, "lookup-nested")
        if apart and not isinstance(value, ast.Constant):
            return _left(module, call, "lookup-apart", name=module.text(value))
    keywords = [ast.copy_location(ast.keyword(key, value), value) for key, value in values.items()]
    arguments = ast.copy_location(ast.Call(call.func, [], keywords), call)
    return Lookup(call, call, name.lower(), arguments)


def _is_plain(node: ast.expr, name: str) -> bool:
    """What Keras writes beside the class of one of its own optimizers."""
    return isinstance(node, ast.Constant) and node.value in (None, "keras.optimizers", name)


def _entries(node: ast.Dict) -> dict[str, ast.expr] | None:
    """The entries of a dictionary whose keys are all texts, and each there once."""
    keys = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    return dict(zip(keys, node.values, strict=True)) if len(set(keys)) == len(node.keys) else None


def _left(module: Module, call: ast.Call, why: str, name: str = "") -> Lookup:
    text = module.text(call.func) + "(...)"
    return Lookup(call, call, left=finding(f"indirect-reference/{why}", *module.position(call), call=text, name=name))
