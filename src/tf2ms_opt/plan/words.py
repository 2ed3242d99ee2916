"""The identifiers under which a module may know a class: what has to be resolved at all."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.names import attribute_name


def interesting(module: Module, names: Iterable[str]) -> set[str]:
    """The last words of the dotted ``names``, and whatever is bound to one of them."""
    words = {last_word(name) for name in names}
    bindings = [one for scope in module.index.scopes.values() for group in scope.bindings.values() for one in group]
    known: set[str] = set()
    while known != words:
        known = set(words)
        for binding in bindings:
            if last_word(binding.qualified) in words or (
                binding.value is not None and ends_in(module, binding.value, words)
            ):
                words.add(last_word(binding.key))
    return words


def ends_in(module: Module, node: ast.expr, words: set[str]) -> bool:
    """Whether ``node`` is a name, an attribute or a ``getattr`` of one of ``words``."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in words
        case _:
            return attribute_name(module.index, node) in words


def last_word(name: str | None) -> str:
    """``RMSprop`` of ``keras.optimizers.RMSprop``; empty for None."""
    return (name or "").rpartition(".")[2]
