"""What is asked of one file before a run: whether it returns optimizers, and what it has to do with such functions."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tf2ms_opt.engine import has_candidate
from tf2ms_opt.neighbours import Mentions, Taker
from tf2ms_opt.notebooks.code import Notebook
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.source import SourceText, UndecodableError, is_notebook

if TYPE_CHECKING:
    from tf2ms_opt.trace.module import Module
    from tf2ms_opt.trace.uses import Use


def gives_optimizers(data: bytes, rules: RuleSet) -> bool:
    """Whether a function or a name of the file gives optimizers to whoever uses it, who may be in other files.

    False for a file that cannot be read.
    """
    from tf2ms_opt.plan.sites import find
    from tf2ms_opt.trace.module import Module
    from tf2ms_opt.trace.uses import uses_of

    if not has_candidate(data, rules):
        return False
    try:
        source = Notebook.of(data).code if is_notebook(data, "") else SourceText.of(data)
        module = Module.parse(source, rules)
        schedules = b"ched" in data or b"Decay" in data  # a class or a function of them may be used elsewhere
        return any(
            schedules
            or (site.indirect is not None and site.indirect.names)
            or any(_leaves(module, use) for use in uses_of(module, site.expression))
            for site in find(module)
        )
    except Exception:  # noqa: BLE001 -- what is wrong with the file is said where it is converted
        return False


def _leaves(module: Module, use: Use) -> bool:
    """Whether an optimizer goes to a caller by this use, or to a function of another file."""
    from tf2ms_opt.plan.handings import callees
    from tf2ms_opt.trace.uses import UseKind

    handed = use.kind is UseKind.PASSED and use.call is not None and bool(callees(module, use.call.func))
    return use.kind is UseKind.RETURN or bool(use.calls) or handed


def taker(data: bytes, rules: RuleSet, path: str, function: str, argument: str | int) -> Taker | None:
    """What ``function`` of the file does with an optimizer that it gets as ``argument``; None if it is not there."""
    from tf2ms_opt.plan.takers import taker as found
    from tf2ms_opt.trace.module import Module

    if is_notebook(data, path):  # no file imports a notebook
        return None
    try:
        module = Module.parse(SourceText.of(data), rules)
        return (
            found(module, path, function, argument) if function.partition(".")[0] in module.index.top.bindings else None
        )
    except (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def mentions(data: bytes, rules: RuleSet, names: Collection[str]) -> Mentions | None:
    """Where the file uses or imports what may be a function with one of ``names``; None where it cannot be read."""
    from tf2ms_opt.plan.foreign import mentions as found
    from tf2ms_opt.trace.module import Module

    try:
        if is_notebook(data, ""):
            notebook = Notebook.of(data)
            return notebook.mentioned(found(Module.parse(notebook.code, rules), names))
        return found(Module.parse(SourceText.of(data), rules), names)
    except (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
