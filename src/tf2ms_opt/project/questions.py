"""What is asked of one file before a run: whether it returns optimizers, and what it has to do with such functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tf2ms_opt.engine import convert_source
from tf2ms_opt.neighbours import NOTHING, Across, Mentions, Neighbours, Taker
from tf2ms_opt.notebooks.code import Notebook
from tf2ms_opt.offers import Builder, Lent, Owner, Passing, Reach, Taken
from tf2ms_opt.options import Options
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.source import SIGN, SourceText, UndecodableError, is_notebook

if TYPE_CHECKING:
    from tf2ms_opt.plan.found import Found
    from tf2ms_opt.trace.module import Module
    from tf2ms_opt.trace.uses import Use


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
class Offer:
    """What a file has for others but for networks, and what it imports."""

    lent: Mapping[str, Lent] = field(default_factory=dict)
    mentions: Mentions = field(default_factory=Mentions)
    #: what is bound at its top, also where nothing else is said of it
    names: frozenset[str] = frozenset()
    #: class -> the names of its base classes; name -> the names of what builds the object that it holds
    above: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: function, class or method -> the names of what it is given
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Building:
    """What a file has for the networks of others, and what it takes from them for its own."""

    builders: Mapping[str, Builder] = field(default_factory=dict)
    taken: frozenset[Taken] = frozenset()

    def builder(self, name: str) -> Builder | None:
        """What ``name`` is; of a method, its class."""
        return self.builders.get(name.partition(".")[0])


@dataclass(frozen=True, slots=True)
class Look:
    """The first look at a file that may have a site: what it tells about others, and has to do with optimizers."""

    across: Across = NOTHING
    optimizers: Optimizers | None = None


def first_look(data: bytes, rules: RuleSet, path: str, options: Callable[[], Options]) -> Look | None:
    """What a file tells about others, if all calls of its functions could be changed with them.

    None for a file without a site, of which nothing has to be said whatever the options are.
    """
    from tf2ms_opt.plan.compose import plan
    from tf2ms_opt.plan.sites import find
    from tf2ms_opt.trace.module import Module

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
    from tf2ms_opt.plan.builders import handed_models
    from tf2ms_opt.plan.lent import asked
    from tf2ms_opt.plan.reached import owners

    calls = [one for site in sites for one in (site.call, *site.built) if isinstance(one, ast.Call)]
    if notebook:
        return Optimizers(_tells(module, sites), asked(module, calls), (), frozenset())
    return Optimizers(_tells(module, sites), asked(module, calls), owners(module, sites), handed_models(module))


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


def offer(data: bytes, rules: RuleSet) -> Offer:
    """What the file has for others; nothing, where it cannot be read."""
    from tf2ms_opt.plan.foreign import mentions as found
    from tf2ms_opt.plan.lent import lent, parameters
    from tf2ms_opt.plan.reached import above

    try:
        module = _module(data, rules)
    except (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError):
        return Offer()
    if is_notebook(data, ""):  # no file imports it
        return Offer(mentions=found(module, ()))
    known = {one.name: one for one in lent(module)}
    names = frozenset(key.partition(".")[0] for key in module.index.top.bindings)
    return Offer(known, found(module, ()), names, dict(above(module)), dict(parameters(module)))


def freezes(data: bytes, rules: RuleSet) -> tuple[int, ...]:
    """The lines in which the file says that a part of a network does not train; none, where it cannot be read."""
    if is_notebook(data, ""):  # no file imports it, and what it does to a network it does to one of its own
        return ()
    try:
        module = _module(data, rules)
    except (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    statements = [binding.statement for _, binding in module.freezes if binding.statement is not None]
    return tuple(sorted({module.position(one)[0] for one in statements}))


def building(data: bytes, rules: RuleSet) -> Building:
    """What the file has to do with networks; nothing, where it cannot be read."""
    from tf2ms_opt.plan.builders import builders, taken

    try:
        module = _module(data, rules)
    except (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError):
        return Building()
    known = () if is_notebook(data, "") else builders(module)
    return Building({one.name: one for one in known}, taken(module))


def rates(data: bytes, rules: RuleSet, words: frozenset[str]) -> frozenset[str]:
    """The names of other files that calls of functions with a name of ``words`` get, as ``Told.values`` has them."""
    from tf2ms_opt.plan.lent import asked, calls_with

    try:
        module = _module(data, rules)
    except (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return asked(module, [call for call, _ in calls_with(module, words)])


def reaches(data: bytes, rules: RuleSet, attributes: Collection[str]) -> tuple[Reach, ...]:
    """Where the file reaches for ``attributes`` of objects of other files' classes."""
    from tf2ms_opt.plan.reached import reaches as found

    try:
        known = found(_module(data, rules), attributes)
        return tuple(map(Notebook.of(data).placed_at, known)) if is_notebook(data, "") else known
    except (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def passings(data: bytes, rules: RuleSet, words: frozenset[str], *, networks: bool) -> tuple[Passing, ...]:
    """What the file hands to functions of other files with a name of ``words``; as ``networks`` too, or as rates."""
    from tf2ms_opt.plan.lent import passings as found

    try:
        known = found(_module(data, rules), words, networks=networks)
        return tuple(map(Notebook.of(data).placed_at, known)) if is_notebook(data, "") else known
    except (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _module(data: bytes, rules: RuleSet) -> Module:
    """The file parsed; of a notebook, its code.  Raises what parsing raises."""
    from tf2ms_opt.trace.module import Module

    return Module.parse(Notebook.of(data).code if is_notebook(data, "") else SourceText.of(data), rules)
