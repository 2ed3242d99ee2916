"""Yogi and NovoGrad as tensorflow_addons computes them, operation by operation, in plain MindSpore operators."""

from __future__ import annotations

from mindspore import Parameter, ParameterTuple, ops

from tf2ms_opt.runtime.dense import _DenseOptimizer, _float32


class YogiAddons(_DenseOptimizer):
    """Yogi of tensorflow_addons.

    With ``moment1`` from zeros, ``moment2`` from ``accum``, and ``t`` the number of the update, from 1::

        moment1 = moment1 * beta1 + gradient * (1 - beta1)              (the gradient itself where beta1 is 0)
        moment2 = moment2 + (1 - beta2) * sign(gradient ** 2 - moment2) * gradient ** 2
        rate    = learning_rate * sqrt(1 - beta2 ** t) / (1 - beta1 ** t) / (sqrt(moment2) + eps)
        w       = w - rate * moment1
        w       = sign(w) * max(abs(w) - l1 * rate, 0) / (1 + l2 * rate)        (l1 > 0 or l2 > 0)

    With the ``activation`` ``"tanh"``, ``tanh(10 * x)`` stands for ``sign(x)`` in the second line.
    Raises ``ValueError`` for any other.

    Source: ``tensorflow_addons/optimizers/yogi.py`` of tensorflow_addons 0.23, ``_resource_apply_dense``.
    """

    def __init__(
        self, params, learning_rate=0.01, beta1=0.9, beta2=0.999, eps=1e-3, l1=0.0, l2=0.0, accum=1e-6,
        activation="sign", weight_decay=0.0, loss_scale=1.0,
    ):  # fmt: skip
        if activation not in ("sign", "tanh"):
            raise ValueError(f"activation has to be sign or tanh, and is {activation}")
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.beta1 = float(beta1)
        self.beta2 = float(beta2)
        self.rest1 = _float32(1.0 - _float32(beta1))
        self.rest2 = _float32(1.0 - _float32(beta2))
        self.eps = float(eps)
        self.l1 = float(l1)
        self.l2 = float(l2)
        self.smooth = activation == "tanh"
        self.moment2 = self._parameters.clone(prefix="moment2", init=float(accum))
        if self.beta1 > 0:
            self.moment1 = self._parameters.clone(prefix="moment1", init="zeros")

    def _update(self, index, gradient, rate, step):
        number = ops.cast(step + 1, gradient.dtype).reshape(())
        rate = rate * ops.sqrt(1.0 - ops.pow(self.beta2, number)) / (1.0 - ops.pow(self.beta1, number))
        moment1 = gradient
        if self.beta1 > 0:
            moment1 = self.moment1[index] * self.beta1 + gradient * self.rest1
            ops.assign(self.moment1[index], moment1)
        squared = gradient * gradient
        apart = squared - self.moment2[index]
        sign = ops.tanh(apart * 10.0) if self.smooth else ops.sign(apart)
        moment2 = self.moment2[index] + sign * self.rest2 * squared
        ops.assign(self.moment2[index], moment2)
        rates = rate / (ops.sqrt(moment2) + self.eps)
        weight = self._parameters[index]
        updated = weight - rates * moment1
        if self.l1 > 0:
            threshold = rates * self.l1
            shrunk = (updated - threshold * ops.sign(updated)) / (rates * self.l2 + 1.0)
            updated = ops.cast(ops.abs(updated) > threshold, gradient.dtype) * shrunk
        elif self.l2 > 0:
            updated = updated / (rates * self.l2 + 1.0)
        ops.assign(weight, updated)


class NovoGradAddons(_DenseOptimizer):
    """NovoGrad of tensorflow_addons.

    One ``square`` for a whole tensor, with which its gradient is divided; ``moment`` from zeros::

        square = beta2 * square + (1 - beta2) * sum(gradient ** 2)      (sum(gradient ** 2) in the first update)
        vhat   = max(vhat, square), which is then taken for square      (use_amsgrad)
        step   = gradient / (sqrt(square) + eps) + decay * w
        step   = step * (1 - beta1)                                     (grad_averaging, but in the first update)
        moment = beta1 * moment - learning_rate * step
        w      = w + moment

    Raises ``ValueError`` for a ``decay`` below 0.

    Source: ``tensorflow_addons/optimizers/novograd.py`` of tensorflow_addons 0.23, ``_resource_apply_dense``.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-7, decay=0.0, grad_averaging=False,
        use_amsgrad=False, weight_decay=0.0, loss_scale=1.0,
    ):  # fmt: skip
        if decay < 0:
            raise ValueError(f"decay has to be at least 0, and is {decay}")
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.beta1 = float(beta1)
        self.beta2 = float(beta2)
        self.rest1 = _float32(1.0 - _float32(beta1))
        self.rest2 = _float32(1.0 - _float32(beta2))
        self.eps = float(eps)
        self.decay = float(decay)
        self.grad_averaging = bool(grad_averaging)
        self.use_amsgrad = bool(use_amsgrad)
        self.moment = self._parameters.clone(prefix="moment", init="zeros")
        self.square = ParameterTuple(
            Parameter(ops.zeros((), one.dtype), name=f"square.{one.name}", requires_grad=False)
            for one in self._parameters
        )
        if self.use_amsgrad:
            self.vhat = self._parameters.clone(prefix="vhat", init="zeros")

    def _update(self, index, gradient, rate, step):
        first = (step == 0).reshape(())
        sum_of_squares = ops.square(gradient).sum()
        square = ops.where(first, sum_of_squares, self.square[index] * self.beta2 + sum_of_squares * self.rest2)
        ops.assign(self.square[index], square)
        if self.use_amsgrad:
            square = ops.maximum(self.vhat[index], square)
            ops.assign(self.vhat[index], square)
        update = gradient / (ops.sqrt(square) + self.eps)
        weight = self._parameters[index]
        if self.decay:
            update = update + weight * self.decay
        if self.grad_averaging:
            update = ops.where(first, update, update * self.rest1)
        moment = self.moment[index] * self.beta1 - update * rate
        ops.assign(self.moment[index], moment)
        ops.assign(weight, weight + moment)
