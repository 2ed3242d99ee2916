"""The losses of ``tf2ms_opt/runtime/losses.py``, their values and gradients; prints JSON.

    python losses_mindspore.py PYNATIVE|GRAPH FOLDER

FOLDER holds the composed module of the runtime.
"""

import json
import os
import sys
from dataclasses import replace

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
from loss_cases import cases, cotangent
from mindspore import nn, ops

MODE, FOLDER = sys.argv[1:]
sys.path.insert(0, FOLDER)
import tf2ms_runtime as losses

ms.set_context(mode=ms.GRAPH_MODE if MODE == "GRAPH" else ms.PYNATIVE_MODE)


class Measured(nn.Cell):
    """A loss behind an activation, as a number that has a gradient, and its value."""

    def __init__(self, loss, through):
        super().__init__()
        self.loss = loss
        self.through = through

    def construct(self, inputs, labels, weights, factor):
        predictions = inputs
        if self.through == "softmax":
            predictions = ops.softmax(inputs, -1)
        elif self.through == "sigmoid":
            predictions = ops.sigmoid(inputs)
        value = self.loss(predictions, labels) if weights is None else self.loss(predictions, labels, weights)
        scalar = value if factor is None else (value * factor).sum()
        return scalar, value


KEPT = {}


def measured(case, reduction, weighted):
    key = (case.cls, json.dumps(case.kwargs), reduction, case.through)
    if key not in KEPT:
        loss = getattr(losses, case.cls)(**case.kwargs, reduction=reduction)
        KEPT[key] = ms.value_and_grad(Measured(loss, case.through), 0, has_aux=True)
    inputs, labels = ms.Tensor(case.predictions), ms.Tensor(case.labels)
    weights = ms.Tensor(case.weight) if weighted else None
    factor = None
    if reduction == "none":
        shape = getattr(losses, case.cls)(**case.kwargs, reduction="none")(inputs, labels, weights).shape
        factor = ms.Tensor(cotangent(shape))
    (_, value), gradient = KEPT[key](inputs, labels, weights, factor)
    return {"value": value.asnumpy().tolist(), "gradient": gradient.asnumpy().tolist()}


#: all reductions of these are compiled; of the others one, as compiling takes its time
COMPILED = (
    "MeanSquaredError random", "image mse", "BinaryCrossentropyKeras2 smooth", "SparseCategoricalCrossentropy random",
    "SparseCategoricalCrossentropy ignore 2", "SparseCategoricalCrossentropyKeras2 ignore 2",
)  # fmt: skip


def chosen(case, reduction, weighted):
    if MODE == "PYNATIVE" or case.id in COMPILED:
        return True
    return case.graph and (reduction, weighted) == case.variants[0]


def refusal(cls, predictions, labels, **kwargs):
    """The exception of shapes that do not fit."""
    try:
        value = getattr(losses, cls)(**kwargs)(ops.ones(predictions), ops.ones(labels))
    except Exception as error:  # noqa: BLE001 - which one is the question
        return type(error).__name__
    return f"no exception: {value}"


REFUSED = {
    "mse": ("MeanSquaredError", (6, 3), (5, 3)),
    "mse rank": ("MeanSquaredError", (6, 3), (6,)),
    "bce": ("BinaryCrossentropy", (6, 3), (6, 1)),
    "bce rank": ("BinaryCrossentropy", (6, 3), (6,)),
    "cce": ("CategoricalCrossentropy", (6, 3), (6, 1)),
    "cce rank": ("CategoricalCrossentropy", (6, 3), (6,)),
    "sparse": ("SparseCategoricalCrossentropy", (6, 3), (5,)),
    "sparse one-hot": ("SparseCategoricalCrossentropy", (6, 3), (6, 3)),
}


def clipped():
    """The cases behind activations, by losses that do not know of them."""
    found = {}
    for case in cases():
        if case.id in {"behind softmax far", "behind sigmoid below"}:
            found[case.through] = measured(replace(case, kwargs={}), "sum", weighted=True)
    return found


result = {"refused": {name: refusal(*arguments) for name, arguments in REFUSED.items()}, "clipped": clipped()}
for one in cases():
    for how, with_weights in one.variants:
        if chosen(one, how, with_weights):
            result[f"{one.id}|{how}|{with_weights}"] = measured(one, how, with_weights)
print(json.dumps(result))
