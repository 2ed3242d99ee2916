"""Run scripts in one framework, and write down the rates of every schedule that they leave in a name of their own.

    python run_schedules.py FRAMEWORK RESULTS SCRIPT...

FRAMEWORK is ``tensorflow``, or ``mindspore`` with its mode.  ``RESULTS/<place>.json`` gets the steps, and of each
schedule the rates, as the optimizer of the framework asks for them: TensorFlow's with the step of its generation,
MindSpore's compiled.  Arrays that a script leaves are written down as they are.
"""

import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path

import numpy as np

framework, results, *scripts = sys.argv[1:]
os.environ.update(GLOG_v="3", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
LATER = (200, 300, 500, 600, 1000, 1100, 4000, 5000)
STEPS = [*range(130), *(step + off for step in LATER for off in (-1, 0, 1)), 20_011, 1_000_003]

if framework == "tensorflow":
    import keras
    import tensorflow as tf
    import tf_keras

    class Network:
        """What the scripts compile: it keeps the optimizer."""

        def compile(self, optimizer, loss):
            self.optimizer = optimizer

    def rates(schedule):
        """The rates as an optimizer of the schedule's own Keras asks for them."""
        if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            number = keras.Variable(0, dtype="int", trainable=False)
        else:
            number = tf.Variable(0, dtype=tf.int64)
        found = []
        for step in STEPS:
            number.assign(step)
            legacy = os.environ.get("GENERATION") == "legacy"
            found.append(float(schedule(tf.cast(number, tf.float32) if legacy else number)))
        return found

    BASES = (keras.optimizers.schedules.LearningRateSchedule, tf_keras.optimizers.schedules.LearningRateSchedule)
else:
    import mindspore as ms
    from mindspore import Parameter, Tensor, nn

    ms.set_context(mode=ms.GRAPH_MODE if framework.endswith("GRAPH") else ms.PYNATIVE_MODE)

    class Network(nn.Cell):
        """What the scripts compile: it has a weight."""

        def __init__(self):
            super().__init__()
            self.weight = Parameter(Tensor([0.0], ms.float32), name="weight")

        def compile(self, optimizer, loss):
            self.optimizer = optimizer

    def rates(schedule):
        """The rates as an optimizer compiles them."""

        @ms.jit
        def rate(step):
            return schedule(step).reshape(())

        return [float(rate(Tensor([step], ms.int32)).asnumpy()) for step in STEPS]

    BASES = (nn.learning_rate_schedule.LearningRateSchedule,)

for place, script in enumerate(scripts):
    sys.path.insert(0, str(Path(script).parent))
    sys.modules.pop("tf2ms_runtime", None)
    try:
        spec = importlib.util.spec_from_file_location(f"script_{place}", script)
        module = importlib.util.module_from_spec(spec)
        module.net = Network()
        sys.modules[spec.name] = module  # MindSpore looks names of compiled code up in it
        spec.loader.exec_module(module)
        left = dict(vars(module))
        found = {name: rates(one) for name, one in left.items() if isinstance(one, BASES)}
        arrays = {name: one for name, one in left.items() if isinstance(one, (np.ndarray, np.generic))}
        found |= {name: np.ravel(one).tolist() for name, one in arrays.items()}
        Path(results, f"{place}.json").write_text(json.dumps({"steps": STEPS, "rates": found}), encoding="utf-8")
    except Exception:  # noqa: BLE001 -- the test tells, the other scripts go on
        Path(results, f"{place}.error").write_text(traceback.format_exc(), encoding="utf-8")
    sys.path.pop(0)
