"""The scenarios of ``trainer_scenarios.py`` with ``Trainer``; prints JSON.

    python trainer_mindspore.py RUNTIME 3|2 PYNATIVE|GRAPH FOLDER [SCENARIO ...]

RUNTIME is the folder of ``tf2ms_runtime.py``.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
from mindspore import nn, ops

RUNTIME, KERAS, MODE, FOLDER, *NAMES = sys.argv[1:]
KERAS = int(KERAS)
sys.path[:0] = [RUNTIME, str(Path(__file__).parent)]
import tf2ms_runtime
from trainer_scenarios import plainly, run, weights_of

ms.set_context(mode=ms.GRAPH_MODE if MODE == "GRAPH" else ms.PYNATIVE_MODE)


class L2(nn.Cell):
    def __init__(self, factor, weight):
        super().__init__(auto_prefix=False)
        self.factor = factor
        self.weight = weight

    def construct(self):
        return self.factor * ops.square(self.weight).sum()


class Side:
    callbacks = tf2ms_runtime

    def __init__(self, folder):
        self.folder = Path(folder)

    def build(self, head, metrics=(), weighted=(), rate=0.01, **special):
        l2, dropout = special.get("l2", 0.0), special.get("dropout", 0.0)
        cells = [nn.Dense(special.get("inputs", 5), 8), nn.Tanh()]
        last = nn.Dense(8, 3 if head == "classes" else 1)
        if head == "embedding":
            cells, last = [nn.Embedding(11, 3), nn.Flatten()], nn.Dense(12, 1)
        if dropout:
            cells.append(nn.Dropout(p=dropout))
        net = nn.SequentialCell(*cells, last)
        parameters = list(net.get_parameters())
        self.dense = [not one.name.endswith("embedding_table") for one in parameters]
        shapes = [one.shape[::-1] if dense else one.shape for one, dense in zip(parameters, self.dense, strict=True)]
        for one, dense, value in zip(parameters, self.dense, weights_of(shapes), strict=True):
            one.set_data(ms.Tensor(value.T.copy() if dense else value))
        loss = {
            "classes": lambda: tf2ms_runtime.SparseCategoricalCrossentropy(from_logits=True),
            "binary": lambda: tf2ms_runtime.BinaryCrossentropy(from_logits=True),
        }.get(head, tf2ms_runtime.MeanSquaredError)()
        rule = tf2ms_runtime.RMSpropKeras3 if KERAS == 3 else tf2ms_runtime.RMSpropTF211
        optimizer = rule(net.trainable_params(), rate)
        if head == "embedding":
            optimizer = nn.SGD(net.trainable_params(), rate)
        if special.get("use_ema"):
            wrapper = tf2ms_runtime.KerasOptimizer if KERAS == 3 else tf2ms_runtime.KerasOptimizerTF211
            optimizer = wrapper(optimizer, use_ema=True, ema_momentum=0.9)
        if special.get("scaled") and KERAS == 3:
            optimizer = tf2ms_runtime.LossScaleOptimizer(optimizer, initial_scale=2.0**30)
        elif special.get("scaled"):
            optimizer = tf2ms_runtime.LossScaleOptimizerKeras2(optimizer, initial_scale=2.0**30)
        return tf2ms_runtime.Trainer(
            net, loss, optimizer,
            metrics={one: self.metric(one, head) for one in metrics},
            weighted_metrics={one: self.metric(one, head) for one in weighted},
            penalties=L2(l2, net[0].weight) if l2 else None,
            keras=KERAS,
        )  # fmt: skip

    def metric(self, name, head):
        return {
            "accuracy": tf2ms_runtime.Accuracy,
            "weighted": tf2ms_runtime.SparseCategoricalAccuracy,
            "mse": lambda: tf2ms_runtime.MeanLoss(tf2ms_runtime.MeanSquaredError()),
            "rmse": tf2ms_runtime.RootMeanSquaredError,
            "mae": lambda: tf2ms_runtime.MeanLoss(
                tf2ms_runtime.SparseCategoricalCrossentropy(from_logits=True)
                if head == "classes"
                else tf2ms_runtime.MeanAbsoluteError()
            ),
        }[name]()

    def weights(self, model):
        pairs = zip(model.get_weights(), model.net.get_parameters(), strict=True)
        return [(one if name.name.endswith("embedding_table") else one.T).tolist() for one, name in pairs]

    def rate(self, model):
        return float(model.optimizer.learning_rate.asnumpy())

    def set_rate(self, model, rate):
        ops.assign(model.optimizer.learning_rate, ms.Tensor(rate, ms.float32))

    def load(self, model, path):
        missing, _ = ms.load_param_into_net(model.net, ms.load_checkpoint(f"{path}.ckpt"))
        assert not missing, missing
        return self.weights(model)


print(json.dumps(run(Side(FOLDER), KERAS, NAMES), default=plainly))
