"""Nadam as each generation of TensorFlow and Keras computes it, operation by operation, in plain MindSpore operators.

The classes name their arguments as ``mindspore.nn.Adam`` does.
"""

from __future__ import annotations

import mindspore
from mindspore import Parameter, Tensor, ops

from tf2ms_opt.runtime.dense import _DenseOptimizer, _float32


class _Nadam(_DenseOptimizer):
    """What all generations share: the state, and the schedule of the momentum.

    With ``t`` the number of the update, from 1, the momentum of an update is::

        mu(t)    = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * t))

    and ``mu_product`` the product of all up to this update.  ``moment1`` and ``moment2`` start at zeros.
    """

    def __init__(self, params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale, momentum_decay=1.0):
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.beta1 = float(beta1)
        self.beta2 = float(beta2)
        self.rest1 = _float32(1.0 - _float32(beta1))
        self.rest2 = _float32(1.0 - _float32(beta2))
        self.eps = float(eps)
        self.momentum_decay = float(momentum_decay)
        self.moment1 = self._parameters.clone(prefix="moment1", init="zeros")
        self.moment2 = self._parameters.clone(prefix="moment2", init="zeros")
        self.mu_product = Parameter(Tensor(1.0, mindspore.float32), name="mu_product", requires_grad=False)

    def _warmth(self, number):
        """The part of ``beta1`` that is the momentum of update ``number``."""
        return 1.0 - 0.5 * ops.pow(0.96, self.momentum_decay * number)

    def _product(self, product, warmth):
        """The product of the momenta, with that of one more update."""
        return product * (self.beta1 * warmth)

    def _update(self, index, gradient, rate, step):
        number = ops.cast(step + 1, gradient.dtype).reshape(())
        if index == 0:  # once an update
            ops.assign(self.mu_product, self._product(self.mu_product, self._warmth(number)))
        mu = self.beta1 * self._warmth(number)
        mu_next = self.beta1 * self._warmth(number + 1.0)
        product = ops.cast(self.mu_product, gradient.dtype)
        moment1 = self._mean(self.moment1[index], gradient, self.beta1, self.rest1)
        moment2 = self._mean(self.moment2[index], ops.square(gradient), self.beta2, self.rest2)
        root = ops.sqrt(moment2 / (1.0 - ops.pow(self.beta2, number))) + self.eps
        mean = self._lookahead(moment1, gradient, mu, mu_next, product)
        weight = self._parameters[index]
        ops.assign(weight, weight - mean * rate / root)

    def _mean(self, mean, value, _, rest):
        """The moving average ``mean`` of one tensor, one ``value`` further."""
        updated = mean + (value - mean) * rest
        ops.assign(mean, updated)
        return updated

    def _lookahead(self, moment, gradient, mu, mu_next, product):
        """The mean of the gradients as the next update would see it."""
        return mu_next * moment / (1.0 - product * mu_next) + (1.0 - mu) * gradient / (1.0 - product)


class NadamTF211(_Nadam):
    """Nadam of ``tf.keras`` and Keras in TensorFlow 2.11 to 2.15.

    With ``mu`` and ``mu_product`` as in the base class, where ``momentum_decay`` is 1::

        moment1 = moment1 + (gradient - moment1) * (1 - beta1)
        moment2 = moment2 + (gradient ** 2 - moment2) * (1 - beta2)
        mean    = mu(t + 1) * moment1 / (1 - mu_product * mu(t + 1)) + (1 - mu(t)) * gradient / (1 - mu_product)
        w       = w - mean * learning_rate / (sqrt(moment2 / (1 - beta2 ** t)) + eps)

    It is what the class computes outside of ``tf.function``; inside, as in ``fit``, a counter of it stands still from
    the second step on, and ``mu_product`` is not what the formula means.

    Source: ``tf_keras/src/optimizers/nadam.py`` of tf_keras 2.21, ``update_step``.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=0.0, loss_scale=1.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale)


class NadamKeras3(_Nadam):
    """Nadam of Keras 3, which is ``tf.keras`` from TensorFlow 2.16 on.

    The formula of :class:`NadamTF211`, with ``mu_product`` multiplied in another order, whose last bit may differ.
    Source: ``keras/src/optimizers/nadam.py`` of Keras 3.15, ``_backend_update_step`` and ``update_step``.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=0.0, loss_scale=1.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale)

    def _product(self, product, warmth):
        return product * self.beta1 * warmth


class NadamLegacy(_Nadam):
    """Nadam of ``tf.keras`` and Keras up to 2.10, and of ``optimizers.legacy``.

    With ``mu`` and ``mu_product`` as in the base class, where ``momentum_decay`` is Keras' ``schedule_decay``::

        moment1 = beta1 * moment1 + (1 - beta1) * gradient
        moment2 = beta2 * moment2 + (1 - beta2) * gradient ** 2
        mean    = (1 - mu(t)) * (gradient / (1 - mu_product)) + mu(t + 1) * (moment1 / (1 - mu_product * mu(t + 1)))
        w       = w - learning_rate * mean / (sqrt(moment2 / (1 - beta2 ** t)) + eps)

    Source: ``tf_keras/src/optimizers/legacy/nadam.py`` of tf_keras 2.21, ``_prepare_local`` and
    ``_resource_apply_dense``.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=0.0, loss_scale=1.0,
        momentum_decay=0.004,
    ):  # fmt: skip
        super().__init__(params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale, momentum_decay)

    def _mean(self, mean, value, beta, rest):
        updated = beta * mean + rest * value
        ops.assign(mean, updated)
        return updated

    def _lookahead(self, moment, gradient, mu, mu_next, product):
        return (1.0 - mu) * (gradient / (1.0 - product)) + mu_next * (moment / (1.0 - product * mu_next))
