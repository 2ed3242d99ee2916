"""Ftrl as each generation of TensorFlow and Keras computes it, operation by operation, in plain MindSpore operators.

The classes take the arguments of ``mindspore.nn.FTRL`` and can be exchanged for it by their names alone; beyond it they
know ``l2_shrinkage`` and ``beta``, schedules and groups of parameters.
"""

from __future__ import annotations

import mindspore
from mindspore import Tensor, ops

from tf2ms_opt.runtime.dense import _DenseOptimizer


class _Ftrl(_DenseOptimizer):
    """What all generations share.

    With ``moments`` from ``initial_accum`` and ``linear`` from zeros, in this order::

        after   = moments + gradient ** 2
        pull    = (after ** -lr_power - moments ** -lr_power) / learning_rate
        linear  = linear + (gradient + 2 * l2_shrinkage * w - pull * w)
        moments = after
        w       = (clip(linear, -l1, l1) - linear) / (after ** -lr_power / learning_rate + 2 * strength)

    where ``strength`` is ``l2 + beta / (2 * learning_rate)``.

    Raises ``ValueError`` for an ``lr_power`` above 0 and for other numbers below it, as TensorFlow and Keras do.
    """

    def __init__(
        self, params, initial_accum=0.1, learning_rate=0.001, lr_power=-0.5, l1=0.0, l2=0.0, loss_scale=1.0,
        weight_decay=0.0, l2_shrinkage=0.0, beta=0.0,
    ):  # fmt: skip
        if lr_power > 0 or min(initial_accum, l1, l2, l2_shrinkage) < 0:
            raise ValueError("lr_power has to be 0 or below, and initial_accum, l1, l2 and l2_shrinkage 0 or above")
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.exponent = -float(lr_power)
        self.l1 = float(l1)
        self.l2 = Tensor(l2, mindspore.float32)
        self.shrinkage = 2.0 * l2_shrinkage
        self.beta = Tensor(beta, mindspore.float32)
        self.moments = self._parameters.clone(prefix="moments", init=float(initial_accum))
        self.linear = self._parameters.clone(prefix="linear", init="zeros")

    def _update(self, index, gradient, rate, step):  # noqa: ARG002 - the signature of every rule
        weight = self._parameters[index]
        after = self.moments[index] + self._square(gradient)
        power = self._power(after)
        pull = (power - self._power(self.moments[index])) / rate
        shrunk = gradient
        if self.shrinkage > 0:
            shrunk = gradient + self.shrinkage * weight
        linear = self.linear[index] + (shrunk - pull * weight)
        strength = self.l2 + self.beta / (2.0 * rate)
        ops.assign(self.moments[index], after)
        ops.assign(self.linear[index], linear)
        ops.assign(weight, self._quotient(linear, power / rate + 2.0 * strength))

    def _quotient(self, linear, divisor):
        return (ops.clip_by_value(linear, -self.l1, self.l1) - linear) / divisor


class FtrlKeras3(_Ftrl):
    """Ftrl of Keras 3, which is ``tf.keras`` from TensorFlow 2.16 on: the formula of the base class.

    Source: ``keras/src/optimizers/ftrl.py`` of Keras 3.15.
    """

    def _square(self, gradient):
        return ops.square(gradient)

    def _power(self, moments):
        return ops.pow(moments, self.exponent)


class FtrlTF211(_Ftrl):
    """Ftrl of ``tf.keras`` and Keras in TensorFlow 2.11 to 2.15.

    The formula of the base class, with a power of 2 for the square, whose last bit may differ.
    Source: ``tf_keras/src/optimizers/ftrl.py`` of tf_keras 2.21.
    """

    def _square(self, gradient):
        return ops.pow(gradient, ops.full_like(gradient, 2.0))  # of the number 2, MindSpore makes a square

    def _power(self, moments):
        return ops.pow(moments, self.exponent)


class FtrlLegacy(_Ftrl):
    """Ftrl of ``tf.keras`` and Keras up to 2.10, of ``optimizers.legacy``, and of TensorFlow 1.

    The kernels ``ResourceApplyFtrl`` and ``ResourceApplyFtrlV2``: the formula of the base class, but with a square root
    where ``lr_power`` is -0.5, and weights of 0 where ``linear`` is NaN, as after a learning rate of 0.

    Source: ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21; ``legacy/ftrl.py`` in
    ``tf_keras/src/optimizers`` of tf_keras 2.21, and ``tensorflow/python/training/ftrl.py``.
    """

    def _square(self, gradient):
        return ops.square(gradient)

    def _power(self, moments):
        if self.exponent == 0.5:  # noqa: PLR2004 - the kernels' own special case
            return ops.sqrt(moments)
        return ops.pow(moments, self.exponent)

    def _quotient(self, linear, divisor):
        quotient = (self.l1 * ops.sign(linear) - linear) / divisor
        return ops.where(ops.abs(linear) > self.l1, quotient, ops.zeros_like(linear))
