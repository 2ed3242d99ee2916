"""Measure the rules anew and write what was measured to ``rules/evidence``.

    python scripts/record_evidence.py [RULE]...

Needs both frameworks in this Python.  It takes some minutes a rule; read the diff.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from tf2ms_opt.lab import matrix
from tf2ms_opt.lab.experiments import Inputs
from tf2ms_opt.lab.measure import Measured, measure
from tf2ms_opt.lab.processes import Bench, run
from tf2ms_opt.options import Fidelity
from tf2ms_opt.rules import Action, Evidence, Row, Rule, Source, is_condition
from tf2ms_opt.ruleset import RuleSet, load
from tf2ms_opt.runtime_module import compose, known
from tf2ms_opt.verify import by_row

FOLDER = Path(__file__).parents[1] / "rules" / "evidence"
INPUTS = Inputs()
CURVE_STEPS = (1, 2, 3, 5, 10, 20, 50, 100, 150, 200, 250)


def main() -> None:
    """Record the named rules, or all that have a matrix; schedules first, which optimizers are run with."""
    rules = load()
    names = sys.argv[1:] or sorted(rules.rules, key=lambda name: (rules.rules[name].kind == "optimizer", name))
    FOLDER.mkdir(exist_ok=True)
    for name in names:
        evidence = record(load().rules[name], load())
        if evidence is not None:
            text = msgspec.json.format(msgspec.json.encode(evidence), indent=1)
            (FOLDER / f"{name}.json").write_bytes(text + b"\n")
            print(f"recorded: {name}, {len(evidence.row)} rows")


def record(rule: Rule, rules: RuleSet) -> Evidence | None:
    """What the lab measures for ``rule``; None for a rule without a matrix.

    Which class is emitted at ``exact`` depends on what was measured at ``stock``, so that comes first.
    """
    plain = with_evidence(rules, rule, None)
    first = evidence_of(rule, plain, [Fidelity.NAMES, Fidelity.STOCK])
    if first is None:
        return None
    known_now = with_evidence(rules, rule, first)
    second = evidence_of(rule, known_now, [Fidelity.EXACT])
    return first if second is None else msgspec.structs.replace(first, row=(*first.row, *second.row))


def with_evidence(rules: RuleSet, rule: Rule, evidence: Evidence | None) -> RuleSet:
    """``rules`` in which ``rule`` has this evidence."""
    replaced = msgspec.structs.replace(rule, evidence=evidence)
    return replace(rules, rules={**rules.rules, rule.name: replaced})


def evidence_of(rule: Rule, rules: RuleSet, fidelities: Iterable[Fidelity]) -> Evidence | None:
    """The evidence of ``rule`` at these fidelities."""
    experiments = list(matrix.experiments(rules.rules[rule.name], rules, fidelities))
    if not experiments:
        return None
    with tempfile.TemporaryDirectory() as folder:
        reports = run(experiments, INPUTS, Bench(itself=True), compose(known()), Path(folder), lambda: None)
        measured = measure(experiments, INPUTS, reports, Path(folder), 0)
    versions = {name: version for report in reports.values() for name, version in sorted(report.versions.items())}
    values: dict[str, dict[str, tuple[str, ...]]] = {}
    for source in rule.source:
        for generation in source.generations:
            values[generation] = _values(source)
    rows = tuple(row_of(row) for row in by_row(measured))
    return Evidence(INPUTS.steps, "CPU", versions, CURVE_STEPS, values, rows)


def _values(source: Source) -> dict[str, tuple[str, ...]]:
    """Every value that was run of each parameter: those of the rows, those that go with them, and defaults."""
    parity = source.parity
    settings = {name: [text for text in texts if not is_condition(text)] for name, texts in parity.rows.items()}
    own = {one.name: one.falsy or one.default for one in source.parameter if one.action in (None, Action.WRAP)}
    names = dict.fromkeys([*settings, *(name for values in parity.values for name in values), *own])
    found = {}
    for name in names:
        default = None if name in settings else own.get(name)
        given = [values.get(name, default) for values in parity.values if name in values or default is not None]
        found[name] = tuple(dict.fromkeys([*settings.get(name, ()), *given]))
    return found


def row_of(runs: Sequence[Measured]) -> Row:
    """One row of the evidence: the worst of its runs."""
    if broken := [one.error for one in runs if one.error is not None]:
        raise RuntimeError(f"{runs[0].experiment.title}: {broken[0]}")
    experiment = runs[0].experiment
    if len({one.experiment.target for one in runs}) > 1:
        raise RuntimeError(f"{experiment.title}: values that become different classes need rows of their own")
    scales = {scale: max(one.by_scale()[scale] for one in runs) for scale in runs[0].by_scale()}
    worst = list(map(max, zip(*(one.by_step() for one in runs), strict=True)))
    return Row(
        generation=experiment.generation,
        fidelity=experiment.fidelity,
        when=dict(experiment.when),
        schedule=experiment.schedule,
        target=experiment.target,
        deviation={f"{scale:g}": _rounded(deviation) for scale, deviation in scales.items()},
        curve=tuple(_rounded(max(worst[:step])) for step in CURVE_STEPS),
        itself=_rounded(max(one.itself.deviation for one in runs if one.itself is not None)),
    )


def _rounded(number: float) -> float:
    """Three digits: more of them would only make the diff noisy."""
    return float(f"{number:.2e}")


if __name__ == "__main__":
    main()
