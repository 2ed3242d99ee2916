"""TensorFlow's end of the lab: trains with the original optimizers.

    python run_tensorflow.py FOLDER SIDE MODE

The mode is ``eager`` or ``function`` (steps inside of a tf.function, as in ``fit``).

It builds only what the job describes, classes of TensorFlow and Keras with plain values, and runs no code of a user.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import addons_keras
from lab_job import Anything, Job, flat, read, run

ADDONS = "tensorflow_addons"
INSTALL = "pip install 'tensorflow-addons==0.23.*'"
JOB = read(Path(sys.argv[1]))
PACKAGES = {one["constructor"]["module"].partition(".")[0] for one in JOB.table["experiments"]}
WITHOUT_ADDONS = ADDONS in PACKAGES and importlib.util.find_spec(ADDONS) is None
if WITHOUT_ADDONS:
    PACKAGES.remove(ADDONS)
elif ADDONS in PACKAGES:
    addons_keras.prepare()

import numpy as np
import tensorflow as tf


def main() -> None:
    """Run every experiment of the job."""
    _, side, mode = sys.argv[1:]
    job = JOB
    known: dict[str, Anything] = {}

    def train(experiment: Mapping[str, Any]) -> Anything:
        """What MindSpore's side runs at several fidelities is one and the same here.

        The constructor names its module, so generations that have it from the same one are, too.
        """
        key = json.dumps([experiment["generation"] == "tf1", experiment["constructor"], experiment["l2"]])
        if key not in known:
            known[key] = _train(experiment, job, eager=mode == "eager")
        return known[key]

    run(job, side, _versions(), train)


def _versions() -> dict[str, str]:
    """The versions of TensorFlow, of the packages that the experiments come from, and of the addons' Keras."""
    names = {"tensorflow", *PACKAGES}
    if ADDONS in PACKAGES and importlib.util.find_spec("tf_keras"):
        names.add("tf_keras")
    return {name: importlib.import_module(name).__version__ for name in sorted(names)}


def _train(experiment: Mapping[str, Any], job: Job, *, eager: bool) -> Anything:
    """The weights after every step; for a schedule its value at every step."""
    if experiment["kind"] == "schedule":
        return np.array([_rate(experiment["constructor"], step) for step in range(len(job.gradients))], np.float32)
    if experiment["generation"] == "tf1":
        return _train_graph(experiment, job)
    optimizer = _build(experiment["constructor"])
    variables = _variables(experiment, job)
    if hasattr(optimizer, "build"):
        optimizer.build(variables)

    def step(row: list[Anything]) -> None:
        penalized = [_penalized(g, v, experiment["l2"]) for g, v in zip(row, variables, strict=True)]
        optimizer.apply_gradients(zip(penalized, variables, strict=True))

    taken = step if eager else tf.function(step)
    rows = []
    for row in job.gradients:
        taken([tf.constant(gradient) for gradient in row])
        rows.append(flat([variable.numpy() for variable in variables]))
    return np.stack(rows)


def _variables(experiment: Mapping[str, Any], job: Job) -> list[Anything]:
    """What layers hand to the optimizer: Keras 3's variables have a path, by which Muon chooses.

    The others have the names of MindSpore's side, by which the optimizers of tensorflow_addons choose.
    """
    module = experiment["constructor"]["module"].partition(".")[0]
    keras = experiment["generation"] == "keras3" and importlib.import_module(module)
    if keras:
        return [keras.Variable(weight) for weight in job.weights]
    return [tf.Variable(weight, name=f"layer{number}.weight") for number, weight in enumerate(job.weights)]


def _train_graph(experiment: Mapping[str, Any], job: Job) -> Anything:
    """TensorFlow 1 as it was used: a graph, and a session that runs its training operation."""
    with tf.Graph().as_default():
        step = tf.compat.v1.train.get_or_create_global_step()
        optimizer = _build(experiment["constructor"], step)
        variables = [tf.compat.v1.Variable(weight, use_resource=True) for weight in job.weights]
        places = [tf.compat.v1.placeholder(tf.float32, weight.shape) for weight in job.weights]
        penalized = [_penalized(g, v, experiment["l2"]) for g, v in zip(places, variables, strict=True)]
        training = optimizer.apply_gradients(list(zip(penalized, variables, strict=True)), step)
        rows = []
        with tf.compat.v1.Session() as session:
            session.run(tf.compat.v1.global_variables_initializer())
            for row in job.gradients:
                session.run(training, dict(zip(places, row, strict=True)))
                rows.append(flat(session.run(variables)))
    return np.stack(rows)


def _penalized(gradient: Anything, weight: Anything, l2: float) -> Anything:
    """The gradient of the loss and of Keras' penalty ``l2 * sum(w ** 2)``, which kernels carry and vectors do not."""
    return gradient + 2 * l2 * weight if l2 and len(weight.shape) > 1 else gradient


def _rate(constructor: Mapping[str, Any], step: int) -> float:
    """What a schedule gives at ``step``: a Keras object is called with it, TensorFlow 1's functions are handed it."""
    counted = any("step" in value for value in constructor["arguments"].values())
    schedule = _build(constructor, tf.constant(step))
    return float(schedule() if counted else schedule(tf.constant(step)))


def _build(constructor: Mapping[str, Any], step: Anything = None) -> Anything:
    """The object that the constructor describes; ``step`` is TensorFlow 1's counter of steps."""
    root, *inner = constructor["module"].split(".")
    if root == ADDONS and WITHOUT_ADDONS:
        raise ModuleNotFoundError(f"{ADDONS} is not installed in {sys.executable}: {INSTALL} (up to Python 3.11)")
    owner: Anything = importlib.import_module(root)
    for name in (*inner, constructor["class"]):
        owner = getattr(owner, name)
    given = {
        name: step if "step" in value else _build(value["call"], step) if "call" in value else value["value"]
        for name, value in constructor["arguments"].items()
    }
    return owner(**given)


main()
