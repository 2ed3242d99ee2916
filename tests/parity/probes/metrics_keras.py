"""The metrics of Keras 3 or Keras 2 behind every update; prints JSON.

python metrics_keras.py keras|tf_keras
"""

import json
import os
import sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0")

import importlib

import numpy as np
import tensorflow as tf
from metric_cases import cases

GENERATION = sys.argv[1]
keras = importlib.import_module(GENERATION)


def measured(case):
    if case.cls in {"Accuracy", "MeanLoss", "EpochLoss"}:
        return of_model(case)
    metric = getattr(keras.metrics, case.of_keras)(**case.kwargs)
    found = []
    for batch in case.batches:
        tensors = [tf.constant(one) for one in batch]
        if case.cls == "Mean":
            metric.update_state(*tensors)
        else:
            metric.update_state(tensors[1], tensors[0], *tensors[2:])
        found.append(np.asarray(metric.result()).tolist())
    return found


def of_model(case):
    """What ``evaluate`` of a model whose outputs are its inputs shows, behind all batches."""
    model = keras.Sequential([keras.layers.Input(case.batches[0][0].shape[1:]), keras.layers.Activation("linear")])
    loss, metric = nothing, "accuracy"
    if case.cls == "EpochLoss":
        loss = getattr(keras.losses, case.loss)(**case.kwargs)
    elif case.cls == "MeanLoss":
        metric = getattr(keras.metrics, "LogCoshError" if case.loss == "LogCosh" else case.loss)(**case.kwargs)
    model.compile(loss=loss, weighted_metrics=[metric], run_eagerly=True)
    result = model.evaluate((batch for batch in case.batches), steps=len(case.batches), verbose=0, return_dict=True)
    return [float(value) for name, value in result.items() if (name == "loss") == (case.cls == "EpochLoss")]


def nothing(labels, predictions):  # noqa: ARG001 - the signature of a loss
    """A loss that takes labels of any shape."""
    return tf.reduce_mean(predictions * 0.0, axis=list(range(1, len(predictions.shape))))


print(json.dumps({case.id: measured(case) for case in cases() if GENERATION in case.generations}))
