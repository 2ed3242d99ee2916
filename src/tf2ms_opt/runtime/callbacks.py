"""Keras' callbacks, for :class:`Trainer`, which is their ``model``."""

from __future__ import annotations

import csv
import pathlib
import sys

import mindspore
import numpy as np
from mindspore import Parameter, Tensor, ops


def _say(message):
    sys.stdout.write(f"{message}\n")


def _learning_rate(optimizer):
    """The learning rate of ``optimizer``, of its next step where it has a schedule."""
    rate = optimizer.learning_rate if isinstance(optimizer.learning_rate, Parameter) else optimizer.get_lr()
    if isinstance(rate, (list, tuple)):
        raise TypeError("an optimizer with a learning rate for every group of parameters has no one learning rate")
    return float(rate.asnumpy())


def _set_learning_rate(optimizer, rate):
    if not isinstance(optimizer.learning_rate, Parameter):
        raise TypeError("this optimizer's learning rate is a schedule, or one of each group: not settable")
    ops.assign(optimizer.learning_rate, Tensor(rate, mindspore.float32))


class Callback:
    """What ``Trainer`` calls while it trains and evaluates.  ``self.model`` is the trainer.

    ``logs`` holds running means over the epoch after a batch, and what the history records after an epoch.
    Source: ``keras/src/callbacks/callback.py`` of Keras 3.15.
    """

    def __init__(self):
        self.model = None
        self.params = None

    def set_params(self, params):
        self.params = params

    def set_model(self, model):
        self.model = model

    def on_train_begin(self, logs=None):
        """Before the first epoch."""

    def on_train_end(self, logs=None):
        """After the last epoch, with its ``logs``."""

    def on_epoch_begin(self, epoch, logs=None):
        """Before every epoch; the first is 0."""

    def on_epoch_end(self, epoch, logs=None):
        """After the validation of every epoch."""

    def on_batch_begin(self, batch, logs=None):
        """Another name of ``on_train_batch_begin``."""

    def on_batch_end(self, batch, logs=None):
        """Another name of ``on_train_batch_end``."""

    def on_train_batch_begin(self, batch, logs=None):
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch, logs=None):
        self.on_batch_end(batch, logs=logs)

    def on_test_begin(self, logs=None):
        """Before every evaluation and validation."""

    def on_test_end(self, logs=None):
        """After every evaluation and validation."""

    def on_test_batch_begin(self, batch, logs=None):
        """Before every batch of an evaluation."""

    def on_test_batch_end(self, batch, logs=None):
        """After every batch of an evaluation."""

    def on_predict_begin(self, logs=None):
        """Before every prediction."""

    def on_predict_end(self, logs=None):
        """After every prediction."""

    def on_predict_batch_begin(self, batch, logs=None):
        """Before every batch of a prediction."""

    def on_predict_batch_end(self, batch, logs=None):
        """After every batch of a prediction, with its ``outputs``."""


class History(Callback):
    """What ``fit`` returns: ``history``, a list for every name in the logs, and ``epoch``, the epochs' numbers.

    Source: ``keras/src/callbacks/history.py`` of Keras 3.15.
    """

    def __init__(self):
        super().__init__()
        self.history = {}
        self.epoch = []

    def on_train_begin(self, logs=None):  # noqa: ARG002 - Keras' signature
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class LambdaCallback(Callback):
    """A callback of the functions it is given, by the names of the methods of :class:`Callback`.

    Source: ``keras/src/callbacks/lambda_callback.py`` of Keras 3.15.
    """

    def __init__(
        self, on_epoch_begin=None, on_epoch_end=None, on_train_begin=None, on_train_end=None, on_train_batch_begin=None,
        on_train_batch_end=None, **hooks,
    ):  # fmt: skip
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **hooks,
        }
        self.__dict__.update((name, function) for name, function in given.items() if function is not None)


class TerminateOnNaN(Callback):
    """Stops the training after a batch where the loss is not finite.

    Source: ``keras/src/callbacks/terminate_on_nan.py`` of Keras 3.15, which alone knows ``raise_error``.
    """

    def __init__(self, raise_error=False):
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is None or np.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"the loss of batch {batch} is {loss}")
        _say(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True


class LearningRateScheduler(Callback):
    """Sets the learning rate before every epoch to ``schedule(epoch, rate)``, or ``schedule(epoch)``.

    Source: ``keras/src/callbacks/learning_rate_scheduler.py`` of Keras 3.15.
    """

    def __init__(self, schedule, verbose=0):
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002 - Keras' signature
        try:
            rate = self.schedule(epoch, _learning_rate(self.model.optimizer))
        except TypeError:
            rate = self.schedule(epoch)
        if isinstance(rate, Tensor) and rate.is_floating_point():
            rate = float(rate.asnumpy())
        if not isinstance(rate, (float, np.float32)):
            raise ValueError(f"a schedule has to return a float, and returned {rate!r}")  # noqa: TRY004 - Keras' own
        _set_learning_rate(self.model.optimizer, rate)
        if self.verbose > 0:
            _say(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 - Keras' signature
        if logs is not None:
            logs[self.model.rate_name] = _learning_rate(self.model.optimizer)


class CSVLogger(Callback):
    """A line in the file ``filename`` for every epoch.

    Source: ``keras/src/callbacks/csv_logger.py`` of Keras 3.15.
    """

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        self.filename = pathlib.Path(filename)
        self.separator = separator
        self.append = append
        self.append_header = True
        self.keys = None
        self.csv_file = None
        self.writer = None

    def on_train_begin(self, logs=None):  # noqa: ARG002 - Keras' signature
        if self.append and self.filename.exists():
            self.append_header = self.filename.stat().st_size == 0
        self.csv_file = self.filename.open("a" if self.append else "w", newline="")
        self.writer = self.keys = None

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        if self.writer is None:
            self.writer = csv.DictWriter(self.csv_file, ["epoch", *self.keys], delimiter=self.separator)
            if self.append_header:
                self.writer.writeheader()
        values = {key: logs.get(key, "NA") for key in self.keys}
        lists = {key: f'"[{", ".join(map(str, value))}]"' for key, value in values.items() if np.ndim(value)}
        self.writer.writerow({"epoch": epoch, **values, **lists})
        self.csv_file.flush()

    def on_train_end(self, logs=None):  # noqa: ARG002 - Keras' signature
        self.csv_file.close()
        self.writer = None
