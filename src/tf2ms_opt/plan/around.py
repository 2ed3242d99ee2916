"""The class around an optimizer: which arguments it is given for what the base class of Keras' optimizers does."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tf2ms_opt.framework_rules import SharedParameter
from tf2ms_opt.rules import Action, Parameter, literal
from tf2ms_opt.ruleset import Candidate, RuleSet

#: for parameters that are an optimizer's own
_NONE = SharedParameter(Action.DROP)


def wrapper_arguments(
    rules: RuleSet, candidate: Candidate, given: Mapping[str, str], bound: Collection[str]
) -> dict[str, str]:
    """What the class around the optimizer is written with; empty for no class.

    ``given`` holds the arguments of the call that do something, and ``bound`` the names of all.
    Defaults that the class does not have itself are written out: an optimizer's own (AdamW's decay), and those that
    hang on the optimizer's class.
    """
    shared = rules.framework.parameter
    arguments = dict(given)
    for name in given:
        if (other := shared.get(name, _NONE).only_with) and other not in given:
            del arguments[name]
    arguments |= {one.name: plain(one.default or "") for one in own_defaults(candidate, bound)}
    if not arguments:
        return {}
    for parameter in candidate.parameters:
        needed = shared.get(parameter.name, _NONE).only_with in arguments
        if needed and parameter.name not in bound and parameter.default not in (None, "None", "0.99"):
            arguments[parameter.name] = plain(parameter.default or "")
    return arguments


def own_defaults(candidate: Candidate, bound: Collection[str]) -> list[Parameter]:
    """The optimizer's own parameters for the class around it whose defaults do something, and are left to it."""
    names = {one.name for one in candidate.source.parameter} - set(bound)
    own = [one for one in candidate.parameters if one.name in names and one.action is Action.WRAP]
    return [one for one in own if one.default is not None and one.default not in one.inert]


def measured_around(candidate: Candidate) -> set[str]:
    """The optimizer's own parameters for the class around it that the lab ran: by their defaults, or as values."""
    run = {name for values in candidate.source.parity.values for name in values}
    own = {one.name for one in candidate.source.parameter}
    return {one.name for one in own_defaults(candidate, ())} | (own & run)


def plain(text: str) -> str:
    """A rule's literal as it is written into code."""
    return repr(literal(text))
