"""Keras' callbacks that look at a value of the logs, for :class:`Trainer`, which is their ``model``."""

from __future__ import annotations

import pathlib
import warnings

import mindspore
import numpy as np

from tf2ms_opt.runtime.callbacks import Callback, _learning_rate, _say, _set_learning_rate

# The classes of metrics whose value is better when it is greater, and when it is less, in Keras 3.
_GREATER_IS_BETTER = (
    "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy", "Top1CategoricalAccuracy", "Top5CategoricalAccuracy", "Precision", "Recall", "AUC",
    "F1", "Fbeta", "CosineSimilarityMetric", "CosineSimilarityMetricKeras2",
)  # fmt: skip
_LESS_IS_BETTER = ("MeanLoss", "EpochLoss", "RootMeanSquaredError", "Loss", "MAE", "MSE")


class _Monitor(Callback):
    """A callback that compares a value of the logs with the best one so far.

    ``mode="auto"`` goes by the metric in Keras 3, and raises ``ValueError`` for one without a direction; an attribute
    ``_direction`` of the metric, ``"up"`` or ``"down"``, says it for a class of yours.  In Keras 2 it goes by the name.
    Source: ``keras/src/callbacks/monitor_callback.py`` of Keras 3.15, and ``callbacks.py`` of tf_keras 2.21.
    """

    def __init__(self, monitor, mode, min_delta=0):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"{type(self).__name__} has no mode {mode!r}, and takes 'auto'", stacklevel=3)
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.min_delta = abs(min_delta)
        self.best = None
        self.greater = None

    def _is_improvement(self, value, reference):
        """Compared in float32, as Keras 3 does.  Where there is no reference, Keras 3 takes all, NaN as well."""
        if self.greater is None:
            self.greater = self.mode == "max" or (self.mode == "auto" and self._to_be_maximized())
        if reference is None and not self.model.keras2:
            return True
        if self.greater:
            return bool(np.float32(value - self.min_delta) > np.float32(-np.inf if reference is None else reference))
        return bool(np.float32(value + self.min_delta) < np.float32(np.inf if reference is None else reference))

    def _to_be_maximized(self):
        if self.model.keras2:
            return self._sounds_maximized()
        name = self.monitor.removeprefix("val_")
        metric = self.model.metrics.get(name)
        kind = type(metric).__name__
        direction = getattr(metric, "_direction", None)
        if direction == "up" or (direction is None and kind in _GREATER_IS_BETTER):
            return True
        if name == "loss" or direction is not None or kind in _LESS_IS_BETTER:
            return False
        raise ValueError(f"{type(self).__name__}(monitor={self.monitor!r}) needs a mode, 'min' or 'max'")

    def _sounds_maximized(self):
        return "acc" in self.monitor

    def _missing(self, logs):
        if self.mode == "auto" and not self.model.keras2:
            self._to_be_maximized()  # Keras 3 asks for the direction first, and raises an error where there is none
        warnings.warn(
            f"{type(self).__name__} finds no {self.monitor!r} among {', '.join(logs)}, and does nothing", stacklevel=3
        )


class EarlyStopping(_Monitor):
    """Stops the training after ``patience`` epochs without an improvement of ``monitor``.

    Source: ``keras/src/callbacks/early_stopping.py`` of Keras 3.15.
    """

    def __init__(
        self, monitor="val_loss", min_delta=0, patience=0, verbose=0, mode="auto", baseline=None,
        restore_best_weights=False, start_from_epoch=0,
    ):  # fmt: skip
        super().__init__(monitor, mode, min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.on_train_begin()

    def _sounds_maximized(self):
        return self.monitor.endswith(("acc", "accuracy", "auc"))

    def on_train_begin(self, logs=None):  # noqa: ARG002 - Keras' signature
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_weights = None
        self.best_epoch = 0

    def on_epoch_end(self, epoch, logs=None):
        current = (logs or {}).get(self.monitor)
        if current is None:
            self._missing(logs or {})
            return
        if epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._remember(epoch)
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best = current
            self._remember(epoch)
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _remember(self, epoch):
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs=None):  # noqa: ARG002 - Keras' signature
        if self.stopped_epoch > 0 and self.verbose > 0:
            _say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose > 0:
                _say(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class ReduceLROnPlateau(_Monitor):
    """Multiplies the learning rate by ``factor`` after ``patience`` epochs without an improvement of ``monitor``.

    Source: ``keras/src/callbacks/reduce_lr_on_plateau.py`` of Keras 3.15.
    """

    def __init__(
        self, monitor="val_loss", factor=0.1, patience=10, verbose=0, mode="auto", min_delta=1e-4, cooldown=0,
        min_lr=0.0,
    ):  # fmt: skip
        super().__init__(monitor, mode, min_delta)
        if factor >= 1.0:
            raise ValueError(f"factor has to be less than 1, and is {factor}")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.on_train_begin()

    def on_train_begin(self, logs=None):  # noqa: ARG002 - Keras' signature
        self.best = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        logs[self.model.rate_name] = _learning_rate(self.model.optimizer)
        current = logs.get(self.monitor)
        if current is None:
            self._missing(logs)
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif self.cooldown_counter <= 0:
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch):
        rate = _learning_rate(self.model.optimizer)
        if rate > np.float32(self.min_lr):
            rate = max(rate * self.factor, self.min_lr)
            _set_learning_rate(self.model.optimizer, rate)
            if self.verbose > 0:
                _say(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")
            self.cooldown_counter = self.cooldown
            self.wait = 0


class ModelCheckpoint(_Monitor):
    """Saves the network's parameters after every epoch, or every ``save_freq`` batches, or every improvement.

    The file is a checkpoint of MindSpore, for ``mindspore.load_checkpoint``: its name is ``filepath`` with a suffix of
    Keras (``.weights.h5``, ``.keras``, ``.h5``, ``.hdf5``) exchanged for ``.ckpt``, which is appended to other names.
    ``save_weights_only`` makes no difference: the optimizer's state is in no file.
    Where ``monitor`` is missing, Keras 3 saves and Keras 2 does not.
    Source: ``keras/src/callbacks/model_checkpoint.py`` of Keras 3.15.
    """

    def __init__(
        self, filepath, monitor="val_loss", verbose=0, save_best_only=False, save_weights_only=False, mode="auto",
        save_freq="epoch", initial_value_threshold=None,
    ):  # fmt: skip
        super().__init__(monitor, mode)
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"save_freq has to be 'epoch' or a number of batches, and is {save_freq!r}")
        self.filepath = str(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self.best = initial_value_threshold
        self.batches = 0
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002 - Keras' signature
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.save_freq != "epoch":
            self.batches += 1
            if self.batches >= self.save_freq:
                self.batches = 0
                self._save(self.epoch, {"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch, logs=None):
        if self.save_freq == "epoch":
            self._save(epoch, logs or {})

    def _save(self, epoch, logs):
        path = self.filepath.format(epoch=epoch + 1, **logs)
        for suffix in (".weights.h5", ".keras", ".h5", ".hdf5", ".ckpt"):
            path = path.removesuffix(suffix)
        path = pathlib.Path(f"{path}.ckpt")
        if self._to_be_saved(epoch, logs, path):
            path.parent.mkdir(parents=True, exist_ok=True)
            mindspore.save_checkpoint(self.model.net, str(path))

    def _to_be_saved(self, epoch, logs, path):
        prefix, message = f"\nEpoch {epoch + 1}: ", f"saving model to {path}"
        saved = True
        if self.save_best_only:
            current, best = logs.get(self.monitor), "None" if self.best is None else f"{self.best:.5f}"
            if current is None:
                self._missing(logs)
                return not self.model.keras2
            saved = self._is_improvement(current, self.best)
            if saved:
                self.best = current
                message = f"{self.monitor} improved from {best} to {current:.5f}, {message}"
            else:
                message = f"{self.monitor} did not improve from {best}"
        if self.verbose > 0:
            _say(prefix + message)
        return saved
