"""The arguments of Keras' own calls, by name; and the error for which a step is left whole."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from tf2ms_opt.rules import is_literal, literal
from tf2ms_opt.trace.module import Module

_LONG = 50  # characters of source in a message


class StepLeftError(Exception):
    """A step that cannot be converted whole; ``node`` is the place that was in the way."""

    def __init__(self, why: str, node: ast.expr | ast.stmt | ast.keyword) -> None:
        super().__init__(why)
        self.why = why
        self.node = node


def bind_call(call: ast.Call, positional: Sequence[str]) -> dict[str, ast.expr]:
    """Name -> value of every argument of ``call``.  Raises ``StepLeftError`` for stars and for too many."""
    found: dict[str, ast.expr] = {}
    for position, value in enumerate(call.args):
        if isinstance(value, ast.Starred) or position >= len(positional):
            raise StepLeftError("its arguments are not written out one by one", value)
        found[positional[position]] = value
    for keyword in call.keywords:
        if keyword.arg is None:
            raise StepLeftError("its arguments are not written out one by one", keyword)
        found[keyword.arg] = keyword.value
    return found


def is_inert(module: Module, node: ast.expr, literals: Collection[str]) -> bool:
    """Whether ``node`` is known to have one of the values ``literals``."""
    known, value = module.constant(node)
    if not known and isinstance(node, (ast.List, ast.Tuple)) and not node.elts:
        known, value = True, []
    return known and any(is_literal(text) and literal(text) == value for text in literals)


def is_none(module: Module, node: ast.expr) -> bool:
    """Whether ``node`` is known to be None."""
    known, value = module.constant(node)
    return known and value is None


def elements(module: Module, node: ast.expr) -> list[ast.expr] | None:
    """The entries of a list or tuple that is written out, here or where its only name is bound; None otherwise."""
    if isinstance(node, ast.Name) and (binding := module.only_binding(node)) is not None and binding.value is not None:
        changed = any(f"{node.id}.{method}" in module.index.uses for method in ("append", "extend", "insert", "remove"))
        return elements(module, binding.value) if not changed and not isinstance(binding.value, ast.Name) else None
    if isinstance(node, (ast.List, ast.Tuple)) and not any(isinstance(one, ast.Starred) for one in node.elts):
        return list(node.elts)
    return None


def has_comment(module: Module, node: ast.expr | ast.stmt) -> bool:
    """Whether a comment may stand between the first and the last character of ``node``."""
    return b"#" in module.source.data[module.source.start(node) : module.source.end(node)]


def shortened(module: Module, node: ast.expr) -> str:
    """The text of ``node`` on one line, for a message."""
    text = " ".join(module.text(node).split())
    return text if len(text) <= _LONG else f"{text[: _LONG - 3]}..."
