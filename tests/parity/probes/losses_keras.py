"""The losses of Keras 3 or Keras 2, their values and gradients; prints JSON.

python losses_keras.py keras|tf_keras
"""

import json
import os
import sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0")

import importlib

import numpy as np
import tensorflow as tf
from loss_cases import cases, cotangent

GENERATION = sys.argv[1]
keras = importlib.import_module(GENERATION)
REDUCTIONS = {"mean": "sum_over_batch_size", "sum": "sum", "none": "none"}


def measured(case, reduction, weighted):
    name, kwargs = case.keras
    loss = getattr(keras.losses, name)(**kwargs, reduction=REDUCTIONS[reduction])
    inputs = tf.constant(case.predictions)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        predictions = getattr(keras.activations, case.through)(inputs) if case.through else inputs
        value = loss(tf.constant(case.labels), predictions, tf.constant(case.weight) if weighted else None)
        scalar = tf.reduce_sum(value * cotangent(tuple(value.shape))) if reduction == "none" else value
    gradient = tape.gradient(scalar, inputs)
    return {"value": np.asarray(value).tolist(), "gradient": np.asarray(gradient).tolist()}


print(
    json.dumps(
        {
            f"{case.id}|{reduction}|{weighted}": measured(case, reduction, weighted)
            for case in cases()
            if GENERATION in case.generations
            for reduction, weighted in case.variants
        }
    )
)
