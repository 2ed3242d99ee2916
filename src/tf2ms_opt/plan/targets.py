"""Chooses the class that is emitted for a call: MindSpore's own, or one of the runtime module.

It looks at the rule, its evidence and the call's settings; how the class is written into a file is for others.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tf2ms_opt.evidence import Setting, proven_exact
from tf2ms_opt.options import Fidelity
from tf2ms_opt.rules import TargetParameter
from tf2ms_opt.ruleset import Candidate


@dataclass(frozen=True, slots=True)
class Choice:
    """The class to emit, by its dotted name, and the arguments that it takes.

    ``runtime`` is its name in the runtime module, None for MindSpore's own.
    """

    name: str
    parameter: tuple[TargetParameter, ...]
    runtime: str | None = None

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]

    def find(self, name: str) -> TargetParameter | None:
        return next((parameter for parameter in self.parameter if parameter.name == name), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What decides on the class, beside the rule: the fidelity, the runtime module's name, and the place.

    ``placed`` is whether lines can follow the call: without those of its starting state, MindSpore's class is exact
    for no source that needs any.
    """

    fidelity: Fidelity
    runtime_module: str
    placed: bool = True


def choose(candidate: Candidate, setting: Setting, wanted: Wanted) -> Choice:
    """MindSpore's class; at ``exact`` the runtime's where it has one and MindSpore's was not measured to be exact."""
    rule, runtime = candidate.rule, candidate.source.runtime
    starts_right = wanted.placed or not candidate.source.state
    exact = starts_right and proven_exact(rule.evidence, setting)
    if wanted.fidelity is not Fidelity.EXACT or runtime is None or exact:
        return Choice(rule.target.name, rule.target.parameter)
    name = runtime.classes[candidate.generation]
    parameters = tuple(
        msgspec.structs.replace(parameter, kind=runtime.kind.get(parameter.name, parameter.kind))
        for parameter in rule.target.parameter
        if parameter.name not in runtime.without
    )
    return Choice(f"{wanted.runtime_module}.{name}", parameters, name)
