"""Writes a small script around a constructor, lets the converter convert it, and takes the emitted lines out.

So the lab runs what a user would get, from values alone: no line of a user's file is ever executed.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from tf2ms_opt.engine import convert_source
from tf2ms_opt.lab.experiments import Constructor
from tf2ms_opt.options import Fidelity, Options, Scope
from tf2ms_opt.outcomes import Outcome, SiteOutcome
from tf2ms_opt.ruleset import RuleSet

#: findings that say why the emitted optimizer may differ from the original
_REASONS = {
    "formula-differs", "backend-difference", "plain-renaming", "starting-state-unplaced", "unmapped-argument",
    "argument-ignored",
}  # fmt: skip
_OURS = ("mindspore", "tf2ms_runtime")


@dataclass(frozen=True, slots=True)
class Emitted:
    """What the converter wrote for a constructor: the lines, the class, and why it may differ as far as it knows."""

    lines: str
    target: str
    reasons: tuple[str, ...]


class NotEmittedError(Exception):
    """The converter leaves this constructor; the text says why."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The script around the constructor: inside an expression, where no lines can follow it; with an l2 penalty."""

    embedded: bool = False
    l2: float = 0.0


def emitted(
    constructor: Constructor, kind: str, generation: str, rules: RuleSet, fidelity: Fidelity, shape: Shape | None = None
) -> Emitted:
    """What the converter makes of ``constructor``.  Raises ``NotEmittedError``."""
    shape = shape or Shape()
    optimizer = constructor if kind == "optimizer" else _around(constructor, generation, rules)
    script = _script(optimizer, constructor, shape)
    options = Options(
        fidelity=fidelity, scope=Scope.OPTIMIZER, pinned_generation=generation, pinned_by="the parity lab"
    )
    outcome = convert_source(script.encode(), rules, options)
    _check(outcome, script)
    lines = _own_lines(outcome.after.decode())
    (site,) = outcome.sites
    reasons = tuple(dict.fromkeys(one.message for one in outcome.findings if one.name in _REASONS))
    target = site.target or ""
    if kind == "schedule":
        target, reasons = _schedule_target(constructor, generation, rules, outcome), ()
    return Emitted(lines, target, reasons)


def _schedule_target(schedule: Constructor, generation: str, rules: RuleSet, outcome: Outcome) -> str:
    """The class that the schedule became: one of the runtime module where the outcome needs it."""
    candidates = rules.named(f"{schedule.module}.{schedule.class_name}")
    candidate = next((one for one in candidates if one.generation == generation), candidates[-1])
    runtime = candidate.source.runtime
    name = runtime.classes[candidate.generation] if runtime is not None else ""
    if outcome.runtime is not None and name in outcome.runtime.classes:
        return f"{outcome.runtime.module}.{name}"
    return candidate.target.name


def _around(schedule: Constructor, generation: str, rules: RuleSet) -> Constructor:
    """Some optimizer of the generation that takes the schedule."""
    for rule in rules.rules.values():
        for source in rule.source:
            if rule.kind == "optimizer" and generation in source.generations:
                module = rules.framework.generation[generation].stand_in
                return Constructor(source.class_name, module, {"learning_rate": schedule})
    raise NotEmittedError(f"no optimizer of {generation} has a rule")


def _script(optimizer: Constructor, bound: Constructor, shape: Shape) -> str:
    imports = dict.fromkeys(f"from {module} import {name}" for module, name in optimizer.imports())
    call = optimizer.source()
    if bound is not optimizer:
        call = replace(optimizer, arguments={}).source().replace("()", "(rate)")
    lines = [*imports]
    if shape.l2:
        layer = f"keras.layers.Dense(4, kernel_regularizer=keras.regularizers.l2({shape.l2!r}))"
        lines = ["from tensorflow import keras", *lines, f"model = keras.Sequential([{layer}])"]
    if bound is not optimizer:
        lines.append(f"rate = {bound.source()}")
    lines += [f"optimizer = {call} if True else None" if shape.embedded else f"optimizer = {call}"]
    return "\n".join([*lines, "model.compile(optimizer=optimizer)", ""])


def _check(outcome: Outcome, script: str) -> None:
    left = [site for site in outcome.sites if site.outcome is SiteOutcome.LEFT]
    if outcome.failed or left or not outcome.changed:
        why = next((one.message for one in outcome.findings if one.severity.value in ("left", "error")), "")
        raise NotEmittedError(why or f"nothing was converted in {script!r}")


def _own_lines(text: str) -> str:
    """The statements that build the optimizer, with the imports that they need; the model is the lab's own."""
    kept = [node for node in ast.parse(text).body if _is_own(node)]
    lines = text.splitlines()
    return "\n".join(line for node in kept for line in lines[node.lineno - 1 : node.end_lineno]) + "\n"


def _is_own(node: ast.stmt) -> bool:
    match node:
        case ast.ImportFrom(module=str(module)):
            return module.partition(".")[0] in _OURS
        case ast.Assign(targets=[ast.Name(id="optimizer" | "rate")]) | ast.For():
            return True
        case _:
            return False
