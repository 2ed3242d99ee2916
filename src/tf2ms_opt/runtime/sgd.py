"""Gradient descent with momentum as TensorFlow and Keras compute it, in plain MindSpore operators.

The classes take the arguments of ``mindspore.nn.SGD`` and ``mindspore.nn.Momentum`` and can be exchanged for them by
their names alone.
"""

from __future__ import annotations

from mindspore import ops

from tf2ms_opt.runtime.dense import _DenseOptimizer


class _Momentum(_DenseOptimizer):
    """What both share: a ``moment`` for each parameter, from zeros; none where ``momentum`` is 0."""

    def __init__(self, params, learning_rate, momentum, nesterov, loss_scale, weight_decay):
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.momentum = float(momentum)
        self.nesterov = bool(nesterov)
        if self.momentum:
            self.moment = self._parameters.clone(prefix="moment", init="zeros")


class KerasSGD(_Momentum):
    """SGD of ``tf.keras`` and Keras in all generations.

    The learning rate is part of ``moment``, so that a step keeps the rate that it was taken at, whatever the rate of
    later steps::

        moment = momentum * moment - learning_rate * gradient
        w      = w + moment                                             (momentum > 0)
        w      = w + momentum * moment - learning_rate * gradient       (nesterov, momentum > 0)
        w      = w - learning_rate * gradient                           (momentum 0)

    ``nn.SGD`` and ``nn.Momentum`` multiply with the rate of the current step alone.

    Raises ``ValueError`` for a momentum outside of 0 to 1, as Keras does.
    Source: ``keras/src/optimizers/sgd.py`` of Keras 3.15, ``update_step``; ``ResourceApplyKerasMomentum`` in
    ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21 has the same operations.
    """

    def __init__(
        self, params, learning_rate=0.01, momentum=0.0, weight_decay=0.0, nesterov=False, loss_scale=1.0
    ):  # fmt: skip
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum has to be between 0 and 1, and is {momentum}")
        super().__init__(params, learning_rate, momentum, nesterov, loss_scale, weight_decay)

    def _update(self, index, gradient, rate, _):
        weight = self._parameters[index]
        step = gradient * rate
        if self.momentum:
            moment = self.moment[index] * self.momentum - step
            ops.assign(self.moment[index], moment)
            if self.nesterov:
                moment = moment * self.momentum - step
            ops.assign(weight, weight + moment)
        else:
            ops.assign(weight, weight - step)


class MomentumTF1(_Momentum):
    """``tf.train.MomentumOptimizer`` of TensorFlow 1, today ``tf.compat.v1.train.MomentumOptimizer``.

    The learning rate is not part of ``moment``, and multiplies all steps of the past with the rate of this one::

        moment = momentum * moment + gradient
        w      = w - learning_rate * moment
        w      = w - (learning_rate * gradient + momentum * moment * learning_rate)     (use_nesterov)

    ``nn.Momentum`` leaves ``use_nesterov`` out on the CPU.
    Source: ``ApplyMomentum`` in ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21.
    """

    def __init__(
        self, params, learning_rate, momentum, weight_decay=0.0, loss_scale=1.0, use_nesterov=False
    ):  # fmt: skip
        super().__init__(params, learning_rate, momentum, use_nesterov, loss_scale, weight_decay)

    def _update(self, index, gradient, rate, _):
        weight = self._parameters[index]
        moment = gradient
        if self.momentum:
            moment = self.moment[index] * self.momentum + gradient
            ops.assign(self.moment[index], moment)
        if self.nesterov:
            step = gradient * rate + moment * self.momentum * rate
        else:
            step = moment * rate
        ops.assign(weight, weight - step)
