"""Write ``docs/coverage.md``: what becomes of every public optimizer and schedule of TensorFlow, and how exactly.

    python scripts/coverage_document.py

The names are those that ``scripts/record_signatures.py`` found in TensorFlow, the rest comes from the rules and their
evidence.  ``tests/test_coverage.py`` fails when the page is out of date, or for a name that is neither here nor there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tf2ms_opt.evidence import ROUNDING, bound
from tf2ms_opt.plan.around import own_defaults
from tf2ms_opt.rules import Action, Row
from tf2ms_opt.ruleset import Candidate, RuleSet, load

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "coverage.md"
FIDELITIES = ("stock", "exact")
SIGNATURES = ROOT / "tests" / "signatures"
PACKAGES = {"tf": "tensorflow", "tfa": "tensorflow_addons"}

#: names that are no optimizers, or no schedules: why they have no rule
_BASE = "a base class: there is nothing to convert in it, and a class of your own on it has to be written anew"
_CYCLE = "a schedule that rises and falls, for which there is no rule yet: an optimizer with it is left"
LEFT = {
    "tf.keras.optimizers.Optimizer": _BASE,
    "tf.keras.optimizers.LossScaleOptimizer": (
        "a wrapper: with the training step it becomes the runtime module's class of that name, and the optimizer in it "
        "has its own row"
    ),
    "tf.keras.optimizers.OptimizerMap": "the groups of MultiOptimizer",
    "tf.keras.optimizers.schedules.LearningRateSchedule": (
        "a base class: a class of your own on it is converted with the optimizers that use it, where MindSpore has "
        "everything that its `__call__` calculates with"
    ),
    "tf.compat.v1.train.Optimizer": _BASE,
    "tf.compat.v1.train.SyncReplicasOptimizer": "it collects the gradients of several workers",
    "tf.compat.v1.train.noisy_linear_cosine_decay": "its learning rate is random",
    "tfa.optimizers.KerasLegacyOptimizer": _BASE,
    "tfa.optimizers.DecoupledWeightDecayExtension": _BASE,
    "tfa.optimizers.CyclicalLearningRate": _CYCLE,
    "tfa.optimizers.TriangularCyclicalLearningRate": _CYCLE,
    "tfa.optimizers.Triangular2CyclicalLearningRate": _CYCLE,
    "tfa.optimizers.ExponentialCyclicalLearningRate": _CYCLE,
}  # fmt: skip

HEAD = """\
# Coverage

<!-- Written by scripts/coverage_document.py from the recorded names, the rules and their evidence; do not edit. -->

Every public optimizer and schedule of `tf.keras.optimizers` and `tf.compat.v1.train` in TensorFlow {tensorflow}, and of
`tfa.optimizers` in tensorflow_addons {tensorflow_addons}. What is in no table here is passed over.

`stock` is the class that is emitted by default, `exact` the one of `--fidelity exact`; a class of the runtime module,
which is written beside your code, has no prefix. Where two stand in a cell, the settings decide, and the report says
why. The numbers are the largest deviation of a weight over {steps} steps (of a schedule: of the rate), relative to the
largest weight of its tensor, on the CPU, of all settings that were measured, tiny gradients included. A dash: not
measured. `reached` is the first fidelity that is within the rounding of float32 (1e-6) for all of them, or within what
TensorFlow differs by from itself, eager against inside of a tf.function (stated where it is more than that).
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(load()), encoding="utf-8", newline="\n")
    print(f"written: {PAGE.relative_to(ROOT)}")


def recorded() -> Mapping[str, list[str]]:
    """Module -> its public names in the TensorFlow and the addons that the signatures are of."""
    return {module: names for file in _files() for module, names in file["names"].items()}


def _files() -> Iterator[Mapping[str, Any]]:
    for framework in ("tensorflow", "addons"):
        yield json.loads((SIGNATURES / f"{framework}.json").read_text(encoding="utf-8"))


def page(rules: RuleSet) -> str:
    """The text of the page."""
    return "\n".join(_lines(rules)) + "\n"


def known(name: str, rules: RuleSet) -> tuple[Candidate, ...]:
    """What a rule takes the name ``tf....`` or ``tfa....`` for."""
    package, _, rest = name.partition(".")
    return rules.named(f"{PACKAGES[package]}.{rest}")


def left_out(rules: RuleSet) -> Mapping[str, str]:
    """Name -> why it has no rule."""
    addons = f"{PACKAGES['tfa']}."
    reasons = {name: one.reason for one in rules.framework.without_rule for name in one.names}
    return LEFT | {
        f"tfa.{name.removeprefix(addons)}" if name.startswith(addons) else f"tf.keras.{name}": reason
        for name, reason in reasons.items()
    }


def _lines(rules: RuleSet) -> Iterator[str]:
    versions = {name: version for file in _files() for name, version in file["versions"].items()}
    steps = next(rule.evidence.steps for rule in rules.rules.values() if rule.evidence is not None)
    yield HEAD.format(steps=steps, **versions)
    for module, names in recorded().items():
        yield f"## {module}\n"
        yield "| name | generation | rule | stock | exact | measured at stock | measured at exact | reached |"
        yield "|---|---|---|---|---|---|---|---|"
        for name in names:
            for candidate in known(f"{module}.{name}", rules):
                yield _row(name, candidate, rules)
        yield ""
        if left := [name for name in names if not known(f"{module}.{name}", rules)]:
            reasons = left_out(rules)
            yield "Left as it is:\n"
            yield from (f"- `{name}`: {reasons[f'{module}.{name}']}." for name in left)
            yield ""


def _row(name: str, candidate: Candidate, rules: RuleSet) -> str:
    target, runtime = candidate.target, candidate.source.runtime
    ours = f"`{runtime.classes[candidate.generation]}`" if runtime is not None else ""
    stock = [f"`{target.name.removeprefix('mindspore.')}`"] if target.name else [ours]
    if target.name and runtime is not None and runtime.instead:
        stock.append(ours)
    always = any(one.action is Action.WRAP and one.default is None for one in candidate.source.parameter)
    wrapped = always or own_defaults(candidate, ())
    around = f" in `{rules.framework.generation[candidate.generation].wrapper}`" if wrapped else ""
    exact = (ours or stock[0]) + around
    cells = [f"`{name}`", candidate.generation, candidate.rule.name, ", ".join(stock) + around, exact]
    measured = (_measured(_rows(candidate, level)) for level in FIDELITIES)
    return f"| {' | '.join([*cells, *measured, _reached(candidate)])} |"


def _rows(candidate: Candidate, fidelity: str) -> list[Row]:
    evidence = candidate.rule.evidence
    wanted = (candidate.generation, fidelity)
    return [row for row in evidence.row if (row.generation, row.fidelity) == wanted] if evidence is not None else []


def _measured(rows: list[Row]) -> str:
    if not rows:
        return "-"
    largest = bound(max(row.largest for row in rows))
    return f"up to {largest:g}" if largest else "bit-equal"


def _reached(candidate: Candidate) -> str:
    for fidelity in FIDELITIES:
        rows = _rows(candidate, fidelity)
        beyond = [row for row in rows if row.largest > ROUNDING]
        if rows and all(row.largest <= (row.itself or 0.0) for row in beyond):
            itself = max((row.itself or 0.0 for row in beyond), default=0.0)
            return f"{fidelity} (TensorFlow from itself: {itself:.1g})" if beyond else fidelity
    return "-"


if __name__ == "__main__":
    main()
