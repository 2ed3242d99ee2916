"""Cases of ``test_keras_base`` in Keras; prints JSON.

    python keras_base_keras.py keras3|tf_keras FOLDER  < cases.json

FOLDER is that of ``keras_base_inputs.py``.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import tensorflow as tf

KERAS, FOLDER = sys.argv[1:]
sys.path.insert(0, FOLDER)
from keras_base_inputs import SEEN, gradients, listed, scaled, weights

if KERAS == "keras3":
    import keras
else:
    import tf_keras as keras

GENERATIONS = {"keras3": ("keras3",), "tf_keras": ("tf211", "legacy")}[KERAS]


def rate(given):
    if isinstance(given, float):
        return given
    return keras.optimizers.schedules.ExponentialDecay(*given)


def optimizer(case, learning_rate, variables):
    module = keras.optimizers.legacy if case["generation"] == "legacy" else keras.optimizers
    rule = getattr(module, {"sgd": "SGD", "rmsprop": "RMSprop"}[case["rule"]])
    made = rule(learning_rate=rate(learning_rate), momentum=0.9, **case["base"])
    excluded = case["excluded"]
    if excluded:
        names = [one for one in excluded if isinstance(one, str)]
        made.exclude_from_weight_decay([variables[one] for one in excluded if isinstance(one, int)], names)
    return made


def scaler(case, inner):
    if case["scaler"] is None:
        return inner
    if KERAS == "keras3":
        return keras.optimizers.LossScaleOptimizer(inner, **case["scaler"])
    return keras.mixed_precision.LossScaleOptimizer(inner, **case["scaler"])


def scale_of(case, made):
    if case["scaler"] is None:
        return case["factor"]
    return float(made.dynamic_scale if KERAS == "keras3" else made.loss_scale)


def run(case):
    chosen = case["tensors"]
    # Keras 3 asks for the names of its own variables, which are those of its layers
    variable = keras.Variable if KERAS == "keras3" else tf.Variable
    variables = [variable(array, name=f"w{index}") for index, array in zip(chosen, weights(chosen), strict=True)]
    rates = case["rates"]  # one for each group, which Keras does not have: one optimizer each
    size = len(variables) // len(rates)
    parts = [variables[index * size : (index + 1) * size] for index in range(len(rates))]
    made = [scaler(case, optimizer(case, one, variables)) for one in rates]
    if KERAS == "keras3":
        for one, part in zip(made, parts, strict=True):
            one.build(part)
    seen, scales = [], []
    for step, arrays in enumerate(gradients(chosen)):
        if step in case["assigned"]:
            for one in made:
                one.learning_rate = case["assigned"][step]
        scale = scale_of(case, made[0])
        scales.append(scale)
        given = [tf.constant(one) for one in scaled(arrays, scale, case["bad"].get(step))]
        if case["scaler"] is not None and KERAS == "tf_keras":
            made[0].get_scaled_loss(tf.constant(1.0))
            given = made[0].get_unscaled_gradients(given)
        for index, one in enumerate(made):
            one.apply_gradients(zip(given[index * size : (index + 1) * size], parts[index], strict=True))
        if step in SEEN:
            seen.append(listed([one.numpy() for one in variables]))
    if case["finalize"]:
        for one, part in zip(made, parts, strict=True):
            one.finalize_variable_values(part)
        seen.append(listed([one.numpy() for one in variables]))
    return {"seen": seen, "scales": scales, "iterations": int(made[0].iterations)}


CASES = {name: case for name, case in json.load(sys.stdin).items() if case["generation"] in GENERATIONS}
for one in CASES.values():
    one["assigned"] = {int(step): value for step, value in one["assigned"].items()}
    one["bad"] = {int(step): value for step, value in one["bad"].items()}
print(json.dumps({name: run(case) for name, case in CASES.items()}))
