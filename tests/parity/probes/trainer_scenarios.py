"""What ``test_trainer`` does with Keras and with ``Trainer`` alike: the same calls, on models of the same weights.

A scenario takes a ``side`` (``trainer_keras.py`` or ``trainer_mindspore.py``) and gives what JSON can hold.
"""

import math
from pathlib import Path

import numpy as np

RANDOM = np.random.RandomState(7)
X = RANDOM.randn(70, 5).astype(np.float32)
Y = (np.sin(X[:, :1]) + 0.5 * X[:, 1:2] ** 2 + 0.1 * RANDOM.randn(70, 1)).astype(np.float32)
CLASSES = (X[:, 0] > 0.3).astype(np.int64) + (X[:, 1] > 0.8)
BINARY = (X[:, :1] + 0.3 * RANDOM.randn(70, 1) > 0).astype(np.int64)
IDS = RANDOM.randint(0, 11, (70, 4))
XV = RANDOM.randn(30, 5).astype(np.float32)
YV = (np.sin(XV[:, :1]) + 0.7 * RANDOM.randn(30, 1)).astype(np.float32)
CLASSES_V = RANDOM.randint(0, 3, 30)
SAMPLE_WEIGHT = RANDOM.rand(70).astype(np.float32) * 2
WEIGHT_V = RANDOM.rand(30).astype(np.float32)
FIT = {"batch_size": 16, "epochs": 4, "shuffle": False, "verbose": 0}


def weights_of(shapes):
    """The same initial weights on both sides, in Keras' shapes."""
    random = np.random.RandomState(3)
    return [random.randn(*shape).astype(np.float32) * (0.4 if len(shape) > 1 else 0.1) for shape in shapes]


def record(history):
    return {"history": history.history, "order": list(history.history), "epoch": history.epoch}


def plain(side):
    model = side.build("regression", metrics=("mae", "rmse"))
    before = model.predict(X, verbose=0)
    fitted = model.fit(X, Y, **FIT)
    return {
        **record(fitted),
        "params": fitted.params,
        "before": before,
        "evaluate": model.evaluate(X, Y, batch_size=16, verbose=0),
        "named": model.evaluate(XV, YV, verbose=0, return_dict=True),
        "predict": model.predict(XV, batch_size=8, verbose=0),
        "weights": side.weights(model),
    }


def no_metrics(side):
    """Labels without the last axis, and numbers that are no float32."""
    model = side.build("regression")
    fitted = model.fit(X.astype(np.float64), Y[:, 0].astype(np.float64), **FIT)
    return {**record(fitted), "evaluate": model.evaluate(X, Y[:, 0], verbose=0)}


def whole_numbers(side):
    """Integers as features and labels, and one number a sample."""
    model = side.build("regression", inputs=1)
    numbers = np.arange(70, dtype=np.uint8) % 5
    fitted = model.fit(numbers, numbers % 2 == 1, **FIT)
    return {**record(fitted), "predict": model.predict(numbers, verbose=0)}


def classes(side):
    model = side.build("classes", metrics=("accuracy",))
    fitted = model.fit(X, CLASSES, validation_data=(XV, CLASSES_V), **FIT)
    return {**record(fitted), "evaluate": model.evaluate(XV, CLASSES_V, verbose=0)}


def binary(side):
    model = side.build("binary", metrics=("accuracy",))
    return record(model.fit(X, BINARY, validation_split=0.3, validation_freq=2, **FIT))


def embedding(side):
    """With SGD: Keras 3's RMSprop squares the gradients of an index that a batch has twice one by one."""
    model = side.build("embedding", metrics=("mae",))
    return {**record(model.fit(IDS, Y, **FIT)), "weights": side.weights(model)}


def validation(side):
    """Three columns, a batch size of its own, and chosen epochs; the split is ignored."""
    model = side.build("regression", metrics=("mae",), weighted=("mse",))
    return record(
        model.fit(
            X, Y, validation_data=(XV, YV, WEIGHT_V), validation_batch_size=7, validation_freq=[1, 3],
            validation_split=0.5, **FIT,
        )
    )  # fmt: skip


def splits(side):
    """How many samples train: 70 of different parts, seen in the loss."""
    found = []
    for part in (0.1, 0.15, 0.3, 0.8, 0.9):
        model = side.build("regression")
        found.append(record(model.fit(X, Y, validation_split=part, **{**FIT, "epochs": 1})))
    return found


def class_weight(side):
    model = side.build("classes", metrics=("accuracy",), weighted=("weighted",))
    weights = {0: 1.0, 1: 2.5, 2: 0.3}
    fitted = model.fit(X, CLASSES, class_weight=weights, validation_data=(XV, CLASSES_V), **FIT)
    return {**record(fitted), "weights": side.weights(model)}


def binary_class_weight(side):
    model = side.build("binary", metrics=("accuracy",))
    return record(model.fit(X, BINARY, class_weight={0: 1.0, 1: 4.0}, **FIT))


def both_weights(side):
    """An error in Keras 3, and a product in Keras 2."""
    model = side.build("classes")
    weights = {0: 1.0, 1: 2.5, 2: 0.3}
    try:
        return model.train_on_batch(X, CLASSES, class_weight=weights, sample_weight=SAMPLE_WEIGHT)
    except ValueError:
        return "ValueError"


def missing_class_weight(side):
    model = side.build("classes")
    return record(model.fit(X, CLASSES, class_weight={1: 2.5}, **FIT))


def sample_weight(side):
    model = side.build("regression", metrics=("mae",), weighted=("mse",))
    fitted = model.fit(X, Y, sample_weight=SAMPLE_WEIGHT, validation_split=0.25, **FIT)
    evaluated = model.evaluate(X, Y, batch_size=16, sample_weight=SAMPLE_WEIGHT, verbose=0)
    return {**record(fitted), "evaluate": evaluated, "weights": side.weights(model)}


def epochs(side):
    """Default batch size, ``initial_epoch``, and a second ``fit`` that goes on."""
    model = side.build("regression", metrics=("mae",))
    first = record(model.fit(X, Y, epochs=5, initial_epoch=3, shuffle=False, verbose=0))
    second = record(model.fit(X, Y, epochs=2, shuffle=False, verbose=0))
    none = record(model.fit(X, Y, epochs=1, initial_epoch=1, shuffle=False, verbose=0))
    return [first, second, none, side.weights(model)]


def penalty(side):
    model = side.build("regression", metrics=("mae",), l2=0.02)
    fitted = model.fit(X, Y, validation_data=(XV, YV), sample_weight=SAMPLE_WEIGHT, **FIT)
    return {
        **record(fitted),
        "evaluate": model.evaluate(XV, YV, verbose=0),
        "batch": model.train_on_batch(X, Y),
        "weights": side.weights(model),
    }


def averages(side):
    model = side.build("regression", use_ema=True)
    fitted = model.fit(X, Y, validation_data=(XV, YV), **FIT)
    return {**record(fitted), "evaluate": model.evaluate(XV, YV, verbose=0), "weights": side.weights(model)}


def loss_scale(side):
    model = side.build("regression", scaled=True)
    return {**record(model.fit(X, Y, **FIT)), "weights": side.weights(model)}


def dropout(side):
    """A rate of 0: the weights stay, and only what is dropped differs between training and evaluation."""
    model = side.build("regression", metrics=("mae",), dropout=0.5, rate=0.0)
    fitted = model.fit(X, Y, validation_data=(X, Y), **FIT)
    evaluated = model.evaluate(X, Y, verbose=0)
    trained = fitted.history["loss"]
    return {
        "val_loss": fitted.history["val_loss"],
        "evaluate": evaluated,
        "predict": model.predict(X, verbose=0),
        "one": model.predict_on_batch(X[:3]),
        "tested": model.test_on_batch(X, Y),
        "dropped": min(abs(one - evaluated[0]) for one in trained) > 1e-3 * evaluated[0],
        "anew": len(set(trained)) == len(trained),
    }


def single_batches(side):
    model = side.build("classes", metrics=("accuracy",))
    results = [model.train_on_batch(X[:9], CLASSES[:9])]
    results += [model.train_on_batch(X[9:20], CLASSES[9:20], sample_weight=SAMPLE_WEIGHT[9:20])]
    results += [model.train_on_batch(X[20:40], CLASSES[20:40], class_weight={0: 1.0, 1: 3.0, 2: 1.0})]
    results += [model.test_on_batch(XV, CLASSES_V), model.test_on_batch(XV, CLASSES_V, sample_weight=WEIGHT_V)]
    named = model.train_on_batch(X, CLASSES, return_dict=True)
    alone = side.build("regression")
    return {
        "results": results,
        "named": named,
        "predicted": model.predict_on_batch(XV),
        "alone": [alone.train_on_batch(X, Y), alone.test_on_batch(X, Y)],
    }


def running_batches(side):
    """What Keras 2 alone has."""
    model = side.build("classes", metrics=("accuracy",))
    model.fit(X, CLASSES, **FIT)
    return [model.train_on_batch(X[i : i + 9], CLASSES[i : i + 9], reset_metrics=i == 18) for i in range(0, 50, 9)]


NAN, INF = math.nan, math.inf
SEQUENCES = {
    "S1": [5, 4, 3, 3.5, 3.6, 2, 1, 0.5],
    "S2": [5] * 6,
    "S3": [1, 0, 0.5, 0.6, 0.7, 0.8, 0.9],
    "NAN": [NAN, 3, 2, 2, 2, 2, 2],
    "INF": [INF, 3, NAN, NAN, 2, 2, 2],
    "CLOSE": [1, 0.95, 0.92, 0.9, 0.5, 0.46, 0.45, 0.449, 0.4489],
}
STOPPERS = [
    {},
    {"patience": 1},
    {"patience": 2},
    {"patience": 2, "baseline": 2.5},
    {"patience": 3, "baseline": 10.0},
    {"patience": 1, "min_delta": 0.07},
    {"patience": 1, "min_delta": -0.07},
    {"patience": 1, "start_from_epoch": 3},
    {"patience": 2, "mode": "max"},
    {"patience": 1, "mode": "max", "baseline": 3.2, "min_delta": 0.04},
    {"patience": 1, "monitor": "val_accuracy"},
    {"patience": 1, "monitor": "accuracy", "restore_best_weights": True},
    {"patience": 2, "monitor": "mae", "restore_best_weights": True},
]


def stopping(side):
    """The epoch at which every stopper stops on every sequence, and the epoch whose weights it restores."""
    model = side.build("classes", metrics=("accuracy", "mae"), rate=0.0)
    model.fit(X, CLASSES, **{**FIT, "epochs": 1})
    first = model.get_weights()
    found = {}
    for given in STOPPERS:
        for name, values in SEQUENCES.items():
            stopper = side.callbacks.EarlyStopping(**given)
            stopper.set_model(model)
            model.stop_training = False
            stopper.on_train_begin()
            for epoch, value in enumerate(values):
                model.set_weights([one + epoch for one in first])
                stopper.on_epoch_end(epoch, {stopper.monitor: float(value)})
                if model.stop_training:
                    break
            stopper.on_train_end()
            restored = float(np.round(np.mean(model.get_weights()[0] - first[0]), 3))
            best = None if stopper.best is None or not math.isfinite(stopper.best) else stopper.best
            found[f"{given} {name}"] = [epoch, stopper.stopped_epoch, best, restored]
    return found


def stopped_fit(side):
    """A validation loss that soon goes up."""
    model = side.build("regression", metrics=("mae",), rate=0.02)
    stopper = side.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    fitted = model.fit(X, Y, validation_data=(XV, YV), callbacks=[stopper], **{**FIT, "epochs": 30})
    return {
        **record(fitted),
        "stopped": stopper.stopped_epoch,
        "best": stopper.best_epoch,
        "evaluate": model.evaluate(XV, YV, verbose=0),
        "weights": side.weights(model),
        "flag": model.stop_training,
    }


REDUCERS = [
    {"patience": 1},
    {"patience": 2, "factor": 0.5, "cooldown": 2},
    {"patience": 1, "factor": 0.3, "min_lr": 0.002},
    {"patience": 1, "min_delta": 0.07, "cooldown": 1},
    {"patience": 1, "mode": "max", "factor": 0.5},
    {"patience": 1, "monitor": "val_accuracy", "factor": 0.5},
    {"patience": 0, "factor": 0.9},
]


def reducing(side):
    """The rate after every epoch, and what is logged."""
    model = side.build("classes", metrics=("accuracy",), rate=0.01)
    model.fit(X, CLASSES, **{**FIT, "epochs": 1})
    found = {}
    for given in REDUCERS:
        for name, values in SEQUENCES.items():
            side.set_rate(model, 0.01)
            reducer = side.callbacks.ReduceLROnPlateau(**given)
            reducer.set_model(model)
            reducer.on_train_begin()
            rates = []
            for epoch, value in enumerate(values):
                logs = {reducer.monitor: float(value)}
                reducer.on_epoch_end(epoch, logs)
                rates.append([side.rate(model), {key: float(logs[key]) for key in logs if key != reducer.monitor}])
            found[f"{given} {name}"] = rates
    return found


def reduced_fit(side):
    model = side.build("regression", rate=0.02)
    reducer = side.callbacks.ReduceLROnPlateau(factor=0.5, patience=1, cooldown=1, min_lr=0.002)
    fitted = model.fit(X, Y, validation_data=(XV, YV), callbacks=[reducer], **{**FIT, "epochs": 12})
    return {**record(fitted), "rate": side.rate(model)}


def scheduled(side):
    seen = []

    def two(epoch, rate):
        seen.append([epoch, rate])
        return rate * 0.5

    def one(epoch):
        return 0.01 if epoch < 2 else 0.003

    found = []
    for schedule in (two, one):
        model = side.build("regression")
        callback = side.callbacks.LearningRateScheduler(schedule)
        found.append(record(model.fit(X, Y, callbacks=[callback], initial_epoch=1, **FIT)))
    try:
        model.fit(X, Y, callbacks=[side.callbacks.LearningRateScheduler(lambda _: "much")], **FIT)
    except ValueError:
        found.append("ValueError")
    return [found, seen]


def csv_files(side):
    """The rows; two files, one that is written on and one that is written anew."""
    for name, append in (("on.csv", True), ("anew.csv", False)):
        for run in range(2):
            model = side.build("regression", metrics=("mae",))
            logger = side.callbacks.CSVLogger(str(side.folder / name), separator=";", append=append)
            given = {**FIT, "validation_data": (XV, YV), "validation_freq": 2, "epochs": 2 + run}
            model.fit(X, Y, callbacks=[logger], **given)
    texts = [(side.folder / name).read_bytes().decode() for name in ("on.csv", "anew.csv")]
    return [[[number(one) for one in line.split(";")] for line in text.split("\r\n")] for text in texts]


def number(text):
    try:
        return float(text)
    except ValueError:
        return text


def checkpoints(side):
    """Which files there are after every epoch, and whose weights the best one holds."""
    model = side.build("regression", rate=0.02)
    after, files = [], []

    def look(_, logs):  # noqa: ARG001 - Keras' arguments
        after.append(side.weights(model))
        files.append(sorted(one.name.split(".")[0] for one in (side.folder / "saved").iterdir()))

    saved = side.folder / "saved"
    fit = {**FIT, "validation_data": (XV, YV), "epochs": 7}
    callbacks = [
        side.callbacks.ModelCheckpoint(str(saved / "best.weights.h5"), save_best_only=True, save_weights_only=True),
        side.callbacks.ModelCheckpoint(str(saved / "all_{epoch:02d}.weights.h5"), save_weights_only=True),
        side.callbacks.ModelCheckpoint(
            str(saved / "low_{epoch}.weights.h5"), save_best_only=True, save_weights_only=True, mode="min",
            initial_value_threshold=0.92,
        ),
        side.callbacks.ModelCheckpoint(
            str(saved / "step_{epoch}_{batch}.weights.h5"), save_weights_only=True, save_freq=4
        ),
        side.callbacks.LambdaCallback(on_epoch_end=look),
    ]  # fmt: skip
    fitted = model.fit(X, Y, callbacks=callbacks, **fit)
    best = side.load(model, saved / "best")
    return {
        **record(fitted),
        "files": files,
        "best": [bool(np.allclose(one[0], best[0], rtol=0, atol=1e-9)) for one in after],
        "last": best,
    }


def calls(side):
    """All hooks in the order of their calls, with the numbers they are called with."""
    seen = []

    def hook(name):
        def log(*numbers, logs=None):
            given = [one for one in numbers if not isinstance(one, dict)]
            logs = next((one for one in numbers if isinstance(one, dict)), logs)
            values = {
                key: value if isinstance(value, float) else np.shape(value) for key, value in (logs or {}).items()
            }
            seen.append([name, given, values, list(values)])

        return log

    names = [
        f"on_{what}_{when}"
        for what in ("train", "epoch", "train_batch", "test", "test_batch", "predict", "predict_batch")
        for when in ("begin", "end")
    ]
    model = side.build("regression", metrics=("mae",))
    callback = side.callbacks.LambdaCallback(**{name: hook(name) for name in names})
    given = {**FIT, "epochs": 2, "batch_size": 32, "validation_batch_size": 9}
    model.fit(X, Y, validation_data=(XV, YV), callbacks=[callback], **given)
    model.evaluate(XV, YV, batch_size=16, callbacks=[callback], verbose=0)
    model.predict(XV, batch_size=16, callbacks=[callback], verbose=0)
    return seen


def not_finite(side):
    labels = Y.copy()
    labels[40] = NAN
    model = side.build("regression")
    batches = []
    callbacks = [
        side.callbacks.TerminateOnNaN(),
        side.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: batches.append(batch)),  # noqa: ARG005 - Keras' arguments
    ]
    fitted = model.fit(X, labels, callbacks=callbacks, validation_data=(XV, YV), **FIT)
    return [batches, fitted.epoch, model.stop_training, [math.isnan(one) for one in fitted.history["loss"]]]


def own_callback(side):
    """A class of the user's, with the names of Keras."""
    seen = []

    class Own(side.callbacks.Callback):
        def on_train_begin(self, logs=None):  # noqa: ARG002 - Keras' arguments
            seen.append(sorted(self.params))

        def on_epoch_end(self, epoch, logs=None):
            seen.append([epoch, sorted(logs)])
            if epoch == 1:
                self.model.stop_training = True

    history = side.callbacks.History()
    model = side.build("regression")
    fitted = model.fit(X, Y, callbacks=[Own(), history], **FIT)
    again = model.fit(X, Y, callbacks=[history], **FIT)
    return [seen, fitted is history, again is history, record(history)]


KERAS2_ALONE = (running_batches,)
KERAS3_ALONE = (missing_class_weight,)
SCENARIOS = {
    one.__name__: one
    for one in (
        plain, no_metrics, whole_numbers, classes, binary, embedding, validation, splits, class_weight,
        binary_class_weight, both_weights, sample_weight, epochs, penalty, averages, loss_scale, dropout,
        single_batches, stopping, stopped_fit, reducing, reduced_fit, scheduled, csv_files, checkpoints, calls,
        not_finite, own_callback,
    )
}  # fmt: skip


def scenarios(keras):
    extra = KERAS2_ALONE if keras == 2 else KERAS3_ALONE
    return {**SCENARIOS, **{one.__name__: one for one in extra}}


def run(side, keras, names=()):
    """Every scenario, in a folder of its own."""
    found, top = {}, side.folder
    for name, scenario in scenarios(keras).items():
        if not names or name in names:
            side.folder = Path(top) / name
            side.folder.mkdir(parents=True, exist_ok=True)
            found[name] = scenario(side)
    return found


def plainly(value):
    """For ``json.dumps``."""
    return value.tolist() if hasattr(value, "tolist") else float(value)
