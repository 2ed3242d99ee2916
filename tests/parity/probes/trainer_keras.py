"""The scenarios of ``trainer_scenarios.py`` in Keras; prints JSON.

python trainer_keras.py 3|2 FOLDER [SCENARIO ...]
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

KERAS, FOLDER, *NAMES = sys.argv[1:]
KERAS = int(KERAS)
sys.path.insert(0, str(Path(__file__).parent))
from trainer_scenarios import plainly, run, weights_of

if KERAS == 3:
    import keras
else:
    import tf_keras as keras


class Side:
    callbacks = keras.callbacks

    def __init__(self, folder):
        self.folder = Path(folder)

    def build(self, head, metrics=(), weighted=(), rate=0.01, **special):
        l2, dropout = special.get("l2", 0.0), special.get("dropout", 0.0)
        dense, given = keras.layers.Dense, {}
        penalty = keras.regularizers.L2(l2) if l2 else None
        layers = [
            keras.layers.Input((special.get("inputs", 5),)),
            dense(8, activation="tanh", kernel_regularizer=penalty),
        ]
        if head == "embedding":
            layers = [keras.layers.Input((4,), dtype="int32"), keras.layers.Embedding(11, 3), keras.layers.Flatten()]
        if dropout:
            layers.append(keras.layers.Dropout(dropout))
        model = keras.Sequential([*layers, dense(3 if head == "classes" else 1)])
        model.set_weights(weights_of([one.shape for one in model.get_weights()]))
        if head == "classes":
            given["loss"] = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        elif head == "binary":
            given["loss"] = keras.losses.BinaryCrossentropy(from_logits=True)
        else:
            given["loss"] = keras.losses.MeanSquaredError()
        kinds = {
            "rmse": lambda: keras.metrics.RootMeanSquaredError(name="rmse"),
            "weighted": lambda: keras.metrics.SparseCategoricalAccuracy(name="weighted"),
        }
        if head == "classes":
            kinds["mae"] = lambda: keras.metrics.SparseCategoricalCrossentropy(name="mae", from_logits=True)
        given["metrics"] = [kinds[one]() if one in kinds else one for one in metrics] or None
        given["weighted_metrics"] = [kinds[one]() if one in kinds else one for one in weighted] or None
        averaged = (
            {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": None} if special.get("use_ema") else {}
        )
        optimizer = keras.optimizers.RMSprop(rate, **averaged) if head != "embedding" else keras.optimizers.SGD(rate)
        if special.get("scaled"):
            module = keras.optimizers if KERAS == 3 else keras.mixed_precision
            optimizer = module.LossScaleOptimizer(optimizer, initial_scale=2.0**30)
        model.compile(optimizer, **given)
        return model

    def weights(self, model):
        return [one.tolist() for one in model.get_weights()]

    def rate(self, model):
        return float(model.optimizer.learning_rate.numpy())

    def set_rate(self, model, rate):
        model.optimizer.learning_rate = rate

    def load(self, model, path):
        model.load_weights(f"{path}.weights.h5")
        return self.weights(model)


print(json.dumps(run(Side(FOLDER), KERAS, NAMES), default=plainly))
