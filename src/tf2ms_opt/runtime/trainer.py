"""Keras' ``compile``, ``fit``, ``evaluate`` and ``predict`` around a network of MindSpore."""

from __future__ import annotations

import math
import time

import numpy as np
from mindspore import Tensor, ops
from mindspore.dataset import Dataset
from mindspore.train import Model

from tf2ms_opt.runtime.batches import (
    _Batches,
    _class_weights,
    _is_due,
    _looks_up,
    _network_inputs,
    _network_labels,
    _plain_array,
    _split_off,
)
from tf2ms_opt.runtime.callbacks import Callback, History, _say
from tf2ms_opt.runtime.train_step import _Objective, _TrainStep


class Trainer(Model):
    """A model of MindSpore that trains, evaluates and predicts with Keras' arguments, and averages as Keras does.

    For example::

        trainer = Trainer(net, loss_fn, optimizer, metrics={"accuracy": Accuracy()})
        history = trainer.fit(x, y, batch_size=32, epochs=10, validation_data=(xv, yv))

    The names of ``metrics`` are those of the history.  ``metrics`` ignore ``sample_weight`` and ``class_weight``, as
    in Keras, and ``weighted_metrics`` are ``update``d with them as a third argument.  Weights also need a loss whose
    third argument is named ``weights``: with MindSpore's own losses they raise ``ValueError``.
    ``penalties`` is called without arguments, and added to every loss: what the regularizers of layers are in Keras.
    ``keras=2`` is for ``tf.keras`` up to TensorFlow 2.15, where it differs: in the order of the history's keys, the
    name of the learning rate there (``lr``), ``mode="auto"`` of callbacks, and ``class_weight`` with ``sample_weight``.

    Data are NumPy arrays, pandas objects or lists of numbers, one each for ``x``, ``y`` and ``sample_weight``; all that
    are no indices of an embedding become float32, and integer labels int32.  ``x`` may be a dataset of MindSpore in
    batches of ``x`` and ``y``, and weights if there are any: ``batch_size`` and ``shuffle`` do not apply to it then.

    Source: ``keras/src/backend/tensorflow/trainer.py`` of Keras 3.15, ``tf_keras/src/engine/training.py`` of 2.21.
    """

    def __init__(self, net, loss_fn, optimizer, metrics=None, weighted_metrics=None, penalties=None, keras=3):
        self.net = net
        self.optimizer = optimizer
        self.metrics = {**(metrics or {}), **(weighted_metrics or {})}
        self.weighted = frozenset(weighted_metrics or ())
        self.keras2 = keras < 3  # noqa: PLR2004 - Keras 3
        self.rate_name = "lr" if self.keras2 else "learning_rate"
        self.indices = _looks_up(net)
        self.objective = _Objective(net, loss_fn, penalties)
        self.stop_training = False
        self.history = None
        step = _TrainStep(self.objective, optimizer)
        super().__init__(step, metrics=self.metrics or None, eval_network=self.objective, eval_indexes=[0, 1, 2])
        self.reset_metrics()

    def fit(
        self, x, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, validation_split=0.0,
        validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0, *,
        validation_batch_size=None, validation_freq=1,
    ):  # fmt: skip
        """Train for the epochs ``initial_epoch`` to ``epochs``; the :class:`History` of their losses and metrics."""
        if isinstance(shuffle, str):
            raise ValueError(f"shuffle has to be True or False: {shuffle!r}")  # noqa: TRY004 - Keras has a "batch"
        source, held_out = self._source(x, y, sample_weight), None
        if validation_data is not None:
            parts = validation_data if isinstance(validation_data, (tuple, list)) else (validation_data,)
            held_out = self._source(*parts)
        elif validation_split:
            if isinstance(source, Dataset):
                raise ValueError("validation_split needs arrays, and x is a dataset")
            source, held_out = _split_off(source, validation_split)
        batches = _Batches(self._with_classes(source, class_weight), batch_size, self.indices, shuffle)
        if held_out is not None:
            held_out = _Batches(held_out, validation_batch_size or batch_size, self.indices)
        callbacks = self._prepared(callbacks, verbose, epochs, len(batches))
        self.history = next((one for one in callbacks if isinstance(one, History)), None)
        if self.history is None:
            self.history = History()
            callbacks += self._prepared(self.history, verbose, epochs, len(batches))
        self.stop_training = False
        _call(callbacks, "on_train_begin", {})
        logs = {}
        rounds = batches.epochs(epochs - initial_epoch) if epochs > initial_epoch else ()
        for epoch, batches_of_epoch in enumerate(rounds, initial_epoch):
            started = time.monotonic()
            _call(callbacks, "on_epoch_begin", epoch, {})
            logs = self._train_epoch(batches_of_epoch, callbacks)
            if held_out is not None and _is_due(epoch, validation_freq):
                validated = self._evaluate(held_out, callbacks)
                logs = self._ordered({**logs, **{f"val_{name}": value for name, value in validated.items()}})
            _call(callbacks, "on_epoch_end", epoch, shown := dict(logs))
            self._show(verbose, f"Epoch {epoch + 1}/{epochs} - ", len(batches), started, shown)
            if self.stop_training:
                break
        self._train_network.set_train(False)  # a plain call of a Keras model infers
        if epochs > 0 and hasattr(self.optimizer, "finalize"):
            self.optimizer.finalize()
        _call(callbacks, "on_train_end", logs)
        return self.history

    def evaluate(
        self, x, y=None, batch_size=None, verbose="auto", sample_weight=None, *, callbacks=None, return_dict=False
    ):
        """The loss, or a list of the loss and the metrics, or all of them by their names."""
        started = time.monotonic()
        batches = _Batches(self._source(x, y, sample_weight), batch_size, self.indices)
        logs = self._evaluate(batches, self._prepared(callbacks, verbose, 1, len(batches)))
        self._show(verbose, "", len(batches), started, logs)
        return self._result(logs, return_dict)

    def predict(self, x, batch_size=None, verbose="auto", *, callbacks=None):
        """The network's outputs for ``x`` as an array, or as a list of arrays where it has several."""
        started = time.monotonic()
        source = x if isinstance(x, Dataset) else (_network_inputs(x, self.indices),)
        batches = _Batches(source, batch_size, self.indices)
        callbacks = self._prepared(callbacks, verbose, 1, len(batches))
        self.net.set_train(False)
        outputs = []
        _call(callbacks, "on_predict_begin", {})
        for number, (features, *_) in enumerate(batches):
            _call(callbacks, "on_predict_batch_begin", number, logs={})
            outputs.append(self._arrays(self.net(features)))
            _call(callbacks, "on_predict_batch_end", number, logs={"outputs": outputs[-1]})
        _call(callbacks, "on_predict_end", {})
        self._show(verbose, "", len(batches), started, {})
        if isinstance(outputs[0], list):
            return [np.concatenate(one) for one in zip(*outputs, strict=True)]
        return np.concatenate(outputs)

    def train_on_batch(
        self, x, y=None, sample_weight=None, class_weight=None, reset_metrics=True, *, return_dict=False
    ):
        """One update.  Loss and metrics are those of this batch, or go on over calls without ``reset_metrics``."""
        batch = tuple(map(Tensor, self._with_classes(self._source(x, y, sample_weight), class_weight)))
        if reset_metrics:
            self.reset_metrics()
        self._train_network.set_train(True)
        self._train_batch(batch)
        self._train_network.set_train(False)  # as behind fit
        return self._result(self._logs(), return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, reset_metrics=True, *, return_dict=False):
        batch = tuple(map(Tensor, self._source(x, y, sample_weight)))
        if reset_metrics:
            self.reset_metrics()
        self.objective.set_train(False)
        self._test_batch(batch)
        return self._result(self._logs(), return_dict)

    def predict_on_batch(self, x):
        self.net.set_train(False)
        return self._arrays(self.net(Tensor(_network_inputs(x, self.indices))))

    def reset_metrics(self):
        self._total = 0.0
        self._samples = 0
        for metric in self.metrics.values():
            metric.clear()

    def get_weights(self):
        """Copies of all parameters of the network, as arrays in MindSpore's order and shapes."""
        return [parameter.asnumpy().copy() for parameter in self.net.get_parameters()]

    def set_weights(self, weights):
        for parameter, value in zip(self.net.get_parameters(), weights, strict=True):
            ops.assign(parameter, Tensor(value))

    def _train_epoch(self, batches, callbacks):
        self.reset_metrics()
        self._train_network.set_train(True)
        watching = _watching(callbacks, "on_train_batch_end", "on_batch_end")
        for number, batch in enumerate(batches):
            _call(callbacks, "on_train_batch_begin", number, logs={})
            self._train_batch(batch)
            _call(watching, "on_train_batch_end", number, logs=self._logs() if watching else None)
            if self.stop_training:
                break
        return self._logs()

    def _evaluate(self, batches, callbacks):
        _call(callbacks, "on_test_begin", {})
        self.reset_metrics()
        self.objective.set_train(False)
        watching = _watching(callbacks, "on_test_batch_end")
        for number, batch in enumerate(batches):
            _call(callbacks, "on_test_batch_begin", number, logs={})
            self._test_batch(batch)
            _call(watching, "on_test_batch_end", number, logs=self._logs() if watching else None)
        logs = self._logs()
        _call(callbacks, "on_test_end", dict(logs))
        return logs

    def _train_batch(self, batch):
        loss, predictions = self._train_network(*batch)
        self._count(loss, predictions, *batch)

    def _test_batch(self, batch):
        loss, predictions, _ = self.objective(*batch)
        self._count(loss, predictions, *batch)

    def _count(self, loss, predictions, features, labels, *weights):
        """One batch more in the running means: the loss by the number of its samples."""
        self._total += float(loss.asnumpy()) * features.shape[0]
        self._samples += features.shape[0]
        for name, metric in self.metrics.items():
            metric.update(predictions, labels, *(weights if name in self.weighted else ()))

    def _logs(self):
        values = {"loss": self._total / self._samples if self._samples else 0.0}
        for name, metric in self.metrics.items():
            value = metric.eval()
            values[name] = value if np.ndim(value) else float(value)
        return self._ordered(values)

    def _ordered(self, logs):
        """Keras 3 sorts the names, and Keras 2 has them as they come."""
        return logs if self.keras2 else dict(sorted(logs.items()))

    def _result(self, logs, return_dict):
        if return_dict:
            return logs
        return [logs[name] for name in ("loss", *self.metrics)] if self.metrics else logs["loss"]

    def _source(self, x, y=None, sample_weight=None):
        """A dataset as it is, and arrays in the types that the network and the loss take."""
        if isinstance(x, Dataset):
            if y is not None or sample_weight is not None:
                raise ValueError("y and sample_weight are columns of a dataset, and no arguments besides it")
            return x
        if y is None:
            raise ValueError("y is missing")
        arrays = _network_inputs(x, self.indices), _network_labels(y)
        if sample_weight is None:
            return arrays
        return *arrays, self._checked(_plain_array(sample_weight, "sample_weight").astype(np.float32))

    def _with_classes(self, source, class_weight):
        """``source`` with the weight of its class at every sample."""
        if class_weight is None:
            return source
        if isinstance(source, Dataset):
            raise ValueError("class_weight needs arrays: make the weights a third column")  # noqa: TRY004
        features, labels, *given = source
        if given and not self.keras2:
            raise ValueError("class_weight and sample_weight exclude each other")
        weights = self._checked(_class_weights(labels, class_weight))
        for one in given:
            weights = weights.reshape(weights.shape + (1,) * (one.ndim - 1)) * one
        return features, labels, weights

    def _checked(self, weights):
        if not self.objective.takes_weights:
            raise ValueError(f"{type(self.objective.loss_fn).__name__} takes no weights of samples")
        return weights

    def _prepared(self, callbacks, verbose, epochs, steps):
        """The callbacks as a list, with what they are told before all else."""
        callbacks = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []
        for one in callbacks:
            if not isinstance(one, Callback):
                raise TypeError(f"a callback has to be a Callback of this module, and is {type(one).__name__}")
            one.set_model(self)
            one.set_params({"verbose": verbose, "epochs": epochs, "steps": steps})
        return callbacks

    def _arrays(self, outputs):
        return [one.asnumpy() for one in outputs] if isinstance(outputs, (tuple, list)) else outputs.asnumpy()

    def _show(self, verbose, before, steps, started, logs):
        if verbose:
            values = "".join(f" - {name}: {value:.4g}" for name, value in logs.items() if not np.ndim(value))
            _say(f"{before}{steps}/{steps} - {math.floor(time.monotonic() - started)}s{values}")


def _call(callbacks, hook, *arguments, **named):
    for one in callbacks:
        getattr(one, hook)(*arguments, **named)


def _watching(callbacks, *hooks):
    """The callbacks that have one of ``hooks`` of their own: others need no logs of batches."""
    return [
        one
        for one in callbacks
        if any(getattr(getattr(one, hook), "__func__", None) is not getattr(Callback, hook) for hook in hooks)
    ]
