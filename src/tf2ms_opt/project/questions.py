"""What is asked of one file before a run, and its answers: one parse a file, whatever is asked of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tf2ms_opt.deadline import TooLongError, limited
from tf2ms_opt.neighbours import Mentions, Taker
from tf2ms_opt.notebooks.code import Notebook
from tf2ms_opt.offers import Builder, Lent, Passing, Reach, Taken
from tf2ms_opt.plan.builders import builders, taken
from tf2ms_opt.plan.foreign import mentions
from tf2ms_opt.plan.keras_settings import settings
from tf2ms_opt.plan.lent import asked as rates
from tf2ms_opt.plan.lent import calls_with, lent, parameters, passings
from tf2ms_opt.plan.reached import above, reaches
from tf2ms_opt.plan.takers import taker as taken_by
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.source import SourceText, UndecodableError, is_notebook
from tf2ms_opt.trace.module import Module

_NONE = frozenset[str]()
_SECONDS = 120
#: what a file that cannot be parsed raises; it is said where the file is converted
_UNREADABLE = (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError, TooLongError)


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
class Question:
    """What is asked of a file."""

    #: what it has for others but for networks, and what it has to do with these
    offer: bool = False
    building: bool = False
    #: where it freezes a part of a network, and where it changes what holds for all of Keras
    freezes: bool = False
    settings: bool = False
    #: functions, by their names: what calls of them get as learning rates from other files
    rates: frozenset[str] = _NONE
    #: attributes: where it reaches for them in objects of other files' classes
    reaches: frozenset[str] = _NONE
    #: functions, by their names: what it hands to those of other files, and whether as networks, too
    passings: frozenset[str] = _NONE
    networks: bool = False
    #: functions, by their names: where it uses or imports what may be one
    mentions: frozenset[str] = _NONE


@dataclass(frozen=True, slots=True)
class Answers:
    """What a file says; of a file that cannot be read, nothing."""

    offer: Offer = field(default_factory=Offer)
    building: Building = field(default_factory=Building)
    #: lines
    freezes: tuple[int, ...] = ()
    settings: tuple[int, ...] = ()
    #: names of other files, as ``Told.values`` has them
    rates: frozenset[str] = _NONE
    reaches: tuple[Reach, ...] = ()
    passings: tuple[Passing, ...] = ()
    #: None where it cannot be read
    mentions: Mentions | None = None


def answers(data: bytes, rules: RuleSet, asked: Question) -> Answers:
    """What a file says to all that is asked."""
    try:
        with limited(_SECONDS):
            notebook = Notebook.of(data) if is_notebook(data, "") else None
            module = _module(data if notebook is None else notebook, rules)
            called = [call for call, _ in calls_with(module, asked.rates)] if asked.rates else []
            reached = reaches(module, asked.reaches) if asked.reaches else ()
            passed = passings(module, asked.passings, networks=asked.networks) if asked.passings else ()
            met = mentions(module, asked.mentions) if asked.mentions else None
            if notebook is not None:
                reached, passed = tuple(map(notebook.placed_at, reached)), tuple(map(notebook.placed_at, passed))
                met = None if met is None else notebook.mentioned(met)
            own = notebook is None
            return Answers(
                _offer(module, own=own) if asked.offer else Offer(),
                _building(module, own=own) if asked.building else Building(),
                _freezes(module) if asked.freezes and own else (),
                _settings(module) if asked.settings and own else (),
                rates(module, called),
                reached,
                passed,
                met,
            )
    except _UNREADABLE:
        return Answers()


def _offer(module: Module, *, own: bool) -> Offer:
    """What the file has for others: nothing where it is a notebook, and not ``own`` to itself; and what it imports."""
    if not own:
        return Offer(mentions=mentions(module, ()))
    known = {one.name: one for one in lent(module)}
    names = frozenset(key.partition(".")[0] for key in module.index.top.bindings)
    return Offer(known, mentions(module, ()), names, dict(above(module)), dict(parameters(module)))


def _building(module: Module, *, own: bool) -> Building:
    known = builders(module) if own else ()
    return Building({one.name: one for one in known}, taken(module))


def _freezes(module: Module) -> tuple[int, ...]:
    statements = [binding.statement for _, binding in module.freezes if binding.statement is not None]
    return tuple(sorted({module.position(one)[0] for one in statements}))


def _settings(module: Module) -> tuple[int, ...]:
    return tuple(module.position(call)[0] for call, _ in module.cached(settings))


def taker(data: bytes, rules: RuleSet, path: str, function: str, argument: str | int) -> Taker | None:
    """What ``function`` of the file does with an optimizer that it gets as ``argument``; None if it is not there."""
    if is_notebook(data, path):  # no file imports a notebook
        return None
    try:
        module = Module.parse(SourceText.of(data), rules)
        known = function.partition(".")[0] in module.index.top.bindings
        return taken_by(module, path, function, argument) if known else None
    except (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _module(data: bytes | Notebook, rules: RuleSet) -> Module:
    """The file parsed; of a notebook, its code.  Raises what parsing raises."""
    return Module.parse(data.code if isinstance(data, Notebook) else SourceText.of(data), rules)
