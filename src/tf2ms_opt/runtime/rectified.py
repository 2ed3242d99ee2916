"""RectifiedAdam and AdaBelief as tensorflow_addons computes them, in plain MindSpore operators."""

from __future__ import annotations

from mindspore import ops

from tf2ms_opt.runtime.dense import _DenseOptimizer, _float32


class _Rectified(_DenseOptimizer):
    """What both share: the state, the rate with its warm-up, and the rectification.

    With ``t`` the number of the update, from 1::

        longest = 2 / (1 - beta2) - 1
        length  = longest - 2 * t * beta2 ** t / (1 - beta2 ** t)
        factor  = sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))

    With ``total_steps``, ``learning_rate`` rises from 0 in the first ``total_steps * warmup_proportion`` updates, falls
    to ``min_lr`` in the others, and stays there.
    """

    def __init__(
        self, params, learning_rate, beta1, beta2, eps, decay, use_amsgrad, sma_threshold, total_steps,
        warmup_proportion, min_lr, weight_decay, loss_scale,
    ):  # fmt: skip
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.beta1 = float(beta1)
        self.beta2 = float(beta2)
        self.rest1 = _float32(1.0 - _float32(beta1))
        self.rest2 = _float32(1.0 - _float32(beta2))
        self.longest = _float32(_float32(2.0 / self.rest2) - 1.0)
        self.eps = float(eps)
        self.decay = float(decay)
        self.use_amsgrad = bool(use_amsgrad)
        self.sma_threshold = float(sma_threshold)
        self.total_steps = int(total_steps)
        self.warmup_steps = _float32(_float32(total_steps) * _float32(warmup_proportion))
        self.decay_steps = max(_float32(_float32(total_steps) - self.warmup_steps), 1.0)
        self.min_lr = float(min_lr)
        self.moment1 = self._parameters.clone(prefix="moment1", init="zeros")
        self.moment2 = self._parameters.clone(prefix="moment2", init="zeros")
        if self.use_amsgrad:
            self.vhat = self._parameters.clone(prefix="vhat", init="zeros")

    def _rate(self, rate, number):
        """The rate of update ``number``."""
        if self.total_steps <= 0:
            return rate
        fall = (self.min_lr - rate) / self.decay_steps
        falling = rate + fall * ops.minimum(number - self.warmup_steps, ops.ones_like(number) * self.decay_steps)
        return ops.where(number <= self.warmup_steps, rate * (number / self.warmup_steps), falling)

    def _largest(self, index, moment2):
        """The largest ``moment2`` so far, with ``use_amsgrad``."""
        if self.use_amsgrad:
            moment2 = ops.maximum(self.vhat[index], moment2)
            ops.assign(self.vhat[index], moment2)
        return moment2

    def _step(self, index, update, rate):
        weight = self._parameters[index]
        if self.decay:
            update = update + weight * self.decay
        ops.assign(weight, weight - rate * update)


class RectifiedAdamAddons(_Rectified):
    """RectifiedAdam (RAdam) of tensorflow_addons.

    With all state from zeros, and ``rate``, ``length`` and ``factor`` of the base class::

        moment1 = beta1 * moment1 + (1 - beta1) * gradient
        moment2 = beta2 * moment2 + (1 - beta2) * gradient ** 2
        vhat    = max(vhat, moment2), which is then taken for moment2   (use_amsgrad)
        mean    = moment1 / (1 - beta1 ** t)
        step    = factor * mean / (sqrt(moment2 / (1 - beta2 ** t)) + eps)      (mean where length < sma_threshold)
        step    = step + decay * w
        w       = w - rate * step

    Source: ``tensorflow_addons/optimizers/rectified_adam.py`` of tensorflow_addons 0.23, ``_resource_apply_dense``.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-7, decay=0.0, use_amsgrad=False,
        sma_threshold=5.0, total_steps=0, warmup_proportion=0.1, min_lr=0.0, weight_decay=0.0, loss_scale=1.0,
    ):  # fmt: skip
        super().__init__(
            params, learning_rate, beta1, beta2, eps, decay, use_amsgrad, sma_threshold, total_steps,
            warmup_proportion, min_lr, weight_decay, loss_scale,
        )  # fmt: skip

    def _update(self, index, gradient, rate, step):
        number = ops.cast(step + 1, gradient.dtype).reshape(())
        power = ops.pow(self.beta2, number)
        correction1 = 1.0 / (1.0 - ops.pow(self.beta1, number))
        correction2 = 1.0 / (1.0 - power)
        longest = self.longest
        length = longest - 2.0 * number * power * correction2
        ratio = (length - 4.0) / (longest - 4.0) * (length - 2.0) / (longest - 2.0) * longest / length
        moment1 = self.moment1[index] * self.beta1 + gradient * self.rest1
        ops.assign(self.moment1[index], moment1)
        moment2 = self.moment2[index] * self.beta2 + ops.square(gradient) * self.rest2
        ops.assign(self.moment2[index], moment2)
        mean = moment1 * correction1
        root = ops.sqrt(self._largest(index, moment2) * correction2)
        rectified = ops.sqrt(ratio) * mean / (root + self.eps)
        self._step(index, ops.where(length >= self.sma_threshold, rectified, mean), self._rate(rate, number))


class AdaBeliefAddons(_Rectified):
    """AdaBelief of tensorflow_addons.

    With all state from zeros, and ``rate``, ``length`` and ``factor`` of the base class::

        moment1 = beta1 * moment1 + (1 - beta1) * gradient
        moment2 = beta2 * moment2 + (1 - beta2) * (gradient - moment1) ** 2 + eps
        vhat    = max(vhat, moment2), which is then taken for moment2   (use_amsgrad)
        mean    = moment1 / (1 - beta1 ** t)
        step    = mean / (sqrt(moment2 / (1 - beta2 ** t)) + eps)
        step    = factor * step                         (rectify; mean itself where length < sma_threshold)
        step    = step + decay * w
        w       = w - rate * step

    An ``eps`` of 0 is taken for 1e-07, as there.

    Source: ``tensorflow_addons/optimizers/adabelief.py`` of tensorflow_addons 0.23, ``_resource_apply_dense``.
    """

    def __init__(
        self, params, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-14, decay=0.0, use_amsgrad=False,
        rectify=True, sma_threshold=5.0, total_steps=0, warmup_proportion=0.1, min_lr=0.0, weight_decay=0.0,
        loss_scale=1.0,
    ):  # fmt: skip
        super().__init__(
            params, learning_rate, beta1, beta2, eps or 1e-7, decay, use_amsgrad, sma_threshold, total_steps,
            warmup_proportion, min_lr, weight_decay, loss_scale,
        )  # fmt: skip
        self.rectify = bool(rectify)
        self.divisor = _float32(_float32(self.longest - 4.0) * _float32(self.longest - 2.0))

    def _update(self, index, gradient, rate, step):
        number = ops.cast(step + 1, gradient.dtype).reshape(())
        power = ops.pow(self.beta2, number)
        moment1 = self.moment1[index] * self.beta1 + gradient * self.rest1
        ops.assign(self.moment1[index], moment1)
        moment2 = self.moment2[index] * self.beta2 + ops.square(gradient - moment1) * self.rest2 + self.eps
        ops.assign(self.moment2[index], moment2)
        mean = moment1 / (1.0 - ops.pow(self.beta1, number))
        root = ops.sqrt(self._largest(index, moment2) / (1.0 - power)) + self.eps
        if self.rectify:
            longest = self.longest
            length = longest - 2.0 * number * power / (1.0 - power)
            factor = ops.sqrt((length - 4.0) * (length - 2.0) * longest / (length * self.divisor))
            update = ops.where(length >= self.sma_threshold, factor * mean / root, mean)
        else:
            update = mean / root
        self._step(index, update, self._rate(rate, number))
