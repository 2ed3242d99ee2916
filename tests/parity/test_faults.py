"""Faults put in on purpose, into copies: each has to show in the lab, and the lab has to say where it may be."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from tf2ms_opt.lab.diagnose import suspicions
from tf2ms_opt.lab.experiments import Constructor, Experiment, Inputs
from tf2ms_opt.lab.processes import Bench
from tf2ms_opt.lab.program import Shape, emitted
from tf2ms_opt.options import Fidelity
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.runtime_module import compose, known

INPUTS = Inputs(steps=60)
ONE_MODE = Bench(modes=("PYNATIVE",))
KERAS3 = ("keras3", "keras.optimizers", "RMSprop")
LEGACY = ("legacy", "tf_keras.optimizers.legacy", "RMSprop")
TF1 = ("tf1", "tensorflow.compat.v1.train", "RMSPropOptimizer")


def experiment(source, arguments, rules, fidelity=Fidelity.EXACT, l2=0.0):
    generation, module, name = source
    constructor = Constructor(name, module, arguments)
    written = emitted(constructor, "optimizer", generation, rules, fidelity, Shape(l2=l2))
    return Experiment("rmsprop", generation, "optimizer", constructor, fidelity.value, written.target, written.lines,
                      l2=l2)  # fmt: skip


def changed(rules, generation, **fields):
    """The rules, in which the source of ``generation`` of RMSprop is another."""
    rule = rules.rules["rmsprop"]
    sources = tuple(
        msgspec.structs.replace(source, **fields) if generation in source.generations else source
        for source in rule.source
    )
    faulty = msgspec.structs.replace(rule, source=sources, evidence=None)
    return RuleSet({**rules.rules, "rmsprop": faulty}, rules.framework)


def with_default(rules, generation, name, default):
    source = next(one for one in rules.rules["rmsprop"].source if generation in one.generations)
    parameters = tuple(
        msgspec.structs.replace(one, default=default, falsy=one.falsy and default) if one.name == name else one
        for one in source.parameter
    )
    return changed(rules, generation, parameter=parameters)


def edited(text, old, new):
    assert old in text, f"the fault no longer fits the runtime: {old!r}"
    return text.replace(old, new)


def with_lines(one, old, new):
    return replace(one, lines=edited(one.lines, old, new))


#: a fault in the rule or in what is emitted -> the experiment, and what is suspected
RULE_FAULTS = {
    "the accumulator is left at one": (
        lambda rules: experiment(
            LEGACY, {"momentum": 0.9, "centered": True}, changed(rules, "legacy", state=()), Fidelity.STOCK
        ),
        "starting state",
    ),
    "another default of epsilon": (
        lambda rules: experiment(
            LEGACY, {"momentum": 0.9, "centered": True}, with_default(rules, "legacy", "epsilon", "1e-05"),
            Fidelity.STOCK,
        ),
        "epsilon",
    ),
    "another default of rho": (
        lambda rules: experiment(
            LEGACY, {"momentum": 0.9, "centered": True}, with_default(rules, "legacy", "rho", "0.95"), Fidelity.STOCK
        ),
        "starting state of an average, or the learning rate",  # of an average from zero, rho is the first step's factor
    ),
    "weight_decay = x": (
        lambda rules: with_lines(experiment(KERAS3, {"learning_rate": 0.01}, rules, l2=0.01), "2 * 0.01", "0.01"),
        "",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def rule_faults(lab, rules):
    experiments = [make(rules) for make, _ in RULE_FAULTS.values()]
    return dict(zip(RULE_FAULTS, lab(experiments, INPUTS, ONE_MODE), strict=True))


@pytest.mark.parametrize("name", RULE_FAULTS)
def test_a_fault_in_the_rule_shows(name, rule_faults):
    measured = rule_faults[name]
    assert measured.verdict == "differs", f"{name}: {measured.deviation}"
    assert any(RULE_FAULTS[name][1] in one for one in suspicions(measured)), suspicions(measured)


#: text of the runtime module -> the fault instead of it, the experiment in which it has to show, and what is suspected
RUNTIME_FAULTS = {
    "epsilon moved into the root": (
        "rate * gradient / (ops.sqrt(variance) + self.epsilon)",
        "rate * gradient / ops.sqrt(variance + self.epsilon)",
        (LEGACY, {}),
        "epsilon",
    ),
    "epsilon moved out of the root": (
        "rate * gradient / ops.sqrt(variance + self.epsilon))\n\n\nclass RMSpropTF211",
        "rate * gradient / (ops.sqrt(variance) + self.epsilon))\n\n\nclass RMSpropTF211",
        (KERAS3, {}),
        "epsilon",
    ),
    "TensorFlow 1 from zeros": (
        'weight_decay, "ones")',
        'weight_decay, "zeros")',
        (TF1, {"learning_rate": 0.01}),
        "state",
    ),
    "momentum forgotten": (
        "step = self.momentum * self.moment[index] + step",
        "step = 0.0 * self.moment[index] + step",
        (KERAS3, {"momentum": 0.9}),
        "momentum",
    ),
    "the mean of the gradients forgotten": (
        "variance = variance - ops.square(self._mean(self.mg[index], gradient))",
        "variance = variance + 0.0 * ops.square(self._mean(self.mg[index], gradient))",
        (KERAS3, {"centered": True}),
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNTIME_FAULTS)
def test_a_fault_in_the_runtime_shows(name, lab, rules):
    old, new, (source, arguments), suspected = RUNTIME_FAULTS[name]
    (measured,) = lab([experiment(source, arguments, changed(rules, source[0]))], INPUTS, ONE_MODE,
                      edited(compose(known()), old, new))  # fmt: skip
    assert measured.verdict == "differs", f"{name}: {measured.deviation}"
    assert any(suspected in one for one in suspicions(measured)), suspicions(measured)


def test_a_fault_in_the_last_bit_shows(lab, rules):
    """Only one constant in double precision: far below every tolerance, and no longer bit-equal."""
    text = edited(compose(known()), "_float32(1.0 - _float32(decay))", "1.0 - float(decay)")
    (measured,) = lab([experiment(TF1, {"learning_rate": 0.01}, changed(rules, "tf1"))], INPUTS, ONE_MODE, text)
    assert 0 < measured.deviation < 1e-6
