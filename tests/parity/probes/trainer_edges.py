"""What ``Trainer`` has no counterpart in Keras for, or refuses; prints JSON.

    python trainer_edges.py RUNTIME PYNATIVE|GRAPH FOLDER [SCENARIO ...]

RUNTIME is the folder of ``tf2ms_runtime.py``.
"""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
import numpy as np
from mindspore import nn, ops
from mindspore.dataset import NumpySlicesDataset

RUNTIME, MODE, FOLDER, *NAMES = sys.argv[1:]
sys.path[:0] = [RUNTIME, str(Path(__file__).parent)]
import tf2ms_runtime
from trainer_scenarios import CLASSES, FIT, SAMPLE_WEIGHT, XV, YV, X, Y, weights_of

ms.set_context(mode=ms.GRAPH_MODE if MODE == "GRAPH" else ms.PYNATIVE_MODE)


def network(outputs=1):
    net = nn.SequentialCell(nn.Dense(5, 8), nn.Tanh(), nn.Dense(8, outputs))
    for one, value in zip(net.get_parameters(), weights_of([one.shape for one in net.get_parameters()]), strict=True):
        one.set_data(ms.Tensor(value))
    return net


def trainer(loss=None, rate=0.01, **given):
    net = network()
    return tf2ms_runtime.Trainer(
        net,
        loss or tf2ms_runtime.MeanSquaredError(),
        tf2ms_runtime.RMSpropKeras3(net.trainable_params(), rate),
        **given,
    )


def dataset(*columns):
    return NumpySlicesDataset(columns, shuffle=False).batch(16)


def fitted(model, *data, **given):
    return model.fit(*data, **{**FIT, **given}).history["loss"]


def raised(function, *arguments, **given):
    try:
        function(*arguments, **given)
    except Exception as error:  # noqa: BLE001 - which one is what is looked at
        return type(error).__name__, str(error)
    return "nothing", ""


def refused():
    """Which error every wrong call raises, on one model that none of them trains."""
    model = trainer()
    stock = trainer(nn.MSELoss())
    unknown = tf2ms_runtime.LearningRateScheduler(lambda _: 0.1)
    found = {
        "list": raised(model.fit, [X, X], Y),
        "tuple": raised(model.fit, (X, X), Y),
        "dict": raised(model.fit, {"a": X}, Y),
        "generator": raised(model.fit, (one for one in X), Y),
        "strings": raised(model.fit, ["a", "b"], [1, 2]),
        "words": raised(model.fit, X, np.array(["a"] * 70)),
        "labels": raised(model.fit, X, [Y, Y]),
        "no labels": raised(model.fit, X),
        "predict": raised(model.predict, [X, X]),
        "keyword": raised(model.fit, X, Y, steps_per_epoch=3),
        "lengths": raised(model.fit, X, Y[:60]),
        "empty": raised(model.fit, X[:0], Y[:0]),
        "split": raised(model.fit, X, Y, validation_split=0.999),
        "shuffle": raised(model.fit, X, Y, shuffle="batch"),
        "frequency": raised(model.fit, X, Y, validation_data=(XV, YV), validation_freq="often"),
        "stock weights": raised(stock.fit, X, Y, sample_weight=SAMPLE_WEIGHT),
        "stock classes": raised(stock.fit, X, Y, class_weight={0: 1.0}),
        "columns": raised(model.fit, dataset(X, Y), Y),
        "split dataset": raised(model.fit, dataset(X, Y), validation_split=0.5),
        "stock callback": raised(model.fit, X, Y, callbacks=[ms.train.LossMonitor()]),
        "factor": raised(tf2ms_runtime.ReduceLROnPlateau, factor=1.0),
        "frequency of files": raised(tf2ms_runtime.ModelCheckpoint, "x", save_freq="batch"),
    }
    rates = nn.ExponentialDecayLR(0.01, 0.5, 4)
    found["schedule"] = raised(trainer(rate=rates).fit, X, Y, callbacks=[unknown], verbose=0)
    stopper = tf2ms_runtime.EarlyStopping(monitor="val_precision")
    strange = {"metrics": {"precision": tf2ms_runtime.TruePositives()}}
    found["no direction"] = raised(trainer(**strange).fit, X, Y, validation_data=(XV, YV), callbacks=[stopper])
    older = trainer(**strange, keras=2)
    found["no direction in Keras 2"] = raised(older.fit, X, Y, validation_data=(XV, YV), callbacks=[stopper])
    return found


class Arrays:
    """As pandas objects are: what only says how it becomes an array."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return self.values


def data():
    """The same numbers in every form that is taken: the same losses."""
    plain = fitted(trainer(), X, Y)
    weighted = fitted(trainer(), X, Y, sample_weight=SAMPLE_WEIGHT)
    model = trainer()
    return {
        "plain": plain,
        "lists": fitted(trainer(), X.tolist(), Y.tolist()),
        "objects": fitted(trainer(), Arrays(X), Arrays(Y[:, 0])),
        "tensors": fitted(trainer(), ms.Tensor(X), ms.Tensor(Y)),
        "dataset": fitted(trainer(), dataset(X.astype(np.float64), Y[:, 0])),
        "stock": fitted(trainer(nn.MSELoss()), X, Y),
        "stock, one axis": fitted(trainer(nn.MSELoss()), X, Y[:, 0]),
        "weighted": weighted,
        "weighted dataset": fitted(trainer(), dataset(X, Y, SAMPLE_WEIGHT)),
        "evaluated": [model.evaluate(X, Y, verbose=0), model.evaluate(dataset(X, Y), verbose=0)],
        "predicted": bool(np.array_equal(model.predict(dataset(X)), model.predict(X, verbose=0))),
    }


def stock():
    """What is inherited: ``train`` and ``eval`` of MindSpore, with the same steps."""
    model = trainer(metrics={"mae": tf2ms_runtime.MeanLoss(tf2ms_runtime.MeanAbsoluteError())})
    other = trainer()
    own = fitted(other, X, Y)
    model.train(4, dataset(X, Y), dataset_sink_mode=False)
    weights = max(abs(a - b).max() for a, b in zip(model.get_weights(), other.get_weights(), strict=True))
    return {
        "is": isinstance(model, ms.train.Model),
        "weights": float(weights),
        "eval": [model.eval(dataset(X, Y))["mae"], model.evaluate(X, Y, verbose=0)[1]],
        "names": [one.name for one in model.net.get_parameters()],
        "falls": own[-1] < own[0],
    }


def orders():
    """Permutations: of all samples, another one every epoch and every time, and all again after the same seed."""
    rows = np.arange(50, dtype=np.float32)[:, None]

    def drawn():
        found = []
        for _ in range(2):
            epochs = tf2ms_runtime._Batches((rows, rows), 8, False, shuffle=True).epochs(3)  # noqa: SLF001
            found += [[float(one) for x, _ in epoch for one in x.asnumpy().ravel()] for epoch in epochs]
        return found

    ms.set_seed(5)
    first = drawn()
    ms.set_seed(5)
    second = drawn()
    return {
        "whole": all(sorted(one) == list(range(50)) for one in first),
        "different": len({tuple(one) for one in first}),
        "again": first == second,
        "shuffled fit": fitted(trainer(), X, Y, shuffle=True) != fitted(trainer(), X, Y),
    }


class Twice(nn.Cell):
    def __init__(self):
        super().__init__()
        self.body = network()

    def construct(self, x):
        y = self.body(x)
        return y, 2 * y


def outputs():
    """Several outputs are predicted as a list; a penalty that is a function; a part of the parameters."""
    net = Twice()
    model = tf2ms_runtime.Trainer(
        net, tf2ms_runtime.MeanSquaredError(), tf2ms_runtime.RMSpropKeras3(net.trainable_params())
    )
    one, two = model.predict(X, batch_size=16, verbose=0)
    net = network()
    kernel = net[0].weight

    def penalty():
        return 0.5 * ops.square(kernel).sum()

    last = tf2ms_runtime.RMSpropKeras3(net[2].trainable_params(), 0.01)
    partly = tf2ms_runtime.Trainer(net, tf2ms_runtime.MeanSquaredError(), last, penalties=penalty)
    before = partly.get_weights()
    expected = float(0.5 * np.square(before[0]).sum())
    apart = partly.evaluate(X, Y, verbose=0) - trainer().evaluate(X, Y, verbose=0)
    partly.fit(X, Y, **FIT)
    return {
        "shapes": [one.shape, two.shape, bool(np.array_equal(two, 2 * one))],
        "penalty": [apart, expected],
        "moved": [not np.array_equal(a, b) for a, b in zip(before, partly.get_weights(), strict=True)],
    }


def printed():
    """What is shown, and what is logged of a metric with several numbers."""
    text, silent = io.StringIO(), io.StringIO()
    net = network()
    model = tf2ms_runtime.Trainer(
        net, tf2ms_runtime.BinaryCrossentropy(from_logits=True), tf2ms_runtime.RMSpropKeras3(net.trainable_params()),
        metrics={"precision": tf2ms_runtime.Precision([0.3, 0.6])},
    )  # fmt: skip
    file = Path(FOLDER) / f"{MODE}.csv"
    labels = (CLASSES > 0).astype(np.int32)
    with contextlib.redirect_stdout(text):
        model.fit(X, labels, epochs=2, callbacks=[tf2ms_runtime.CSVLogger(file)])
        model.evaluate(X, labels)
        model.predict(X)
    with contextlib.redirect_stdout(silent):
        history = model.fit(X, labels, epochs=1, verbose=0).history
        model.evaluate(X, labels, verbose=0)
    return {
        "lines": text.getvalue().splitlines(),
        "silent": silent.getvalue(),
        "shape": np.shape(history["precision"]),
        "csv": file.read_text().splitlines(),
    }


def scheduled():
    """The rate of a schedule is logged; the rate of the next step."""
    model = trainer(rate=nn.ExponentialDecayLR(0.01, 0.5, 5))
    return model.fit(X, Y, callbacks=[tf2ms_runtime.ReduceLROnPlateau(monitor="loss")], **FIT).history["learning_rate"]


def told():
    """What callbacks say."""
    text = io.StringIO()
    stopper = tf2ms_runtime.EarlyStopping(monitor="loss", mode="max", patience=1, verbose=1, restore_best_weights=True)
    with contextlib.redirect_stdout(text):
        reducer = tf2ms_runtime.ReduceLROnPlateau(monitor="loss", mode="max", patience=1, factor=0.5, verbose=1)
        saver = tf2ms_runtime.ModelCheckpoint(
            f"{FOLDER}/{MODE}-{{epoch}}.keras", monitor="loss", save_best_only=True, verbose=1
        )
        given = [stopper, reducer, saver, tf2ms_runtime.LearningRateScheduler(lambda _, rate: rate, verbose=1)]
        trainer().fit(X, Y, callbacks=given, **FIT)
    return [line for line in text.getvalue().replace(FOLDER, "").splitlines() if line]


SCENARIOS = (refused, data, stock, orders, outputs, printed, scheduled, told)
print(json.dumps({one.__name__: one() for one in SCENARIOS if not NAMES or one.__name__ in NAMES}))
