"""Binds a source call to its signature, and says which named differences hold for the settings it was given."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.evidence import may_hold
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module


class LeftError(Exception):
    """The site has to be left; carries the finding that says why."""

    def __init__(self, found: Finding) -> None:
        super().__init__(found.message)
        self.finding = found


def bind(module: Module, candidate: Candidate, call: ast.Call) -> dict[str, tuple[int, ast.expr]]:
    """Source parameter -> its place among the call's arguments, and its value.  Raises ``LeftError``."""
    place = module.position(call)
    names = sorted(module.resolve(call.func).names)
    known = bool(names) and bool(module.rules.named(names[0]))  # a lookup is named after its function
    source = module.rules.canonical(names[0]) if known else candidate.source.class_name
    positional = [parameter for parameter in candidate.parameters if not parameter.keyword_only]
    limit = next(
        (
            number
            for prefix, number in candidate.source.positional.items()
            if any(module.rules.canonical(name) == f"{prefix}.{candidate.source.class_name}" for name in names)
        ),
        len(positional),
    )
    bound: dict[str, tuple[int, ast.expr]] = {}
    for position, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred):
            raise LeftError(finding("starred-arguments", *place, argument=module.text(argument)))
        if position >= len(positional):
            count = len(call.args)
            raise LeftError(finding("unsupported-argument/positional", *place, count=count, source=source))
        if position >= limit:
            raise LeftError(finding("unsupported-argument/order", *place, position=position + 1, source=source))
        bound[positional[position].name] = (position, argument)
    for offset, keyword in enumerate(call.keywords, len(call.args)):
        if keyword.arg is None:
            raise LeftError(finding("starred-arguments", *place, argument=f"**{module.text(keyword.value)}"))
        if candidate.parameter(keyword.arg) is None or keyword.arg in bound:
            text = f"{keyword.arg}={module.text(keyword.value)}"
            raise LeftError(finding("unsupported-argument/unknown", *place, argument=text, source=source))
        bound[keyword.arg] = (offset, keyword.value)
    return bound


def differences(
    candidate: Candidate, settings: Mapping[str, tuple[bool, object]], *, ours: bool = False
) -> Iterator[tuple[str, str, str]]:
    """Finding, reason and help of each named difference that holds, or cannot be ruled out, for these settings.

    ``ours`` asks for those of the runtime's class.
    """
    for difference in candidate.source.difference:
        holds = all(may_hold(settings[name], text) for name, text in difference.when.items())
        if holds and (difference.runtime or not ours):
            yield difference.finding, difference.reason, difference.help
