"""What MindSpore does and refuses, as far as the rules rest on it: when a release changes it, these say so."""

from __future__ import annotations

import json

import pytest

from tf2ms_opt.engine import convert_source
from tf2ms_opt.evidence import EXACT, ROUNDING
from tf2ms_opt.lab.experiments import Constructor, Experiment, Inputs
from tf2ms_opt.lab.program import Shape, emitted
from tf2ms_opt.options import Fidelity, Options
from tf2ms_opt.outcomes import SiteOutcome
from tf2ms_opt.runtime_module import compose, known

LEGACY = "tf_keras.optimizers.legacy"
MODULES = {"legacy": LEGACY, "tf2.11": "tf_keras.optimizers", "keras3": "keras.optimizers"}


@pytest.fixture(scope="module")
def kernel(probe):
    return dict(zip(("PYNATIVE", "GRAPH"), probe("kernel.py", ["PYNATIVE"], ["GRAPH"]), strict=True))


@pytest.mark.parametrize("mode", ["PYNATIVE", "GRAPH"])
def test_the_cpu_kernel_adds_epsilon_outside_of_the_root_but_for_the_tail(kernel, mode):
    """21 weights: two blocks of 8, and 5 that are left over."""
    assert kernel[mode]["plain"] == ["outside"] * 16 + ["inside"] * 5, (
        "MindSpore's CPU kernel of RMSProp has changed where it adds epsilon: update the backend-difference entries of"
        " rules/rmsprop.toml, and record the evidence anew"
    )


@pytest.mark.parametrize("mode", ["PYNATIVE", "GRAPH"])
def test_the_cpu_kernel_adds_epsilon_inside_of_the_root_when_centered(kernel, mode):
    assert kernel[mode]["centered"] == ["inside"] * 21


# ---------------------------------------------------------------- values that MindSpore does not take

#: what a straight renaming would pass on, and what MindSpore raises
REJECTED = {
    "an int momentum": ({"momentum": "0"}, "TypeError"),
    "an int epsilon": ({"epsilon": "1"}, "TypeError"),
    "an int decay": ({"decay": "1"}, "TypeError"),
    "an epsilon of 0": ({"epsilon": "0.0"}, "ValueError"),
    "an epsilon of None": ({"epsilon": "None"}, "TypeError"),
    "a momentum of None": ({"momentum": "None"}, "TypeError"),
    "a numpy rate": ({"learning_rate": "np.float32(0.1)"}, "TypeError"),
    "a negative rate": ({"learning_rate": "-0.1"}, "ValueError"),
    "centered as a number": ({"centered": "1"}, "TypeError"),
    "a name": ({"name": "'x'"}, "TypeError"),
    "rho": ({"rho": "0.9"}, "TypeError"),
    "lr": ({"lr": "0.1"}, "TypeError"),
    "clipnorm": ({"clipnorm": "1.0"}, "TypeError"),
}


def test_mindspore_rejects_what_the_converter_rewrites_or_leaves(probe):
    (found,) = probe("rejected.py", [], stdin=json.dumps([arguments for arguments, _ in REJECTED.values()]))
    assert dict(zip(REJECTED, found, strict=True)) == {name: error for name, (_, error) in REJECTED.items()}


#: the source's arguments, and the outcome; everything that is converted is run below
TRAPS = {
    "momentum=0": ("legacy", {"momentum": 0}, SiteOutcome.CONVERTED),
    "momentum=1, an int": ("legacy", {"momentum": 1}, SiteOutcome.CONVERTED),
    "epsilon=None": ("legacy", {"epsilon": None}, SiteOutcome.CONVERTED),
    "epsilon=0": ("legacy", {"epsilon": 0}, SiteOutcome.CONVERTED),
    "rho=1": ("keras3", {"rho": 1, "epsilon": 1e-3}, SiteOutcome.CONVERTED),
    "epsilon=1": ("keras3", {"epsilon": 1}, SiteOutcome.CONVERTED),
    "an int rate": ("tf2.11", {"learning_rate": 1}, SiteOutcome.CONVERTED),
    "centered=1": ("keras3", {"centered": 1}, SiteOutcome.CONVERTED),
    "decay=0": ("legacy", {"decay": 0}, SiteOutcome.CONVERTED),
    "decay=None-like 0.0": ("legacy", {"decay": 0.0, "momentum": 0.9}, SiteOutcome.CONVERTED),
}


@pytest.fixture(scope="module")
def trapped(lab, rules):
    experiments = {}
    for name, (generation, arguments, _) in TRAPS.items():
        constructor = Constructor("RMSprop", MODULES[generation], arguments)
        written = emitted(constructor, "optimizer", generation, rules, Fidelity.EXACT)
        experiments[name] = Experiment("rmsprop", generation, "optimizer", constructor, "exact", written.target,
                                       written.lines)  # fmt: skip
    return dict(zip(TRAPS, lab(list(experiments.values()), Inputs(steps=20)), strict=True))


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_converted_to_what_trains_the_same(name, trapped):
    measured = trapped[name]
    assert measured.error is None, f"{name}: {measured.error}\n{measured.experiment.lines}"
    assert measured.deviation <= EXACT, f"{name}: {measured.deviation}\n{measured.experiment.lines}"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("epsilon=0.0", "above 0"),
        ("learning_rate=-0.1", "below 0"),
        ("learning_rate=[0.1, 0.01]", "one value for each step"),
        ("momentum=None", "not None"),
        ("learning_rate=lambda: 0.1", "function"),
    ],
)
def test_what_cannot_be_passed_on_is_left(arguments, why, rules):
    code = f"import keras\nopt = keras.optimizers.RMSprop({arguments})\nmodel.compile(optimizer=opt)\n"
    outcome = convert_source(code.encode(), rules, Options(pinned_generation="keras3"))
    assert outcome.sites[0].outcome is SiteOutcome.LEFT
    assert any(why in one.message for one in outcome.findings), [one.message for one in outcome.findings]


# ---------------------------------------------------------------- regularizers as weight decay in groups


@pytest.fixture(scope="module")
def regularized(lab, rules):
    experiments = []
    for generation, module in MODULES.items():
        for l2 in (0.01, 0.3):
            constructor = Constructor("RMSprop", module, {"learning_rate": 0.01, "momentum": 0.9})
            written = emitted(constructor, "optimizer", generation, rules, Fidelity.EXACT, Shape(l2=l2))
            experiments.append(Experiment("rmsprop", generation, "optimizer", constructor, "exact", written.target,
                                          written.lines, l2=l2))  # fmt: skip
    return lab(experiments, Inputs(scales=(1e-2, 1.0)))


def test_an_l2_penalty_becomes_twice_its_factor_as_weight_decay_of_the_kernels(regularized):
    for measured in regularized:
        lines = measured.experiment.lines
        assert f"2 * {measured.experiment.l2}" in lines, f"plan/edits.py, _params_text: weight_decay in\n{lines}"
        assert measured.deviation <= ROUNDING, f"plan/edits.py, _params_text: {measured.worst.by_scale}\n{lines}"


# ---------------------------------------------------------------- the runtime's classes in their surroundings

CLASSES = ("RMSpropKeras3", "RMSpropTF211", "RMSpropLegacy", "RMSpropTF1")


@pytest.fixture(scope="module")
def surroundings(probe, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runtime")
    (folder / "tf2ms_runtime.py").write_text(compose(known()), encoding="utf-8")
    found = probe("runtime.py", ["PYNATIVE", str(folder)], ["GRAPH", str(folder)])
    return dict(zip(("PYNATIVE", "GRAPH"), found, strict=True))


@pytest.mark.parametrize("mode", ["PYNATIVE", "GRAPH"])
@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("one_step_cell", "plain"),
        ("model", "plain"),
        ("loss_scale", "plain"),
        ("checkpoint", "plain"),
        ("groups", "by_hand"),
        ("schedule", "assigned"),
    ],
)
def test_a_runtime_class_works_where_mindspore_puts_optimizers(mode, name, one, other, surroundings):
    weights = surroundings[mode][name]
    assert weights[one] == weights[other]


@pytest.mark.parametrize("name", CLASSES)
def test_both_modes_give_the_same_bits(name, surroundings):
    assert surroundings["PYNATIVE"][name] == surroundings["GRAPH"][name]


@pytest.mark.parametrize("name", CLASSES)
def test_the_surroundings_can_fail(name, surroundings):
    """Another schedule or another group is told apart: none of the above is equal by chance."""
    weights = surroundings["PYNATIVE"][name]
    assert len({tuple(weights[one]) for one in ("plain", "groups", "schedule")}) == 3
