"""The first look at a file of a run: whether it has sites, and what it has to do with optimizers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tf2ms_opt.engine import convert_source
from tf2ms_opt.neighbours import NOTHING, Across, Neighbours
from tf2ms_opt.notebooks.code import Notebook
from tf2ms_opt.offers import Owner
from tf2ms_opt.options import Options
from tf2ms_opt.plan.builders import handed_models
from tf2ms_opt.plan.compose import plan
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.handings import callees
from tf2ms_opt.plan.lent import asked
from tf2ms_opt.plan.reached import owners
from tf2ms_opt.plan.sites import find
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.source import SIGN, SourceText, is_notebook
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.uses import Use, UseKind, uses_of


@dataclass(frozen=True, slots=True)
class Optimizers:
    """What a file has to do with optimizers: whether others may take some from it, and where its rates come from."""

    given: bool
    #: names of other files, as ``Told.values`` has them
    rates: frozenset[str]
    owners: tuple[Owner, ...]
    #: the parameters by which functions of the file get the networks that they train
    models: frozenset[str]


@dataclass(frozen=True, slots=True)
class Look:
    """The first look at a file that may have a site: what it tells about others, and has to do with optimizers."""

    across: Across = NOTHING
    optimizers: Optimizers | None = None


def first_look(data: bytes, rules: RuleSet, path: str, options: Callable[[], Options]) -> Look | None:
    """What a file tells about others, if all calls of its functions could be changed with them.

    None for a file without a site, of which nothing has to be said whatever the options are.
    """
    assumed = Neighbours(assumed=True)
    known: Optimizers | None = None
    try:
        notebook = is_notebook(data, path)
        source = Notebook.of(data).code if notebook else SourceText.of(data)
        module = Module.parse(source, rules)
        sites = module.cached(find)
        if not sites:
            return Look() if SIGN in data or notebook else None
        known = _optimizers(module, sites, notebook=notebook)
        if not known.given:
            return Look(optimizers=known)
        if SIGN in data or notebook:
            return Look(convert_source(data, rules, replace(options(), neighbours=assumed), path).across, known)
        return Look(plan(module, replace(options(), neighbours=assumed), path).across, known)
    except Exception:  # noqa: BLE001 -- what is wrong with the file is said where it is converted
        return Look(optimizers=known)


def _optimizers(module: Module, sites: Sequence[Found], *, notebook: bool) -> Optimizers:
    """What the file has to do with optimizers."""
    calls = [one for site in sites for one in (site.call, *site.built) if isinstance(one, ast.Call)]
    if notebook:
        return Optimizers(_tells(module, sites), asked(module, calls), (), frozenset())
    return Optimizers(_tells(module, sites), asked(module, calls), owners(module, sites), handed_models(module))


def _tells(module: Module, sites: Sequence[Found]) -> bool:
    """Whether a function or a name of the file gives optimizers to whoever uses it, who may be in other files."""
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
    handed = use.kind is UseKind.PASSED and use.call is not None and bool(callees(module, use.call.func))
    return use.kind is UseKind.RETURN or bool(use.calls) or handed
