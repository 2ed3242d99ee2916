"""Every row of every rule's matrix, run in both frameworks, against what the rule's evidence claims.

A message says which rule, which of its sources and which setting; and where the fault may be, read from the deviation.
"""

from __future__ import annotations

import pytest

from tf2ms_opt.evidence import EXACT, ROUNDING, bound
from tf2ms_opt.lab import matrix
from tf2ms_opt.lab.diagnose import suspicions
from tf2ms_opt.options import Fidelity
from tf2ms_opt.ruleset import load

RULES = load()
ROWS = sorted({
    one.row for rule in RULES.rules.values() for one in matrix.experiments(rule, RULES, matrix.LEVELS)
})  # fmt: skip
#: what one last bit of a power comes to, measured in TensorFlow itself with beta_2 one bit apart: the rectification is
#: the difference of two numbers near 2000 that are 5 apart, and the learning rates here go up to 0.1
LAST_BIT = {"rectified_adam": 2e-5}
#: what is repeated bit for bit: fused kernels' arithmetic; a tf.function of newer Keras' is up to 2.8e-7 from itself
BIT_EQUAL = {("rmsprop", "tf1"), ("rmsprop", "legacy")}


def place(rule, generation, measured):
    """Where to look for a fault: the rule's source, or the class of the runtime module."""
    sources = RULES.rules[rule].source
    number = next(index for index, source in enumerate(sources, 1) if generation in source.generations)
    found = f"rules/{rule}.toml, source {number} ({sources[number - 1].class_name}, {generation})"
    target = measured.experiment.target
    return f"{found}, src/tf2ms_opt/runtime, class {target.partition('.')[2]}" if "runtime" in target else found


def recorded(row):
    """What the rule's evidence says of a row."""
    evidence = RULES.rules[row[0]].evidence
    claims = [one for one in evidence.row if (one.generation, one.setting, one.fidelity) == row[1:]]
    assert len(claims) == 1, f"rules/evidence/{row[0]}.json: {len(claims)} rows for {row[1:]}"
    return claims[0]


def promised(row):
    """What it promises whatever the gradients."""
    return bound(recorded(row).largest)


def allowed(row, claim):
    """The claim; of powers, norms and products of matrices another processor may have other last bits.

    Where such bits decide (Ftrl takes the difference of two powers), the reference differs from itself as a
    tf.function: ten times the claim may then be another processor's, never more than that difference.
    """
    if row[0] == "rmsprop":
        return claim
    return max(2 * claim, ROUNDING, min(10 * claim, recorded(row).itself or 0.0), LAST_BIT.get(row[0], 0.0))


def report(row, measured):
    """What a person needs to find the fault."""
    rule, generation, setting, fidelity = row
    worst = measured.worst
    first = next((step for step, deviation in enumerate(worst.by_step, 1) if deviation), None)
    scales = ", ".join(f"{one:.1e} at gradients of {scale:g}" for scale, one in (worst.by_scale or {}).items())
    return "\n".join(
        [
            f"{place(rule, generation, measured)}: {setting}, {fidelity}",
            f"  {measured.experiment.constructor.source()}",
            *(f"  | {line}" for line in measured.experiment.lines.splitlines()),
            f"  {worst.mode}, from step {first}: {worst.error or scales}",
            *(f"  suspect: {one}" for one in suspicions(measured)),
        ]
    )


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_row_is_within_its_evidence(row, everything):
    claim = recorded(row)
    for measured in everything[row]:
        assert measured.error is None, report(row, measured)
        assert measured.experiment.target == claim.target
        for scale, deviation in measured.by_scale().items():
            assert deviation <= allowed(row, bound(claim.deviation[f"{scale:g}"])), report(row, measured)


@pytest.mark.parametrize("row", [row for row in ROWS if row[3] == Fidelity.EXACT.value], ids=" ".join)
def test_exact_is_exact(row, everything):
    limit = 0.0 if row[:2] in BIT_EQUAL else allowed(row, max(EXACT, promised(row)))
    for measured in everything[row]:
        assert measured.error is None, report(row, measured)
        assert measured.deviation <= limit, report(row, measured)


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_graph_mode_computes_what_pynative_mode_computes(row, everything):
    for measured in everything[row]:
        deviations = {run.mode: run.deviation for run in measured.runs}
        apart = max(deviations.values()) - min(deviations.values())
        assert apart <= (0.0 if row[0] == "rmsprop" else allowed(row, promised(row))), f"{row}: {deviations}"


def test_at_exact_mindspore_own_class_is_taken_where_it_is_bit_equal(everything):
    """TF1 and legacy Keras with centered=True: nothing has to be written for them."""
    own = {(row[1], row[2]) for row, runs in everything.items() if row[3] == "exact" and row[0] == "rmsprop"
           and runs[0].experiment.target == "mindspore.nn.RMSProp"}  # fmt: skip
    assert ("tf1", "momentum=0.0, centered=True") in own
    assert ("tf1", "momentum=nonzero, centered=True") in own
    assert ("legacy", "momentum=nonzero, centered=True") in own
    assert not any("centered=False" in setting for _, setting in own)
