"""Adamax as each generation of TensorFlow and Keras computes it, operation by operation, in plain MindSpore operators.

The classes take the arguments of ``mindspore.nn.AdaMax`` and can be exchanged for it by their names alone.
"""

from __future__ import annotations

from mindspore import ops

from tf2ms_opt.runtime.dense import _DenseOptimizer, _float32


class _Adamax(_DenseOptimizer):
    """What all generations share: the mean of the gradients, and their decaying maximum, both from zeros."""

    def __init__(self, params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale):
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.beta1 = float(beta1)
        self.beta2 = float(beta2)
        self.rest1 = 1.0 - self.beta1
        self.eps = float(eps)
        self.moment1 = self._parameters.clone(prefix="moment1", init="zeros")
        self.moment2 = self._parameters.clone(prefix="moment2", init="zeros")

    def _update(self, index, gradient, rate, step):
        number = ops.cast(step + 1, gradient.dtype).reshape(())
        rest = 1.0 - ops.pow(self.beta1, number)
        moment1 = self.moment1[index] + (gradient - self.moment1[index]) * self.rest1
        ops.assign(self.moment1[index], moment1)
        moment2 = ops.maximum(self.beta2 * self.moment2[index], ops.abs(gradient))
        ops.assign(self.moment2[index], moment2)
        weight = self._parameters[index]
        ops.assign(weight, weight - self._step(moment1, moment2 + self.eps, rate, rest))


class AdamaxKeras(_Adamax):
    """Adamax of Keras 3, which is ``tf.keras`` from TensorFlow 2.16 on, and of ``tf.keras`` and Keras in 2.11 to 2.15.

    With all state from zeros, and ``t`` the number of the update, from 1::

        moment1 = moment1 + (gradient - moment1) * (1 - beta1)
        moment2 = max(beta2 * moment2, abs(gradient))
        w       = w - learning_rate * moment1 / ((1 - beta1 ** t) * (moment2 + eps))

    Source: ``keras/src/optimizers/adamax.py`` of Keras 3.15 and ``tf_keras/src/optimizers/adamax.py`` of tf_keras 2.21,
    ``update_step``.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=0.0, loss_scale=1.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale)

    def _step(self, mean, divisor, rate, rest):
        return rate * mean / (rest * divisor)


class AdamaxLegacy(_Adamax):
    """Adamax of ``tf.keras`` and Keras up to 2.10, and of ``optimizers.legacy``.

    TensorFlow's kernel ``ResourceApplyAdaMax``: the formula of :class:`AdamaxKeras` with ``1 - beta1`` calculated in
    float32, and in another order::

        w       = w - learning_rate / (1 - beta1 ** t) * (moment1 / (moment2 + eps))

    Source: ``tf_keras/src/optimizers/legacy/adamax.py`` of tf_keras 2.21, ``_resource_apply_dense``, and
    ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=0.0, loss_scale=1.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale)
        self.rest1 = _float32(1.0 - _float32(beta1))

    def _step(self, mean, divisor, rate, rest):
        return rate / rest * (mean / divisor)
