"""Lamb as Keras and tensorflow_addons compute it, operation by operation, in plain MindSpore operators."""

from __future__ import annotations

from mindspore import ops

from tf2ms_opt.runtime.dense import _DenseOptimizer, _float32, _unless_named


class _Lamb(_DenseOptimizer):
    """What both share: the state, and the ratio of norms."""

    def __init__(self, params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale):
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.beta1 = float(beta1)
        self.beta2 = float(beta2)
        self.eps = float(eps)
        self.moment1 = self._parameters.clone(prefix="moment1", init="zeros")
        self.moment2 = self._parameters.clone(prefix="moment2", init="zeros")

    def _ratio(self, weight, update):
        """The norm of the weight as a multiple of that of the update."""
        norm = ops.sqrt(ops.square(weight).sum())
        other = ops.sqrt(ops.square(update).sum())
        return ops.where(ops.logical_and(norm > 0, other > 0), norm / other, ops.ones_like(norm))


class LambKeras(_Lamb):
    """Lamb of Keras 3, which is ``tf.keras`` from TensorFlow 2.16 on.

    With all state from zeros, and ``t`` the number of the update, from 1::

        moment1 = moment1 + (gradient - moment1) * (1 - beta1)
        moment2 = moment2 + (gradient ** 2 - moment2) * (1 - beta2)
        step    = moment1 / (1 - beta1 ** t) / (sqrt(moment2 / (1 - beta2 ** t)) + eps)
        ratio   = norm(w) / norm(step)                                  (1 where one of both is not above 0)
        w       = w - ratio * learning_rate * step

    Keras' weight decay stands outside of the ratio: it is that of ``KerasOptimizer``, and not the one of
    ``mindspore.nn.Lamb``.

    Source: ``keras/src/optimizers/lamb.py`` of Keras 3.15, ``update_step``.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=0.0, loss_scale=1.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale)
        self.rest1 = 1.0 - self.beta1
        self.rest2 = 1.0 - self.beta2

    def _update(self, index, gradient, rate, step):
        number = ops.cast(step + 1, gradient.dtype).reshape(())
        moment1 = self.moment1[index] + (gradient - self.moment1[index]) * self.rest1
        ops.assign(self.moment1[index], moment1)
        moment2 = self.moment2[index] + (ops.square(gradient) - self.moment2[index]) * self.rest2
        ops.assign(self.moment2[index], moment2)
        mean = moment1 / (1.0 - ops.pow(self.beta1, number))
        update = mean / (ops.sqrt(moment2 / (1.0 - ops.pow(self.beta2, number))) + self.eps)
        weight = self._parameters[index]
        ops.assign(weight, weight - self._ratio(weight, update) * rate * update)


class LambAddons(_Lamb):
    """LAMB of tensorflow_addons.

    With all state from zeros, and ``t`` the number of the update, from 1::

        moment1 = moment1 * beta1 + gradient * (1 - beta1)
        moment2 = moment2 * beta2 + gradient ** 2 * (1 - beta2)
        step    = moment1 / (1 - beta1 ** t) / (sqrt(moment2 / (1 - beta2 ** t)) + eps)
        step    = step + decay * w                                      (but where excluded)
        ratio   = norm(w) / norm(step)                  (1 where one of both is not above 0, and where excluded)
        w       = w - ratio * learning_rate * step

    A parameter is excluded where one of the regular expressions is found in its name, which is MindSpore's: a
    ``kernel`` is a ``weight`` there.  What is excluded from the decay is excluded from the ratio too, unless
    ``exclude_from_layer_adaptation`` is given.

    Source: ``tensorflow_addons/optimizers/lamb.py`` of tensorflow_addons 0.23, ``_resource_apply_dense``.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-6, decay=0.0, exclude_from_weight_decay=None,
        exclude_from_layer_adaptation=None, weight_decay=0.0, loss_scale=1.0,
    ):  # fmt: skip
        super().__init__(params, learning_rate, beta1, beta2, eps, weight_decay, loss_scale)
        self.rest1 = _float32(1.0 - _float32(beta1))
        self.rest2 = _float32(1.0 - _float32(beta2))
        self.decay = float(decay)
        self.decays = _unless_named(self._parameters, exclude_from_weight_decay)
        self.adapts = _unless_named(self._parameters, exclude_from_layer_adaptation or exclude_from_weight_decay)

    def _update(self, index, gradient, rate, step):
        number = ops.cast(step + 1, gradient.dtype).reshape(())
        moment1 = self.moment1[index] * self.beta1 + gradient * self.rest1
        ops.assign(self.moment1[index], moment1)
        moment2 = self.moment2[index] * self.beta2 + ops.square(gradient) * self.rest2
        ops.assign(self.moment2[index], moment2)
        mean = moment1 / (1.0 - ops.pow(self.beta1, number))
        update = mean / (ops.sqrt(moment2 / (1.0 - ops.pow(self.beta2, number))) + self.eps)
        weight = self._parameters[index]
        if self.decay and self.decays[index]:
            update = update + weight * self.decay
        if self.adapts[index]:
            rate = self._ratio(weight, update) * rate
        ops.assign(weight, weight - rate * update)
