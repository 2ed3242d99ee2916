"""The parity lab without its frameworks: what it builds and measures, and what it says when something is missing."""

from __future__ import annotations

import json
import sys
from array import array
from math import inf, nan
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tf2ms_opt.cli import main
from tf2ms_opt.evidence import ROUNDING, Setting, bound, proven_exact, rows, verdict
from tf2ms_opt.lab import inputs, matrix
from tf2ms_opt.lab.experiments import Constructor, Experiment, Inputs
from tf2ms_opt.lab.measure import measure
from tf2ms_opt.lab.processes import Report
from tf2ms_opt.lab.program import NotEmittedError, Shape, emitted
from tf2ms_opt.lab.sites import Skipped, experiments
from tf2ms_opt.options import Fidelity, Options
from tf2ms_opt.ruleset import RuleFileError, load

RULES = Path(__file__).parents[1] / "rules"
KERAS3 = Constructor("RMSprop", "keras.optimizers", {"learning_rate": 0.01})


def verify(*arguments):
    return CliRunner().invoke(main, ["verify", *arguments])


@pytest.fixture
def bare_python(tmp_path):
    """An interpreter without any package."""
    file = tmp_path / "python"
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n', encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def script(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(
        "import keras\nraise SystemExit('executed')\nmodel.compile(optimizer=keras.optimizers.RMSprop(0.01))\n",
        encoding="utf-8",
    )
    return str(file)


# ---------------------------------------------------------------- what is said when something is missing


@pytest.mark.parametrize(("option", "framework"), [("--tf-python", "TensorFlow"), ("--ms-python", "MindSpore")])
def test_a_missing_framework_is_named_with_the_command_that_installs_it(option, framework, bare_python, script):
    other = {"--tf-python": "--ms-python", "--ms-python": "--tf-python"}[option]
    result = verify(script, option, bare_python, other, bare_python)
    assert result.exit_code == 2
    assert "cannot be imported" in result.output
    assert "pip install 'tf2ms-opt[verify]'" in result.output
    assert framework in result.output or "TensorFlow" in result.output


def test_an_interpreter_that_is_not_there(script, tmp_path):
    result = verify(script, "--tf-python", str(tmp_path / "none"), "--ms-python", str(tmp_path / "none"))
    assert result.exit_code == 2
    assert str(tmp_path / "none") in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "either files"),
        (["--rule", "rmsprop", "x.py"], "either files"),
        (["--rule", "rmsprob"], "did you mean rmsprop"),
        (["x.py", "--set", "args.lr"], "NAME=VALUE"),
        (["x.py", "--set", "lr=build()"], "literal"),
        (["x.py", "--plot", "picture.pdf"], ".svg"),
        (["x.py", "--scale", "0"], "above 0"),
        (["x.py", "--steps", "0"], "--steps"),
        (["nowhere.py"], "nowhere.py"),
        (["--rule", "rmsprop", "--tf-version", "new"], "--tf-version"),
    ],
)
def test_wrong_usage(arguments, said, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.py").write_text("import keras\n", encoding="utf-8")
    result = verify(*arguments)
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_a_file_without_optimizers_needs_no_framework(tmp_path, bare_python):
    (tmp_path / "plain.py").write_text("print('hello')\n", encoding="utf-8")
    result = verify(str(tmp_path / "plain.py"), "--tf-python", bare_python, "--ms-python", bare_python)
    assert (result.exit_code, "nothing to verify" in result.output) == (0, True)


# ---------------------------------------------------------------- experiments of files


def of_file(text, rules, given=None, **options):
    settings = {"fidelity": Fidelity.STOCK, "pinned_generation": "keras3", **options}
    return list(experiments(text.encode(), "train.py", rules, Options(**settings), given or {}))


def test_literals_constants_and_schedules_are_rebuilt(rules):
    text = (
        "import tensorflow as tf\nfrom tensorflow.keras.optimizers import RMSprop, schedules\n"
        "RHO = 0.95\n"
        "rate = schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)\n"
        "model.compile(optimizer=RMSprop(rate, rho=RHO, momentum=2 * 0.25))\n"
        "other = tf.keras.Sequential([])\nother.compile('rmsprop')\n"
    )
    first, second = of_file(text, rules)
    schedule = first.constructor.arguments["learning_rate"]
    assert (schedule.class_name, schedule.module) == ("ExponentialDecay", "keras.optimizers.schedules")
    assert first.constructor.arguments["rho"] == 0.95
    assert first.constructor.arguments["momentum"] == 0.5
    assert second.constructor.arguments == {}
    assert (first.place.line, second.place.line) == (5, 7)


def test_sites_of_a_notebook(rules):
    cells = [
        "!pip install tensorflow==2.4",
        "import keras\nmodel = keras.Sequential()",
        "%%time\nmodel.compile(optimizer=keras.optimizers.SGD(0.1))\nmodel.compile(keras.optimizers.SGD(**options))",
    ]
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": text} for text in cells]
    data = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode()
    first, second = experiments(data, "train.ipynb", rules, Options(), {})
    assert (str(first.place), first.generation) == ("train.ipynb:cell 2:2:25", "legacy")
    assert str(second.place) == "train.ipynb:cell 2:3:15"
    assert "**options hides" in second.reason


@pytest.mark.parametrize("name", ["args.lr", "learning_rate"])
def test_other_values_are_asked_for_and_can_be_given(name, rules):
    text = "import keras\nmodel.compile(optimizer=keras.optimizers.RMSprop(learning_rate=args.lr))\n"
    (skipped,) = of_file(text, rules)
    assert isinstance(skipped, Skipped)
    assert "--set args.lr=VALUE" in skipped.reason
    (found,) = of_file(text, rules, {name: 0.5})
    assert found.constructor.arguments == {"learning_rate": 0.5}


def test_an_attribute_bound_once_is_followed(rules):
    text = (
        "import keras\n"
        "class Agent:\n"
        "    def __init__(self, model):\n"
        "        self.rate = 0.25\n"
        "        self.model = model\n"
        "        self.model.compile(optimizer=keras.optimizers.RMSprop(self.rate))\n"
    )
    (found,) = of_file(text, rules)
    assert isinstance(found, Experiment), found
    assert found.constructor.arguments == {"learning_rate": 0.25}


def test_what_is_left_is_not_run(rules):
    (skipped,) = of_file("import keras\nkeras.optimizers.RMSprop(**options)\n", rules)
    assert "leaves it" in skipped.reason


def test_an_optimizer_inside_of_an_expression_is_run_as_such(rules):
    text = "import keras\nopt = keras.optimizers.RMSprop(0.1) if deep else None\nmodel.compile(optimizer=opt)\n"
    (found,) = of_file(text, rules)
    assert "set_data" not in found.lines
    assert any("starts at 1 instead of 0" in reason for reason in found.reasons)


def test_nothing_of_the_file_is_among_the_lines_that_run(rules):
    text = (
        "import keras\n"
        "model = steal()\n"
        "opt = keras.optimizers.RMSprop(learning_rate=0.1, name=steal())  # steal()\n"
        "model.compile(optimizer=opt)\n"
    )
    for one in of_file(text, rules):
        assert not isinstance(one, Experiment) or "steal" not in one.lines + one.constructor.source()


def test_an_l2_penalty_that_moves_into_the_optimizer_is_run_with_it(rules):
    text = (
        "from tensorflow import keras\n"
        "from tensorflow.keras.regularizers import l2\n"
        "PENALTY = 0.25\n"
        "net = keras.Sequential([keras.layers.Dense(3, kernel_regularizer=l2(PENALTY)),\n"
        "                        keras.layers.Dense(1, kernel_regularizer=l2(PENALTY))])\n"
        "net.compile(optimizer=keras.optimizers.RMSprop(0.01))\n"
    )
    (found,) = of_file(text, rules)
    assert (found.l2, "2 * 0.25 if p.ndim > 1" in found.lines) == (0.25, True)


# ---------------------------------------------------------------- what is emitted for a constructor


def test_the_lines_are_those_that_a_user_gets(rules):
    found = emitted(KERAS3, "optimizer", "keras3", rules, Fidelity.STOCK)
    assert found.lines == (
        "from mindspore import nn, ops\n"
        "optimizer = nn.RMSProp(model.trainable_params(), learning_rate=0.01, decay=0.9, epsilon=1e-07)\n"
        "for mean_square in optimizer.ms:  # Keras starts this average at 0, MindSpore at 1\n"
        "    mean_square.set_data(ops.zeros_like(mean_square))\n"
    )


def test_an_l2_penalty_is_in_the_lines(rules):
    assert "2 * 0.25" in emitted(KERAS3, "optimizer", "keras3", rules, Fidelity.EXACT, Shape(l2=0.25)).lines


def test_a_value_that_is_left_is_no_experiment(rules):
    with pytest.raises(NotEmittedError, match="above 0"):
        emitted(Constructor("RMSprop", "keras.optimizers", {"epsilon": 0.0}), "optimizer", "keras3", rules,
                Fidelity.STOCK)  # fmt: skip


@pytest.mark.parametrize("text", ["build()", "x", "ExponentialDecay(rate)", "Nothing(1)", "1 +"])
def test_values_of_a_matrix_are_literals_and_schedules_of_literals(text, rules):
    with pytest.raises(ValueError, match=r"literal|schedule"):
        matrix.value(text, "keras3", rules)


# ---------------------------------------------------------------- inputs and measures


def test_inputs_are_the_same_every_time_and_others_for_another_seed(tmp_path):
    texts = []
    for number, seed in enumerate((1, 1, 2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        inputs.write(Inputs(steps=3, seed=seed), folder)
        texts.append((folder / inputs.GRADIENTS).read_bytes())
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) == 4 * 3 * sum(tensor.size for tensor in Inputs().tensors())


def test_inputs_have_every_scale_and_sizes_beside_multiples_of_8():
    tensors = Inputs().tensors()
    assert {tensor.scale for tensor in tensors} == {1e-6, 1e-4, 1e-2, 1.0, 1e2}
    assert all(any(tensor.size % 8 for tensor in tensors if tensor.scale == one.scale) for one in tensors)


def measured(original, ours, tmp_path, steps=2):
    """Two steps of one schedule value each, measured."""
    experiment = Experiment("r", "keras3", "schedule", KERAS3, "stock", "t", "")
    for side, numbers in (("TensorFlow", original), ("GRAPH", ours)):
        (tmp_path / f"{side}-0.bin").write_bytes(array("f", numbers).tobytes())
    reports = {"TensorFlow": Report({}, {}), "GRAPH": Report({}, {})}
    (found,) = measure([experiment], Inputs(steps=steps), reports, tmp_path, 1e-6)
    return found


def test_a_deviation_is_relative_to_the_largest_weight_of_all_steps(tmp_path):
    found = measured([4.0, 1.0], [4.0, 1.5], tmp_path)
    assert found.by_step() == (0.0, 0.125)
    assert (found.worst.first_beyond, found.verdict) == (2, "differs")


def test_equal_bits_are_equal(tmp_path):
    found = measured([nan, inf], [nan, inf], tmp_path)
    assert (found.deviation, found.verdict, found.worst.first_beyond) == (0.0, "bit-equal", None)


@pytest.mark.parametrize("ours", [[1.0, nan], [1.0, inf], [nan, 1.0]])
def test_what_is_not_finite_is_infinitely_far_away(ours, tmp_path):
    assert measured([1.0, 1.0], ours, tmp_path).deviation == inf


def test_an_error_is_a_failure_and_no_number(tmp_path):
    experiment = Experiment("r", "keras3", "optimizer", KERAS3, "stock", "t", "")
    reports = {"TensorFlow": Report({}, {}), "GRAPH": Report({}, {0: "TypeError: no"})}
    (found,) = measure([experiment], Inputs(), reports, tmp_path, 1e-6)
    assert (found.verdict, found.error) == ("failed", "TypeError: no")


# ---------------------------------------------------------------- evidence


@given(st.floats(min_value=0, max_value=1e3))
def test_a_bound_is_never_below_what_was_measured(deviation):
    assert bound(deviation) >= deviation
    assert (bound(deviation) == 0) == (deviation == 0)


def test_bounds_are_round():
    assert [bound(one) for one in (0, 1e-9, 1.9e-7, 2.1e-7, 9e-7, 1.1e-6, 0.3)] == [
        0,
        2e-7,
        2e-7,
        5e-7,
        1e-6,
        5e-6,
        1.0,
    ]


def test_verdicts():
    assert [verdict(one) for one in (0, ROUNDING, 2 * ROUNDING)] == ["bit-equal", "within float32 rounding", "differs"]
    assert [verdict(one, 1e-3) for one in (ROUNDING, 1e-4, 1e-2)] == [
        "within float32 rounding", "within the tolerance", "differs"
    ]  # fmt: skip
    assert verdict(1e-8, 1e-9) == "differs"


def settings(**arguments):
    own = {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False, **arguments}
    return {name: (value is not ..., value) for name, value in own.items()}


def test_evidence_covers_what_was_run_and_nothing_else(rules):
    evidence = rules.rules["rmsprop"].evidence

    def covers(schedule=None, **arguments):
        return bool(rows(evidence, Setting("keras3", settings(**arguments), schedule), "stock"))

    assert covers()
    assert covers(momentum=0.9, centered=True)
    assert covers(learning_rate=...)
    assert covers("ExponentialDecay", learning_rate=...)
    assert not covers("PolynomialDecay", learning_rate=...)
    assert not covers(learning_rate=10.0)
    assert not covers(epsilon=1.0)
    assert not covers(rho=0.1)


def test_only_a_known_setting_is_proven_exact(rules):
    evidence, stock = rules.rules["rmsprop"].evidence, "mindspore.nn.RMSProp"
    assert proven_exact(evidence, Setting("legacy", settings(momentum=0.9, centered=True)), stock)
    assert not proven_exact(evidence, Setting("legacy", settings(momentum=0.9, centered=...)), stock)
    assert not proven_exact(evidence, Setting("legacy", settings(momentum=0.9)), stock)
    assert not proven_exact(evidence, Setting("keras3", settings(momentum=0.9, centered=True)), stock)
    assert not proven_exact(None, Setting("legacy", settings(momentum=0.9, centered=True)), stock)
    known = Setting("legacy", settings(momentum=0.9, centered=True))
    assert not proven_exact(evidence, known, "mindspore.nn.Another")


def test_the_evidence_is_of_the_matrix_that_the_rules_describe(rules):
    """No row too few and none too many: a rule whose matrix changed has to be measured anew."""
    for rule in [one for one in rules.rules.values() if one.evidence is not None]:
        planned = {one.row[1:] for one in matrix.experiments(rule, rules, tuple(Fidelity))}
        recorded = {(row.generation, row.setting, row.fidelity) for row in rule.evidence.row}
        assert recorded == planned, f"rules/evidence/{rule.name}.json: run scripts/record_evidence.py {rule.name}"


def test_exact_is_recorded_as_exact(rules):
    for rule in [one for one in rules.rules.values() if one.evidence is not None]:
        for row in rule.evidence.row:
            if row.fidelity == "exact":
                # Ftrl takes the difference of nearly equal numbers: a tf.function of Keras' is as far from Keras itself
                assert row.largest <= max(ROUNDING, row.itself), f"{rule.name}: {row}"


def test_a_wrong_evidence_file_is_named(tmp_path):
    (tmp_path / "evidence").mkdir()
    (tmp_path / "mine.toml").write_bytes((RULES / "exponential_decay.toml").read_bytes())
    (tmp_path / "evidence" / "mine.json").write_text('{"steps": "many"}', encoding="utf-8")
    with pytest.raises(RuleFileError, match=r"evidence/mine\.json"):
        load([tmp_path])
