"""Adam as each generation of TensorFlow and Keras computes it, operation by operation, in plain MindSpore operators.

The classes take the arguments of ``mindspore.nn.Adam`` and can be exchanged for it by their names alone.
"""

from __future__ import annotations

import mindspore
from mindspore import Parameter, Tensor, ops

from tf2ms_opt.runtime.dense import _DenseOptimizer, _float32


class _Adam(_DenseOptimizer):
    """What all generations share: the state, and the formula.

    With all state from zeros, and ``t`` the number of the update, from 1::

        alpha   = learning_rate * sqrt(1 - beta2 ** t) / (1 - beta1 ** t)
        moment1 = moment1 + (gradient - moment1) * (1 - beta1)
        moment2 = moment2 + (gradient ** 2 - moment2) * (1 - beta2)
        vhat    = max(vhat, moment2), which is then taken for moment2   (use_amsgrad)
        w       = w - moment1 * alpha / (sqrt(moment2) + eps)
    """

    def __init__(
        self, params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale, use_amsgrad=False
    ):  # fmt: skip
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.beta1 = float(beta1)
        self.beta2 = float(beta2)
        self.rest1 = 1.0 - self.beta1
        self.rest2 = 1.0 - self.beta2
        self.eps = float(eps)
        self.use_amsgrad = bool(use_amsgrad)
        self.moment1 = self._parameters.clone(prefix="moment1", init="zeros")
        self.moment2 = self._parameters.clone(prefix="moment2", init="zeros")
        if self.use_amsgrad:
            self.vhat = self._parameters.clone(prefix="vhat", init="zeros")

    def _powers(self, _, gradient, step):
        """``beta1 ** t`` and ``beta2 ** t``."""
        number = ops.cast(step + 1, gradient.dtype).reshape(())
        return ops.pow(self.beta1, number), ops.pow(self.beta2, number)

    def _epsilon(self, _):
        """What is added to the root; ``_`` is ``beta2 ** t``."""
        return self.eps

    def _update(self, index, gradient, rate, step):
        power1, power2 = self._powers(index, gradient, step)
        alpha = rate * ops.sqrt(1.0 - power2) / (1.0 - power1)
        moment1 = self.moment1[index] + (gradient - self.moment1[index]) * self.rest1
        ops.assign(self.moment1[index], moment1)
        moment2 = self.moment2[index] + (ops.square(gradient) - self.moment2[index]) * self.rest2
        ops.assign(self.moment2[index], moment2)
        if self.use_amsgrad:
            moment2 = ops.maximum(self.vhat[index], moment2)
            ops.assign(self.vhat[index], moment2)
        weight = self._parameters[index]
        ops.assign(weight, weight - moment1 * alpha / (ops.sqrt(moment2) + self._epsilon(power2)))


class AdamKeras(_Adam):
    """Adam of Keras 3, which is ``tf.keras`` from TensorFlow 2.16 on, and of ``tf.keras`` and Keras in 2.11 to 2.15.

    The formula of the base class.  With ``adaptive_epsilon``, which newer versions of tf_keras have, what is added to
    the root is ``eps * sqrt(1 - beta2 ** t)``.

    Source: ``keras/src/optimizers/adam.py`` of Keras 3.15 and ``tf_keras/src/optimizers/adam.py`` of tf_keras 2.21,
    ``update_step``.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=0.0, loss_scale=1.0,
        use_amsgrad=False, adaptive_epsilon=False,
    ):  # fmt: skip
        super().__init__(params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale, use_amsgrad)
        self.adaptive_epsilon = bool(adaptive_epsilon)

    def _epsilon(self, power):
        if self.adaptive_epsilon:
            return self.eps * ops.sqrt(1.0 - power)
        return self.eps


class AdamLegacy(_Adam):
    """Adam of ``tf.keras`` and Keras up to 2.10, and of ``optimizers.legacy``.

    TensorFlow's kernels ``ResourceApplyAdam`` and ``ResourceApplyAdamWithAmsgrad``: the formula of the base class, with
    ``1 - beta1`` and ``1 - beta2`` calculated in float32.

    Source: ``tf_keras/src/optimizers/legacy/adam.py`` of tf_keras 2.21, ``_resource_apply_dense``, and
    ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=0.0, loss_scale=1.0,
        use_amsgrad=False,
    ):  # fmt: skip
        super().__init__(params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale, use_amsgrad)
        self.rest1 = _float32(1.0 - _float32(beta1))
        self.rest2 = _float32(1.0 - _float32(beta2))


class AdamTF1(AdamLegacy):
    """``tf.train.AdamOptimizer`` of TensorFlow 1, today ``tf.compat.v1.train.AdamOptimizer``.

    TensorFlow's kernel as in :class:`AdamLegacy`, with running products for ``beta1 ** t`` and ``beta2 ** t``.
    Source: ``tensorflow/python/training/adam.py`` of TensorFlow 2.21.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, loss_scale=1.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale)
        self.beta1_power = Parameter(Tensor(1.0, mindspore.float32), name="beta1_power", requires_grad=False)
        self.beta2_power = Parameter(Tensor(1.0, mindspore.float32), name="beta2_power", requires_grad=False)

    def _powers(self, index, gradient, _):
        if index == 0:  # once an update
            ops.assign(self.beta1_power, self.beta1_power * self.beta1)
            ops.assign(self.beta2_power, self.beta2_power * self.beta2)
        return ops.cast(self.beta1_power, gradient.dtype), ops.cast(self.beta2_power, gradient.dtype)
