"""The rule table broken in one place at a time: a default, a name, a pin, a target, a state."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from judges import FIXTURES, fixture_differs
from survival import survives
from test_fixtures import text_of
from test_rules import candidates, signature_problems, target_problems

from tf2ms_opt.rules import Action, Rule
from tf2ms_opt.ruleset import RuleSet, load


def other_number(text: str) -> str:
    """Another literal of the same kind, or a number."""
    try:
        value = ast.literal_eval(text)
    except ValueError:
        return "0.123"
    if isinstance(value, bool):
        return str(not value)
    return repr(value + 1) if isinstance(value, (int, float)) else "0.123"


def mutated_parameters(values: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """One parameter of a source or a target changed: its default, its name, its pin, where it goes."""
    for at, one in enumerate(values):
        changes: dict[str, Any] = {"name": f"{one.name}_"}
        if one.default is not None:
            changes["default"] = other_number(one.default)
        if hasattr(one, "pin"):
            changes["pin"] = not one.pin
        if getattr(one, "to", None) is not None:
            changes["to"] = "weight_decay" if one.to != "weight_decay" else "learning_rate"
        if getattr(one, "action", None) is not None:
            changes["action"] = Action.DROP if one.action is not Action.DROP else Action.REFUSE
        if getattr(one, "default_was", ""):
            changes["default_was"] = ""
        if getattr(one, "inert", ()):
            changes["inert"] = ()
        for name, value in changes.items():
            changed = msgspec.structs.replace(one, **{name: value})
            yield f"{one.name}.{name} = {value!r}", (*values[:at], changed, *values[at + 1 :])


def mutants_of(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """What was changed in a rule, and the rule then."""
    for what, parameters in mutated_parameters(rule.target.parameter):
        yield (
            f"target {what}",
            msgspec.structs.replace(rule, target=msgspec.structs.replace(rule.target, parameter=parameters)),
        )
    for at, source in enumerate(rule.source):
        where = f"source {at + 1} ({source.class_name} {', '.join(source.generations)})"
        changed: list[tuple[str, Any]] = [
            (what, msgspec.structs.replace(source, parameter=parameters))
            for what, parameters in mutated_parameters(source.parameter)
        ]
        for number, state in enumerate(source.state):
            value = "1" if state.value == "0" else "0"
            changed += [
                (f"state {state.attribute} gone", without(source, "state", number)),
                (
                    f"state {state.attribute} = {value}",
                    msgspec.structs.replace(
                        source,
                        state=(
                            *source.state[:number],
                            msgspec.structs.replace(state, value=value),
                            *source.state[number + 1 :],
                        ),
                    ),
                ),
            ]
        changed += [
            (f"difference {n + 1} gone", without(source, "difference", n)) for n in range(len(source.difference))
        ]
        for what, one in changed:
            yield (
                f"{where}: {what}",
                msgspec.structs.replace(rule, source=(*rule.source[:at], one, *rule.source[at + 1 :])),
            )


def without(struct: Any, field: str, at: int) -> Any:  # noqa: ANN401 -- any of the tables
    """``struct`` without one entry of a list."""
    values = getattr(struct, field)
    return msgspec.structs.replace(struct, **{field: (*values[:at], *values[at + 1 :])})


def contradicts(rules: RuleSet, name: str) -> bool:
    """Whether a signature that was recorded from the frameworks says something else than the rule."""
    found = [one for one in candidates(rules).values() if one.rule.name == name]
    return any(signature_problems(one) or target_problems(one) for one in found)


def mutate_rules(count: int, chance: random.Random) -> None:
    """A sample of the mutants of all rules."""
    rules = load()
    texts = {case: text_of(case).read_bytes().lower() for case in FIXTURES}
    every = [(name, what, rule) for name, whole in rules.rules.items() for what, rule in mutants_of(whole)]
    chosen = chance.sample(every, min(count, len(every)))
    survivors = 0
    for name, what, rule in sorted(chosen, key=lambda one: one[:2]):
        own = [case for case in FIXTURES if case.parent.name == name]
        others = [case for case in FIXTURES if case not in own and name.replace("_", "").encode() in texts[case]]
        broken = RuleSet({**rules.rules, name: rule}, rules.framework, rules.step, rules.schedule)

        def attempt(broken: RuleSet = broken, name: str = name, cases: tuple[Path, ...] = (*own, *others)) -> bool:
            return contradicts(broken, name) or any(fixture_differs(case, broken) for case in cases)

        if survives(attempt):
            survivors += 1
            print(f"{name}: {what}", flush=True)
    print(f"{len(chosen)} mutants of {len(every)} in the rules, {survivors} survive")
