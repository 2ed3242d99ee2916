"""Chooses the class that is emitted for a call: MindSpore's own, or one of the runtime module.

It looks at the rule, its evidence and the call's settings; how the class is written into a file is for others.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tf2ms_opt.evidence import Setting, may_hold, proven_exact
from tf2ms_opt.options import Fidelity
from tf2ms_opt.rules import Instead, Parameter, RuntimeClass, Target, TargetParameter
from tf2ms_opt.ruleset import Candidate

_LINES = "it is built by an expression, which the lines that set its starting state cannot follow"


@dataclass(frozen=True, slots=True)
class Choice:
    """The class to emit, by its dotted name, and the arguments that it takes.

    ``runtime`` is its name in the runtime module, None for MindSpore's own; ``why`` is the rule's reason for it.
    """

    name: str
    parameter: tuple[TargetParameter, ...]
    runtime: str | None = None
    why: str = ""

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]

    def find(self, name: str) -> TargetParameter | None:
        return next((parameter for parameter in self.parameter if parameter.name == name), None)

    def takes(self, parameter: Parameter) -> TargetParameter | None:
        """What the source's ``parameter`` becomes; None where the class has no use for it, as the rule says."""
        name = (parameter.runtime_to if self.runtime else None) or parameter.to
        return self.find(name) if name is not None else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What decides on the class, beside the rule: the fidelity, the runtime module's name, and the place.

    ``placed`` is whether lines can follow the call: without those of its starting state, MindSpore's class is exact
    for no source that needs any.
    """

    fidelity: Fidelity
    runtime_module: str
    placed: bool = True
    #: a class that needs no lines is wanted for that, where there is one
    alone: bool = False


def choose(candidate: Candidate, setting: Setting, wanted: Wanted) -> Choice:
    """MindSpore's class, or the runtime's.

    That is taken where MindSpore's would be wrong or is none, and at ``exact`` where it was not measured to be exact.
    """
    target, runtime = candidate.target, candidate.source.runtime
    stock = Choice(target.name, target.parameter)
    raises = target.constant_rate and setting.schedule is not None
    if runtime is None or (wanted.fidelity is Fidelity.NAMES and target.name and not raises):
        return stock
    reasons = insteads(candidate, setting)
    starts_right = wanted.placed or not candidate.source.state
    exact = starts_right and proven_exact(candidate.rule.evidence, setting, target.name)
    lines = wanted.alone and bool(candidate.source.state)
    if target.name and not reasons and not lines and (wanted.fidelity is not Fidelity.EXACT or exact):
        return stock
    name = runtime.classes[candidate.generation]
    why = target.reason or next(iter(reasons), _LINES if lines else "")
    return Choice(f"{wanted.runtime_module}.{name}", runtime_parameters(target, runtime), name, why)


def runtime_parameters(target: Target, runtime: RuntimeClass) -> tuple[TargetParameter, ...]:
    """What the runtime's class takes: the target's arguments, with its own."""
    kept = tuple(
        msgspec.structs.replace(parameter, kind=runtime.kind.get(parameter.name, parameter.kind))
        for parameter in target.parameter
        if parameter.name not in runtime.without
    )
    return (*kept, *runtime.parameter)


def insteads(candidate: Candidate, setting: Setting) -> tuple[str, ...]:
    """Why MindSpore's class is not the one to emit for ``setting``, whatever the fidelity."""
    runtime = candidate.source.runtime
    return tuple(one.reason for one in runtime.instead if _holds(one, setting)) if runtime is not None else ()


def _holds(instead: Instead, setting: Setting) -> bool:
    scheduled = setting.schedule is not None
    if instead.rate and not (scheduled or (instead.rate == "changes" and setting.changes)):
        return False
    arguments = setting.arguments
    if any(arguments[name][0] for name in instead.unknown):
        return False
    return all(
        may_hold(arguments[name], text) and (arguments[name][0] or not instead.certain)
        for name, text in instead.when.items()
    )
