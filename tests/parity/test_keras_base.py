"""The wrappers of ``runtime/keras_base.py`` against Keras' own base classes, on the same gradients."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tf2ms_opt.runtime_module import compose

FOLDER = str(Path(__file__).parent / "probes")
WRAPPERS = {
    "KerasOptimizer",
    "KerasOptimizerTF211",
    "KerasOptimizerLegacy",
    "LossScaleOptimizer",
    "LossScaleOptimizerKeras2",
}
RULES = {"RMSpropKeras3", "RMSpropTF211", "RMSpropLegacy"}
ALL = [0, 1, 2, 3, 4, 5]
FALLING = [0.1, 7, 0.8]
OVERFLOWS = {"4": "inf", "5": "nan", "17": "-inf", "18": "inf", "19": "nan", "40": "inf"}

#: the largest max|dw| / max|w| of a tensor: no operation differs, nor does the order of any sum
EXACT = 0.0
#: norms are sums, whose order differs between the frameworks: the last bits of a clipped gradient, and their momentum
SUMMED = 1e-6
#: RMSprop of TensorFlow 2.11 has a reciprocal root, whose last bit differs between the frameworks
ROOT = 1e-6
#: the reciprocal of a scale of 2 ** 127 is denormal, and 0 in some of MindSpore's threads: only scales are compared
DENORMAL = float("inf")


def case(generation, **base):
    """What every case has; the arguments of the base class are ``base``, and with_ changes the rest."""
    return {
        "generation": generation, "rule": "sgd", "base": base, "excluded": [], "rates": [0.1], "assigned": {},
        "bad": {}, "scaler": None, "unscales": False, "factor": base.get("loss_scale_factor", 1.0), "tensors": ALL,
        "finalize": False,
    }  # fmt: skip


def both(name, made, bound):
    """The case with either rule, and its bound."""
    root = max(bound, ROOT if made["generation"] == "tf211" else EXACT)
    return {f"{name}, sgd": ({**made, "rule": "sgd"}, bound), f"{name}, rmsprop": ({**made, "rule": "rmsprop"}, root)}


def clips(generation):
    return {
        **both(f"{generation}: plain", case(generation), EXACT),
        **both(f"{generation}: clipnorm", case(generation, clipnorm=1.0), SUMMED),
        f"{generation}: clipvalue": (case(generation, clipvalue=0.3), EXACT),
        f"{generation}: global_clipnorm": (case(generation, global_clipnorm=70000.3), SUMMED),
        f"{generation}: schedule": (case(generation) | {"rates": [FALLING]}, EXACT),
        f"{generation}: assigned": (case(generation) | {"assigned": {"20": 0.03, "41": 0.2}}, EXACT),
        f"{generation}: groups": (case(generation, clipnorm=1.0) | {"rates": [0.1, 0.03]}, SUMMED),
    }


def decays(generation):
    ema = {"use_ema": True, "ema_momentum": 0.8}
    return {
        **both(f"{generation}: weight_decay", case(generation, weight_decay=0.04), EXACT),
        f"{generation}: weight_decay of 0": (case(generation, weight_decay=0.0), EXACT),
        f"{generation}: excluded names": (
            case(generation, weight_decay=0.04) | {"excluded": ["w[13]", "5"]}, EXACT),
        f"{generation}: excluded variables": (
            case(generation, weight_decay=0.04) | {"excluded": [0, 4, "w2"]}, EXACT),
        f"{generation}: weight_decay, schedule": (
            case(generation, weight_decay=0.04) | {"rates": [FALLING]}, EXACT),
        f"{generation}: weight_decay, assigned": (
            case(generation, weight_decay=0.04) | {"assigned": {"20": 0.03, "41": 0.2}}, EXACT),
        f"{generation}: weight_decay, groups with schedules": (
            case(generation, weight_decay=0.04) | {"rates": [FALLING, 0.03125]}, EXACT),
        f"{generation}: ema": (case(generation, use_ema=True) | {"finalize": True}, EXACT),
        **both(f"{generation}: ema, overwritten", case(generation, **ema, ema_overwrite_frequency=10), EXACT),
        f"{generation}: ema, overwritten at each step": (case(generation, **ema, ema_overwrite_frequency=1), EXACT),
        **both(
            f"{generation}: all",
            case(generation, **ema, ema_overwrite_frequency=7, clipnorm=1.0, weight_decay=0.04)
            | {"rates": [FALLING], "excluded": ["w3"], "finalize": True},
            SUMMED,
        ),
        f"{generation}: scaler, weight_decay, schedule": (
            case(generation, weight_decay=0.04)
            | {"scaler": {"initial_scale": 64.0, "dynamic_growth_steps": 5}, "bad": OVERFLOWS, "rates": [FALLING]},
            EXACT,
        ),
        f"{generation}: scaler, all": (
            case(generation, **ema, ema_overwrite_frequency=7, clipnorm=1.0, weight_decay=0.04)
            | {"scaler": {"initial_scale": 64.0, "dynamic_growth_steps": 5}, "bad": OVERFLOWS, "rates": [FALLING],
               "excluded": ["w3"], "finalize": True},
            SUMMED,
        ),
        f"{generation}: weight_decay, global_clipnorm": (
            case(generation, weight_decay=0.04, global_clipnorm=70000.3), SUMMED),
    }  # fmt: skip


def scalers(generation, **base):
    small = {"initial_scale": 8.0, "dynamic_growth_steps": 5}
    found = {
        "scaler": {"scaler": {"initial_scale": 1024.0, "dynamic_growth_steps": 5}, "bad": OVERFLOWS},
        "scaler, all defaults": {"scaler": {}, "bad": OVERFLOWS},
        "scaler, an odd scale": {"scaler": {"initial_scale": 100.3, "dynamic_growth_steps": 3}, "bad": {"6": "nan"}},
        "scaler, grows at each step": {"scaler": {"initial_scale": 1.0, "dynamic_growth_steps": 1}, "bad": OVERFLOWS},
        "scaler, to the lower bound": {"scaler": small, "bad": {str(step): "inf" for step in range(2, 9)}},
        "scaler, first step": {"scaler": small, "bad": {"0": "inf", "1": "inf"}},
        "scaler, to the highest": {
            "scaler": {"initial_scale": 2.0**120, "dynamic_growth_steps": 2}, "bad": {}, "tensors": [0, 1, 2]},
        "scaler, schedule": {
            "scaler": {"initial_scale": 1024.0, "dynamic_growth_steps": 5}, "bad": OVERFLOWS, "rates": [FALLING]},
    }  # fmt: skip
    bounds = dict.fromkeys(found, SUMMED) | {"scaler, to the highest": SUMMED if generation == "keras3" else DENORMAL}
    return {f"{generation}: {name}": (case(generation, **base) | one, bounds[name]) for name, one in found.items()}


KERAS3 = {
    **clips("keras3"),
    **decays("keras3"),
    **scalers("keras3", clipnorm=1.0),
    "keras3: loss_scale_factor": (case("keras3", loss_scale_factor=100.0), EXACT),
    "keras3: loss_scale_factor, clipnorm": (case("keras3", loss_scale_factor=128.0, clipnorm=1.0), SUMMED),
    "keras3: accumulation": (case("keras3", gradient_accumulation_steps=3), EXACT),
    "keras3: accumulation, clipnorm": (case("keras3", gradient_accumulation_steps=4, clipnorm=1.0), SUMMED),
    "keras3: accumulation, weight_decay": (case("keras3", gradient_accumulation_steps=4, weight_decay=0.04), EXACT),
    "keras3: accumulation, schedule": (
        case("keras3", gradient_accumulation_steps=3, weight_decay=0.04) | {"rates": [FALLING]}, EXACT),
    "keras3: accumulation, groups with schedules": (
        case("keras3", gradient_accumulation_steps=3, weight_decay=0.04) | {"rates": [FALLING, 0.03125]}, EXACT),
    "keras3: accumulation, ema": (
        case("keras3", gradient_accumulation_steps=4, use_ema=True, ema_momentum=0.9) | {"finalize": True}, EXACT),
    "keras3: accumulation, ema, overwritten": (
        case("keras3", gradient_accumulation_steps=4, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3),
        EXACT),
    "keras3: accumulation, all": (
        case("keras3", gradient_accumulation_steps=4, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3,
             global_clipnorm=70000.3, weight_decay=0.04, loss_scale_factor=100.0)
        | {"rates": [FALLING], "excluded": ["w3"], "finalize": True}, SUMMED),
    "keras3: scaler, accumulation, ema": (
        case("keras3", gradient_accumulation_steps=3, use_ema=True, ema_overwrite_frequency=3, clipvalue=0.3)
        | {"scaler": {"initial_scale": 64.0, "dynamic_growth_steps": 5}, "bad": OVERFLOWS, "rates": [FALLING]}, EXACT),
    "keras3: scaler around a factor": (
        case("keras3", loss_scale_factor=100.0)
        | {"scaler": {"initial_scale": 64.0, "dynamic_growth_steps": 5}, "bad": OVERFLOWS}, EXACT),
}  # fmt: skip
TF211 = {
    **clips("tf211"),
    **decays("tf211"),
    **{name: one for name, one in scalers("tf211", clipnorm=1.0).items() if "defaults" not in name},
    "tf211: clipnorm, clipvalue": (case("tf211", clipnorm=1.0, clipvalue=0.3), SUMMED),
    "tf211: global_clipnorm, clipvalue": (case("tf211", global_clipnorm=70000.3, clipvalue=0.3), SUMMED),
    "tf211: clipnorm of 0, clipvalue": (case("tf211", clipnorm=0.0, clipvalue=0.3), EXACT),
    "tf211: fixed scaler": (
        case("tf211", clipvalue=0.3) | {"scaler": {"dynamic": False, "initial_scale": 100.0}}, EXACT),
    "tf211: scaler, ema, first step": (
        case("tf211", use_ema=True, ema_overwrite_frequency=3)
        | {"scaler": {"initial_scale": 64.0}, "bad": {"0": "inf", "7": "inf"}, "finalize": True}, EXACT),
    "tf211: scaler that unscales": (
        case("tf211", clipvalue=0.3)
        | {"scaler": {"initial_scale": 100.3, "dynamic_growth_steps": 5}, "bad": OVERFLOWS, "unscales": True}, EXACT),
}  # fmt: skip
LEGACY = {
    **clips("legacy"),
    **{name: one for name, one in scalers("legacy", clipnorm=1.0).items() if name.endswith(("scaler", "schedule"))},
    "legacy: clipvalue, clipnorm": (case("legacy", clipvalue=0.3, clipnorm=1.0), SUMMED),
    "legacy: clipvalue, global_clipnorm": (case("legacy", clipvalue=0.3, global_clipnorm=2.0), SUMMED),
    "legacy: clipnorm of 0": (case("legacy", clipnorm=0.0), EXACT),
    "legacy: clipvalue of 0": (case("legacy", clipvalue=0.0), EXACT),
    "legacy: global_clipnorm of 0": (case("legacy", global_clipnorm=0.0), EXACT),
    "legacy: fixed scaler": (
        case("legacy", clipvalue=0.3) | {"scaler": {"dynamic": False, "initial_scale": 100.0}}, EXACT),
}  # fmt: skip
CASES = {**KERAS3, **TF211, **LEGACY}
MODES = ("PYNATIVE", "GRAPH")


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runtime")
    (folder / "tf2ms_runtime.py").write_text(compose(WRAPPERS | RULES), encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def cases():
    return json.dumps({name: one for name, (one, _) in CASES.items()})


@pytest.fixture(scope="module")
def expected(probe, cases):
    keras3, keras2 = probe("keras_base_keras.py", ["keras3", FOLDER], ["tf_keras", FOLDER], stdin=cases)
    return {**keras3, **keras2}


@pytest.fixture(scope="module")
def found(probe, cases, runtime):
    arguments = [[mode, FOLDER, runtime] for mode in MODES]
    return dict(zip(MODES, probe("keras_base_mindspore.py", *arguments, stdin=cases), strict=True))


def deviation(one, other):
    """The largest max|dw| / max|w| of any tensor at any step that is looked at; inf where one alone is not finite."""
    worst = 0.0
    for left, right in zip(one["seen"], other["seen"], strict=True):
        for mine, theirs in zip(map(np.float64, left), map(np.float64, right), strict=True):
            finite = np.isfinite(theirs)
            if not np.array_equal(np.isfinite(mine), finite):
                return float("inf")
            if finite.any():
                largest = max(np.abs(theirs[finite]).max(), 1e-30)
                worst = max(worst, np.abs(mine[finite] - theirs[finite]).max() / largest)
    return worst


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CASES)
def test_a_wrapper_trains_as_the_base_class_of_keras(mode, name, expected, found):
    measured = deviation(found[mode][name], expected[name])
    assert measured <= CASES[name][1], f"{name} in {mode}: {measured:.2e}"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CASES)
def test_the_scale_at_every_step_and_the_steps_that_count_are_those_of_keras(mode, name, expected, found):
    for one in ("scales", "iterations"):
        assert found[mode][name][one] == expected[name][one]


@pytest.mark.parametrize("name", CASES)
def test_every_argument_makes_a_difference(name, expected):
    """No case passes because what it is about does not show: Keras' weights differ from those without it."""
    made = CASES[name][0]
    plain = expected[f"{made['generation']}: plain, {made['rule']}"]
    same = ("plain, sgd", "plain, rmsprop", "weight_decay of 0", "loss_scale_factor", "to the highest")
    if not name.endswith(same):
        assert deviation({"seen": expected[name]["seen"][-1:]}, {"seen": plain["seen"][-1:]}) > 1e-3


# ---------------------------------------------------------------- the wrappers in their surroundings

BUILDS = ("legacy", "tf211", "keras3", "scaler", "scaler of Keras 2")


@pytest.fixture(scope="module")
def surroundings(probe, runtime, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("checkpoints"))
    found = probe("keras_base_surroundings.py", *([mode, runtime, folder] for mode in MODES))
    return dict(zip(MODES, found, strict=True))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", BUILDS)
@pytest.mark.parametrize("place", ["compiled", "one_step_cell", "model", "checkpoint", "loaded_first"])
def test_a_wrapper_works_where_mindspore_puts_optimizers(mode, name, place, surroundings):
    """The weights and the whole state: the checkpoint is taken in the middle of an accumulation."""
    assert surroundings[mode][name][place] == surroundings[mode][name]["plain"]


@pytest.mark.parametrize("name", BUILDS)
def test_both_modes_give_the_same_bits(name, surroundings):
    assert surroundings["PYNATIVE"][name] == surroundings["GRAPH"][name]


def test_the_surroundings_can_fail(surroundings):
    assert len({tuple(surroundings["GRAPH"][name]["plain"][:18]) for name in BUILDS}) >= 4


def test_what_cannot_be_right_is_refused(probe, runtime):
    (found,) = probe("keras_base_refused.py", [runtime])
    assert found == {
        "no optimizer": "TypeError",
        "two limits, Keras 3": "ValueError",
        "two norms, 2.11": "ValueError",
        "two norms, legacy": "ValueError",
        "negative, legacy": "ValueError",
        "one call": "ValueError",
        "momentum of averages": "ValueError",
        "frequency of averages": "ValueError",
        "scaled inside": "ValueError",
        "decayed inside, clipped outside": "ValueError",
        "decayed inside": None,
        "fixed without a scale": "ValueError",
        "fixed that grows": "ValueError",
        "dynamic is no flag": "TypeError",
    }
