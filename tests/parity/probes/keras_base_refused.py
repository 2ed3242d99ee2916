"""What the wrappers of ``keras_base`` refuse: the exception's name for each attempt, or null; prints JSON.

    python keras_base_refused.py RUNTIME

RUNTIME holds ``tf2ms_runtime.py``.
"""

import json
import os
import sys

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
from mindspore import nn

sys.path.insert(0, sys.argv[1])
import tf2ms_runtime as runtime


def rule(**given):
    return runtime.RMSpropKeras3([ms.Parameter(ms.Tensor([1.0]), name="w")], **given)


def keras3(**given):
    return runtime.KerasOptimizer(rule(), **given)


TRIED = {
    "no optimizer": lambda: runtime.KerasOptimizer(nn.Dense(1, 1)),
    "two limits, Keras 3": lambda: keras3(clipnorm=1.0, clipvalue=1.0),
    "two norms, 2.11": lambda: runtime.KerasOptimizerTF211(rule(), clipnorm=1.0, global_clipnorm=1.0),
    "two norms, legacy": lambda: runtime.KerasOptimizerLegacy(rule(), clipnorm=1.0, global_clipnorm=1.0),
    "negative, legacy": lambda: runtime.KerasOptimizerLegacy(rule(), clipnorm=-1.0),
    "one call": lambda: keras3(gradient_accumulation_steps=1),
    "momentum of averages": lambda: keras3(use_ema=True, ema_momentum=1.5),
    "frequency of averages": lambda: keras3(use_ema=True, ema_overwrite_frequency=1.5),
    "scaled inside": lambda: runtime.KerasOptimizer(rule(loss_scale=2.0)),
    "decayed inside, clipped outside": lambda: runtime.KerasOptimizer(rule(weight_decay=0.1), clipnorm=1.0),
    "decayed inside": lambda: runtime.KerasOptimizer(rule(weight_decay=0.1), use_ema=True),
    "fixed without a scale": lambda: runtime.LossScaleOptimizerKeras2(rule(), dynamic=False),
    "fixed that grows": lambda: runtime.LossScaleOptimizerKeras2(
        rule(), dynamic=False, initial_scale=2.0, dynamic_growth_steps=3
    ),
    "dynamic is no flag": lambda: runtime.LossScaleOptimizerKeras2(rule(), dynamic="dynamic"),
}


def raised(attempt):
    try:
        attempt()
    except Exception as error:  # noqa: BLE001 - its name is what is asked for
        return type(error).__name__
    return None


print(json.dumps({name: raised(attempt) for name, attempt in TRIED.items()}))
