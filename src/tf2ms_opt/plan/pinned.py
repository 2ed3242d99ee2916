"""Writes out the defaults in which the source and the emitted class differ."""

from __future__ import annotations

from collections.abc import Sequence

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import Argument, Text
from tf2ms_opt.plan.signature import LeftError
from tf2ms_opt.plan.targets import Choice
from tf2ms_opt.rules import Kind, Parameter, TargetParameter, literal
from tf2ms_opt.ruleset import Candidate

#: an argument of the emitted call with the parameter that it is for
Written = tuple[TargetParameter, Argument]

#: the kinds that take one number
FLOATS = (Kind.FLOAT, Kind.POSITIVE_FLOAT, Kind.OPTIONAL_FLOAT)


def pin_defaults(
    candidate: Candidate, choice: Choice, given: Sequence[Written], place: tuple[int, int]
) -> tuple[list[Written], list[Finding]]:
    """The arguments ``given`` with the pinned defaults, each behind what precedes it in the target's order.

    Raises ``LeftError`` for a parameter of the source that has no default and was not given.
    """
    written, findings, pinned = list(given), list[Finding](), list[str]()
    for target in choice.parameter:
        if any(one is target for one, _ in written):
            continue
        if target.value is not None:
            _insert(written, choice, target, target.value)
            continue
        parameter = _source_of(candidate, choice, target)
        if parameter is None:
            continue
        if parameter.default is None:
            details = {"argument": parameter.name, "source": candidate.source.class_name}
            raise LeftError(finding("unsupported-value/missing", *place, **details))
        if target.pin:
            text = _text(target.kind, parameter.falsy or parameter.default)
            _insert(written, choice, target, text)
            pinned.append(f"{target.name}={text}")
            if parameter.default_was:
                findings.append(finding("formula-differs", *place, reason=parameter.default_was))
    if pinned:
        findings.append(finding("default-pinned", *place, arguments=", ".join(pinned)))
    return written, findings


def _source_of(candidate: Candidate, choice: Choice, target: TargetParameter) -> Parameter | None:
    """The source's parameter that becomes ``target``."""
    return next((one for one in candidate.source.parameter if choice.takes(one) is target), None)


def _insert(written: list[Written], choice: Choice, target: TargetParameter, text: str) -> None:
    order = list(choice.parameter)
    before = [place for place, (one, _) in enumerate(written) if order.index(one) < order.index(target)]
    written.insert(before[-1] + 1 if before else 0, (target, Argument(target.name, Text(text))))


def _text(kind: Kind, default: str) -> str:
    """A default as it is written out: a float where MindSpore wants one."""
    value = literal(default)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return repr(float(value)) if whole and kind in FLOATS and isinstance(value, int) else repr(value)
