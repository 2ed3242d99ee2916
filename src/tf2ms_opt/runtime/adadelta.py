"""Adadelta as each generation of TensorFlow and Keras computes it, in plain MindSpore operators.

The classes take the arguments of ``mindspore.nn.Adadelta`` and can be exchanged for it by their names alone.
"""

from __future__ import annotations

from mindspore import ops

from tf2ms_opt.runtime.dense import _DenseOptimizer, _float32


class _Adadelta(_DenseOptimizer):
    """What all generations share: the means, from zeros, of the squared gradients and of the squared steps."""

    def __init__(self, params, learning_rate, rho, epsilon, loss_scale, weight_decay):
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.rho = float(rho)
        self.rest = 1.0 - self.rho
        self.epsilon = float(epsilon)
        self.accum = self._parameters.clone(prefix="accum", init="zeros")
        self.accum_update = self._parameters.clone(prefix="accum_update", init="zeros")

    def _update(self, index, gradient, rate, _):
        accum = self._mean(self.accum[index], gradient)
        past = self.accum_update[index]
        step = self._step(past + self.epsilon, accum + self.epsilon, gradient)
        self._mean(past, step)
        weight = self._parameters[index]
        ops.assign(weight, weight - step * rate)

    def _mean(self, mean, value):
        """The moving average ``mean`` of the squares of one tensor, one ``value`` further."""
        updated = mean * self.rho + self._share(value)
        ops.assign(mean, updated)
        return updated

    def _share(self, value):
        return ops.square(value) * self.rest

    def _step(self, past, accum, gradient):
        return ops.sqrt(past) * gradient / ops.sqrt(accum)


class AdadeltaKeras3(_Adadelta):
    """Adadelta of Keras 3, which is ``tf.keras`` from TensorFlow 2.16 on.

    With ``accum`` and ``accum_update`` from zeros, in this order::

        accum        = rho * accum + (1 - rho) * gradient ** 2
        step         = sqrt(accum_update + epsilon) * gradient / sqrt(accum + epsilon)
        accum_update = rho * accum_update + (1 - rho) * step ** 2
        w            = w - learning_rate * step

    Source: ``keras/src/optimizers/adadelta.py`` of Keras 3.15, ``update_step``.
    """

    def __init__(
        self, params, learning_rate=0.001, rho=0.95, epsilon=1e-7, loss_scale=1.0, weight_decay=0.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, rho, epsilon, loss_scale, weight_decay)


class AdadeltaTF211(_Adadelta):
    """Adadelta of ``tf.keras`` and Keras in TensorFlow 2.11 to 2.15.

    The formula of :class:`AdadeltaKeras3`, whose products with ``1 - rho`` are in another order::

        (1 - rho) * gradient * gradient

    Source: ``tf_keras/src/optimizers/adadelta.py`` of tf_keras 2.21, ``update_step``.
    """

    def __init__(
        self, params, learning_rate=0.001, rho=0.95, epsilon=1e-7, loss_scale=1.0, weight_decay=0.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, rho, epsilon, loss_scale, weight_decay)

    def _share(self, value):
        return value * self.rest * value


class AdadeltaLegacy(_Adadelta):
    """Adadelta of ``tf.keras`` and Keras up to 2.10, of ``optimizers.legacy`` and of ``tf.train`` in TensorFlow 1.

    The formula of :class:`AdadeltaKeras3`, with ``1 - rho`` calculated in float32, and with a reciprocal root, whose
    last bit may differ::

        step         = sqrt(accum_update + epsilon) * rsqrt(accum + epsilon) * gradient

    The default of ``epsilon`` is Keras'; ``tf.train.AdadeltaOptimizer`` has 1e-8.

    Source: ``ApplyAdadelta`` in ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21.
    """

    def __init__(
        self, params, learning_rate=0.001, rho=0.95, epsilon=1e-7, loss_scale=1.0, weight_decay=0.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, rho, epsilon, loss_scale, weight_decay)
        self.rest = _float32(1.0 - _float32(rho))

    def _step(self, past, accum, gradient):
        return ops.sqrt(past) * ops.rsqrt(accum) * gradient
