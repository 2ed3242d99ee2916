"""The experiments of a rule: every generation, every setting that is measured apart, and all values that go with it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from tf2ms_opt.evidence import may_hold
from tf2ms_opt.lab.experiments import STEP, Constructor, Experiment, Value
from tf2ms_opt.lab.program import NotEmittedError, emitted
from tf2ms_opt.options import Fidelity
from tf2ms_opt.rules import Action, Rule, Source, is_condition, literal
from tf2ms_opt.ruleset import RuleSet

#: what is run of a rule unless somebody asks for less or more
LEVELS = (Fidelity.STOCK, Fidelity.EXACT)


def experiments(rule: Rule, rules: RuleSet, fidelities: Iterable[Fidelity]) -> Iterator[Experiment]:
    """Everything that ``verify --rule`` runs for ``rule``.

    A setting that the converter leaves at a fidelity (an epsilon of 0 at stock) is no experiment of it.
    Raises ``ValueError`` for values in the rule file that are neither literals nor schedules of literals.
    """
    for source, generation in ((one, generation) for one in rule.source for generation in one.generations):
        for when, arguments in _settings(source):
            constructor = _constructor(rule, source, generation, arguments, rules)
            for fidelity in fidelities:
                try:
                    written = emitted(constructor, rule.kind, generation, rules, fidelity)
                except NotEmittedError:
                    continue
                yield Experiment(
                    rule=rule.name, generation=generation, kind=rule.kind,
                    constructor=constructor, fidelity=fidelity.value, target=written.target, lines=written.lines,
                    when=when, schedule=_schedule_name(constructor, generation, rules), reasons=written.reasons,
                )  # fmt: skip


def _settings(source: Source) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Each row of the matrix with each set of values that can be run for it."""
    rows = source.parity.rows
    for settings in product(*rows.values()):
        when = dict(zip(rows, settings, strict=True))
        for values in source.parity.values:
            if all(_meets(source, name, text, values) for name, text in when.items()):
                yield when, {**values, **{name: text for name, text in when.items() if not is_condition(text)}}


def _meets(source: Source, name: str, text: str, values: Mapping[str, str]) -> bool:
    """Whether ``values`` can be run for the setting ``text``: they, or the default, have to meet a condition."""
    default = next((one.falsy or one.default for one in source.parameter if one.name == name), None)
    return not is_condition(text) or may_hold((True, literal(values.get(name, default or "None"))), text)


def _constructor(
    rule: Rule, source: Source, generation: str, arguments: Mapping[str, str], rules: RuleSet
) -> Constructor:
    place = rules.framework.generation[generation]
    module = place.stand_in if rule.kind == "optimizer" else place.schedule_stand_in
    given: dict[str, Value] = {one.name: STEP for one in source.parameter if one.action is Action.STEP}
    given |= {name: value(text, generation, rules) for name, text in arguments.items()}
    return Constructor(source.class_name, module, given)


def _schedule_name(constructor: Constructor, generation: str, rules: RuleSet) -> str:
    """What lets the learning rate fall: the class of a schedule, or the name of the argument that stands for one."""
    for name, given in constructor.arguments.items():
        if isinstance(given, Constructor):
            return given.class_name
        base = rules.framework.generation[generation].parameter
        if any(one.name == name and one.action is Action.LEARNING_RATE_DECAY for one in base):
            return name
    return ""


def value(text: str, generation: str, rules: RuleSet) -> Value:
    """A literal, or a schedule of literals (``ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)``).

    Raises ``ValueError`` for anything else.
    """
    try:
        match ast.parse(text.strip(), mode="eval").body:
            case ast.Call(func=ast.Name(id=name), args=positional, keywords=keywords):
                return _schedule(name, positional, keywords, generation, rules)
        return literal(text)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{text!r} is neither a literal nor a schedule of literals") from error


def _schedule(
    name: str, positional: list[ast.expr], keywords: list[ast.keyword], generation: str, rules: RuleSet
) -> Constructor:
    generation = rules.framework.schedules_of(generation)
    place = rules.framework.generation[generation]
    for rule in rules.rules.values():
        for source in rule.source:
            if rule.kind == "schedule" and source.class_name == name and generation in source.generations:
                names = [one.name for one in source.parameter if one.action is not Action.STEP]
                given: dict[str, Value] = dict(zip(names, map(ast.literal_eval, positional), strict=False))
                given |= {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in keywords}
                given |= {one.name: STEP for one in source.parameter if one.action is Action.STEP}
                return Constructor(name, place.schedule_stand_in, given)
    raise ValueError(f"{name} is no schedule of {generation} that has a rule")
