"""Chooses the class that is emitted for a call: MindSpore's own, or one of the runtime module.

It looks at the rule, its evidence and the call's settings; the arguments themselves are for others.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.evidence import Setting, bound, proven_exact, rows
from tf2ms_opt.options import Fidelity
from tf2ms_opt.plan.imports import NN, Aliases
from tf2ms_opt.rules import State, TargetParameter
from tf2ms_opt.ruleset import Candidate


@dataclass(frozen=True, slots=True)
class Target:
    """The class to emit: its dotted name, how this file calls it, and what has to be imported for that."""

    name: str
    callee: str
    need: str
    #: the arguments that it takes, and the state that has to be set after it is built
    parameter: tuple[TargetParameter, ...]
    state: tuple[State, ...] = ()
    #: whether it is a class of the runtime module, and what there is to say then
    runtime: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]

    def find(self, name: str) -> TargetParameter | None:
        return next((parameter for parameter in self.parameter if parameter.name == name), None)


@dataclass(frozen=True, slots=True)
class Targets:
    """What may be emitted into one file."""

    names: Aliases
    fidelity: Fidelity

    def of(self, candidate: Candidate, setting: Setting, place: tuple[int, int], *, placed: bool = True) -> Target:
        """MindSpore's class; at ``exact`` the runtime's where there is one and MindSpore's is not proven exact.

        ``placed`` says whether lines can follow the call: without those of its starting state, no class of MindSpore's
        is exact that needs any.
        """
        rule, state = candidate.rule, candidate.source.state
        stock = Target(
            rule.target.name, f"{self.names.nn}.{_short(rule.target.name)}", NN, rule.target.parameter, state
        )
        if self.fidelity is not Fidelity.EXACT or candidate.source.runtime is None:
            return stock
        proven = proven_exact(rule.evidence, setting)
        if proven and (placed or not state):
            return stock
        return self._runtime(candidate, _why(candidate, setting, proven=proven), stock, place)

    def _runtime(
        self, candidate: Candidate, why: tuple[str, dict[str, object]], stock: Target, place: tuple[int, int]
    ) -> Target:
        runtime = candidate.source.runtime
        if runtime is None:
            raise LookupError(f"{candidate.rule.name} has no runtime class")
        short = runtime.classes[candidate.generation]
        name = f"{self.names.runtime}.{short}"
        parameters = tuple(
            msgspec.structs.replace(parameter, kind=runtime.kind.get(parameter.name, parameter.kind))
            for parameter in stock.parameter
            if parameter.name not in runtime.without
        )
        key, details = why
        note = finding(key, *place, target=short, module=_plain(self.names.runtime), stock=stock.callee, **details)
        return Target(_plain(name), self.names.names[name], name, parameters, runtime=True, findings=(note,))


def _why(candidate: Candidate, setting: Setting, *, proven: bool) -> tuple[str, dict[str, object]]:
    """Why MindSpore's class is not taken: a finding's key, and what its sentence names."""
    evidence = candidate.rule.evidence
    found = rows(evidence, setting, "stock")
    if proven:
        return "runtime-class/unplaced", {}
    if evidence is None or not found:
        return "runtime-class", {}
    deviation = bound(max(row.largest for row in found))
    return "runtime-class/deviates", {"deviation": f"{deviation:g}", "steps": evidence.steps}


def _plain(name: str) -> str:
    """The name without the dots of a relative import."""
    return name.lstrip(".")


def _short(name: str) -> str:
    return name.rpartition(".")[2]
