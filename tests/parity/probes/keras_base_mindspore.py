"""Cases of ``test_keras_base`` in MindSpore; prints JSON.

    python keras_base_mindspore.py PYNATIVE|GRAPH FOLDER RUNTIME  < cases.json

FOLDER is that of ``keras_base_inputs.py``, and RUNTIME that of ``tf2ms_runtime.py``.
"""

import json
import os
import sys

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
from mindspore import nn, ops

MODE, FOLDER, RUNTIME = sys.argv[1:]
sys.path[:0] = [FOLDER, RUNTIME]
import tf2ms_runtime
from keras_base_inputs import SEEN, gradients, listed, scaled, weights

ms.set_context(mode=ms.GRAPH_MODE if MODE == "GRAPH" else ms.PYNATIVE_MODE)
BASES = {"keras3": "KerasOptimizer", "tf211": "KerasOptimizerTF211", "legacy": "KerasOptimizerLegacy"}
RULES = {"keras3": "RMSpropKeras3", "tf211": "RMSpropTF211", "legacy": "RMSpropLegacy"}


class SGD(nn.Optimizer):
    """Keras' SGD with momentum, in which a wrong scale of the gradients shows."""

    def __init__(self, params, learning_rate, momentum):
        super().__init__(learning_rate, params)
        self.momentum = momentum
        self.moments = self._parameters.clone(prefix="moments", init="zeros")

    @ms.jit
    def construct(self, gradients):
        rates = self.get_lr()
        self.assignadd(self.global_step, self.global_step_increase_tensor)
        for index in range(len(self._parameters)):
            rate = rates[index] if self.is_group_lr else rates
            moment = self.moments[index] * self.momentum - gradients[index] * rate
            ops.assign(self.moments[index], moment)
            ops.assign(self._parameters[index], self._parameters[index] + moment)
        return True


def rate(given):
    if isinstance(given, float):
        return given
    start, steps, factor = given
    return nn.ExponentialDecayLR(start, factor, steps)


def optimizer(case, parameters):
    rule = SGD if case["rule"] == "sgd" else getattr(tf2ms_runtime, RULES[case["generation"]])
    rates = case["rates"]
    size = len(parameters) // len(rates)
    params = parameters
    if len(rates) > 1:
        params = [
            {"params": parameters[index * size : (index + 1) * size], "lr": rate(one)}
            for index, one in enumerate(rates)
        ]
    inner = rule(params, learning_rate=rate(rates[0]), momentum=0.9)
    excluded = [parameters[one] if isinstance(one, int) else one for one in case["excluded"]]
    given = {"exclude_from_weight_decay": excluded} if excluded else {}
    return getattr(tf2ms_runtime, BASES[case["generation"]])(inner, **case["base"], **given)


def scaler(case, inner):
    if case["scaler"] is None:
        return inner
    if case["generation"] == "keras3":
        return tf2ms_runtime.LossScaleOptimizer(inner, **case["scaler"])
    return tf2ms_runtime.LossScaleOptimizerKeras2(inner, **case["scaler"], unscales=case["unscales"])


def scale_of(case, made):
    """What the loss is multiplied by."""
    scale = float(made.scale_loss(ms.Tensor(1.0, ms.float32)).asnumpy())
    assert case["scaler"] is None or scale == float(
        (made.dynamic_scale if case["generation"] == "keras3" else made.loss_scale).asnumpy()
    )
    return scale


def run(case):
    chosen = case["tensors"]
    arrays = zip(chosen, weights(chosen), strict=True)
    parameters = [ms.Parameter(ms.Tensor(array), name=f"w{index}") for index, array in arrays]
    made = scaler(case, optimizer(case, parameters))
    assert isinstance(made, nn.Optimizer)
    names = [one.name for one in made.get_parameters()]
    assert len(names) == len(set(names)), names
    assert [one.name for one in made.parameters] == [one.name for one in parameters]
    seen, scales = [], []
    for step, arrays in enumerate(gradients(chosen)):
        if step in case["assigned"]:
            ops.assign(made.learning_rate, ms.Tensor(case["assigned"][step], ms.float32))
            assert float(made.get_lr().asnumpy()) == float(ms.Tensor(case["assigned"][step], ms.float32).asnumpy())
        scale = scale_of(case, made)
        scales.append(scale)
        given = tuple(ms.Tensor(one) for one in scaled(arrays, scale, case["bad"].get(step)))
        made(given if made.unscales else made.get_unscaled_gradients(given))
        if step in SEEN:
            seen.append(listed([one.asnumpy() for one in parameters]))
    if case["finalize"]:
        made.finalize()
        seen.append(listed([one.asnumpy() for one in parameters]))
    return {"seen": seen, "scales": scales, "iterations": int(made.global_step.asnumpy()[0])}


CASES = json.load(sys.stdin)
for one in CASES.values():
    one["assigned"] = {int(step): value for step, value in one["assigned"].items()}
    one["bad"] = {int(step): value for step, value in one["bad"].items()}
print(json.dumps({name: run(case) for name, case in CASES.items()}))
