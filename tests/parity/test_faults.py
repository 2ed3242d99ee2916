"""Faults put in on purpose, into copies: each has to show in the lab, and the lab has to say where it may be."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import pytest

from tf2ms_opt.evidence import ROUNDING
from tf2ms_opt.lab.diagnose import suspicions
from tf2ms_opt.lab.experiments import Constructor, Experiment, Inputs
from tf2ms_opt.lab.processes import Bench
from tf2ms_opt.lab.program import Shape, emitted
from tf2ms_opt.options import Fidelity
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
    return replace(rules, rules={**rules.rules, "rmsprop": faulty})


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


@dataclass(frozen=True)
class Fault:
    """A text of the runtime module and the fault instead of it; where it has to show, and what is suspected then."""

    old: str
    new: str
    source: tuple[str, str, str]
    arguments: dict[str, object]
    suspected: str
    #: below which a deviation is too small to be called different: a fault in the last bit
    least: float = ROUNDING


#: those of one batch stand in different classes, or show under different arguments, and are run together
BATCHES = (
    {
        "epsilon moved into the root": Fault(
            "rate * gradient / (ops.sqrt(variance) + self.epsilon)",
            "rate * gradient / ops.sqrt(variance + self.epsilon)",
            LEGACY, {}, "epsilon",
        ),
        "epsilon moved out of the root": Fault(
            "rate * gradient / ops.sqrt(variance + self.epsilon))\n\n\nclass RMSpropTF211",
            "rate * gradient / (ops.sqrt(variance) + self.epsilon))\n\n\nclass RMSpropTF211",
            KERAS3, {}, "epsilon",
        ),
        "TensorFlow 1 from zeros": Fault(
            'weight_decay, "ones")', 'weight_decay, "zeros")', TF1, {"learning_rate": 0.01}, "starting state"
        ),
    },
    {
        "momentum forgotten": Fault(
            "step = self.momentum * self.moment[index] + step",
            "step = 0.0 * self.moment[index] + step",
            KERAS3, {"momentum": 0.9}, "momentum",
        ),
        "the mean of the gradients forgotten": Fault(
            "variance = variance - ops.square(self._mean(self.mg[index], gradient))",
            "variance = variance + 0.0 * ops.square(self._mean(self.mg[index], gradient))",
            KERAS3, {"centered": True}, "",
        ),
        "a constant in double precision": Fault(
            "_float32(1.0 - _float32(decay))", "1.0 - float(decay)", TF1, {"learning_rate": 0.01}, "", 0.0
        ),
    },
)  # fmt: skip
RUNTIME_FAULTS = {name: fault for batch in BATCHES for name, fault in batch.items()}


@pytest.fixture(scope="module")
def runtime_faults(lab, rules):
    found = {}
    for batch in BATCHES:
        text = compose(known())
        for fault in batch.values():
            text = edited(text, fault.old, fault.new)
        experiments = [
            experiment(fault.source, fault.arguments, changed(rules, fault.source[0])) for fault in batch.values()
        ]
        found |= dict(zip(batch, lab(experiments, INPUTS, ONE_MODE, text), strict=True))
    return found


@pytest.mark.parametrize("name", RUNTIME_FAULTS)
def test_a_fault_in_the_runtime_shows(name, runtime_faults):
    measured, fault = runtime_faults[name], RUNTIME_FAULTS[name]
    assert measured.error is None, measured.error
    assert measured.deviation > fault.least, f"{name}: {measured.deviation}"
    if fault.suspected:
        assert any(fault.suspected in one for one in suspicions(measured)), suspicions(measured)
