"""Edits of calls that only gain or lose an argument, and arguments as text."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from tf2ms_opt.facts import Argument, Build, CallRewrite, Given, Mixed, Rebuilt, Splice, Text, Value
from tf2ms_opt.plan.schedules import Flow, flow_of
from tf2ms_opt.trace.module import Module


def written_arguments(module: Module, call: ast.Call) -> list[tuple[str | None, ast.expr, ast.AST]]:
    """Keyword, value and node of every argument in the order in which they are written.

    ``ast`` puts ``*args`` before the keywords even where it stands behind one.
    """
    every: list[tuple[str | None, ast.expr, ast.AST]] = [(None, value, value) for value in call.args]
    every += [(keyword.arg, keyword.value, keyword) for keyword in call.keywords]
    return sorted(every, key=lambda item: module.source.start(item[1]))


def gain_first(module: Module, call: ast.Call, first: str) -> Splice:
    """``call`` with ``first`` in front of its arguments; a schedule among them is rewritten by itself."""
    written = written_arguments(module, call)
    source = module.source
    if not any(isinstance(flow_of(module, one, "", module.position(one)), Flow) for _, one, _ in written):
        return edit_call(module, call, first=first)
    at = source.start(written[0][1] if written[0][0] is None else call.keywords[0])
    gap = source.data[source.end(call.func) : at].partition(b"(")[2]
    if gap.strip():
        return edit_call(module, call, first=first)
    separator = gap.decode() if b"\n" in gap or b"\r" in gap else " "
    return Splice(at, at, (f"{first},{separator}",))


def edit_call(
    module: Module,
    call: ast.Call,
    *,
    callee: str | None = None,
    first: str | None = None,
    without: Collection[ast.AST] = (),
) -> Splice:
    """``call`` as one of ``callee``, with ``first`` in front of its arguments, or without some of them."""
    kept = [
        Argument(keyword, Given(position), position)
        for position, (keyword, _, node) in enumerate(written_arguments(module, call))
        if node not in without
    ]
    added = [Argument(None, Text(first))] if first is not None else []
    start, end = module.source.start(call), module.source.end(call)
    return Splice(start, end, (CallRewrite(start, end, callee, (*added, *kept)),))


def spelled_out(module: Module, arguments: Sequence[Argument], values: Sequence[ast.expr]) -> tuple[Argument, ...]:
    """``arguments`` with the text of the source's ``values`` in place of what is taken out of a call."""
    return tuple(Argument(one.keyword, _spelled(module, one.value, values)) for one in arguments)


def _spelled(module: Module, value: Value, values: Sequence[ast.expr]) -> Value:
    match value:
        case Given(index, wrap, text):
            inner = as_argument(module, values[index]) if text is None else text
            return Text(inner if wrap is None else f"{wrap}({inner})")
        case Rebuilt() | Mixed():
            raise LookupError("a call that is rewritten is no text")
        case Build(callee, parts):
            return Build(callee, tuple(_spelled(module, one, values) for one in parts))
        case Text():
            return value


def as_argument(module: Module, node: ast.expr) -> str:
    """The text of ``node`` as the value of a keyword: brackets are no part of it, and ``name := value`` needs them."""
    text = module.text(node)
    return f"({text})" if isinstance(node, ast.NamedExpr) or "\n" in text else text
