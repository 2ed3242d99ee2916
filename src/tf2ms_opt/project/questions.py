"""What is asked of one file before a run: whether it returns optimizers, and what it has to do with such functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tf2ms_opt.engine import convert_source
from tf2ms_opt.neighbours import NOTHING, Across, Mentions, Neighbours, Taker
from tf2ms_opt.notebooks.code import Notebook
from tf2ms_opt.options import Options
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.source import SIGN, SourceText, UndecodableError, is_notebook

if TYPE_CHECKING:
    from tf2ms_opt.plan.found import Found
    from tf2ms_opt.trace.module import Module
    from tf2ms_opt.trace.uses import Use


def first_look(data: bytes, rules: RuleSet, path: str, options: Callable[[], Options]) -> Across | None:
    """What a file tells about others, if all calls of its functions could be changed with them.

    None for a file without a site, of which nothing has to be said whatever the options are.
    """
    from tf2ms_opt.plan.compose import plan
    from tf2ms_opt.plan.sites import find
    from tf2ms_opt.trace.module import Module

    assumed = Neighbours(assumed=True)
    try:
        notebook = is_notebook(data, path)
        source = Notebook.of(data).code if notebook else SourceText.of(data)
        module = Module.parse(source, rules)
        sites = module.cached(find)
        if not sites:
            return NOTHING if SIGN in data or notebook else None
        if not _tells(module, sites):
            return NOTHING
        if SIGN in data or notebook:
            return convert_source(data, rules, replace(options(), neighbours=assumed), path).across
        return plan(module, replace(options(), neighbours=assumed), path).across
    except Exception:  # noqa: BLE001 -- what is wrong with the file is said where it is converted
        return NOTHING


def _tells(module: Module, sites: Sequence[Found]) -> bool:
    """Whether a function or a name of the file gives optimizers to whoever uses it, who may be in other files."""
    from tf2ms_opt.trace.uses import uses_of

    data = module.source.data
    schedules = b"ched" in data or b"Decay" in data  # a class or a function of them may be used elsewhere
    return any(
        schedules
        or (site.indirect is not None and site.indirect.names)
        or any(_leaves(module, use) for use in uses_of(module, site.expression))
        for site in sites
    )


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
