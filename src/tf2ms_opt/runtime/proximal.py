"""The optimizers of TensorFlow 1 that drive weights to zero, in plain MindSpore operators.

Their penalties are no part of the loss: ``l1`` shrinks a weight towards zero by a constant, ``l2`` by a factor.
"""

from __future__ import annotations

from mindspore import ops

from tf2ms_opt.runtime.dense import _DenseOptimizer


class _Proximal(_DenseOptimizer):
    """What they share: the two penalties, of which TensorFlow ignores or refuses one below 0."""

    def __init__(self, params, learning_rate, l1, l2, loss_scale, weight_decay):
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.l1 = float(l1)
        self.l2 = float(l2)
        if self.l1 < 0 or self.l2 < 0:
            raise ValueError(f"l1 and l2 have to be at least 0, and are {l1} and {l2}")

    def _shrunk(self, value, threshold):
        """``value``, closer to zero by ``threshold``, and zero where that would change its sign."""
        return ops.sign(value) * ops.relu(ops.abs(value) - threshold)


class ProximalGradientDescent(_Proximal):
    """``tf.train.ProximalGradientDescentOptimizer`` of TensorFlow 1, which ``tf.compat.v1.train`` has today.

    In this order::

        w = w - learning_rate * gradient
        w = sign(w) * max(abs(w) - learning_rate * l1, 0)               (l1 > 0)
        w = w / (1 + l2 * learning_rate)

    Source: ``ApplyProximalGradientDescent`` in ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21.
    """

    def __init__(self, params, learning_rate, l1=0.0, l2=0.0, loss_scale=1.0, weight_decay=0.0):
        super().__init__(params, learning_rate, l1, l2, loss_scale, weight_decay)

    def _update(self, index, gradient, rate, _):
        weight = self._parameters[index]
        updated = weight - gradient * rate
        if self.l1 > 0:
            updated = self._shrunk(updated, rate * self.l1)
        ops.assign(weight, updated / (rate * self.l2 + 1.0))


class ProximalAdagradTF1(_Proximal):
    """``tf.train.ProximalAdagradOptimizer`` of TensorFlow 1, today ``tf.compat.v1.train.ProximalAdagradOptimizer``.

    Every weight has a rate of its own, with a reciprocal root, whose last bit may differ::

        accum = accum + gradient ** 2
        rate  = learning_rate * rsqrt(accum)
        w     = w - rate * gradient
        w     = sign(w) * max(abs(w) - rate * l1, 0)                    (l1 > 0)
        w     = w / (1 + l2 * rate)

    Takes the arguments of ``nn.ProximalAdagrad``, whose kernel differs more, the most where ``l1`` and ``l2`` are set.
    Source: ``ApplyProximalAdagrad`` in ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21.
    """

    def __init__(
        self, params, accum=0.1, learning_rate=0.001, l1=0.0, l2=0.0, loss_scale=1.0, weight_decay=0.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, l1, l2, loss_scale, weight_decay)
        self.accum = self._parameters.clone(prefix="accum", init=float(accum))

    def _update(self, index, gradient, rate, _):
        accum = self.accum[index] + ops.square(gradient)
        ops.assign(self.accum[index], accum)
        rates = ops.rsqrt(accum) * rate
        weight = self._parameters[index]
        updated = weight - gradient * rates
        if self.l1 > 0:
            updated = self._shrunk(updated, rates * self.l1)
        ops.assign(weight, updated / (rates * self.l2 + 1.0))


class AdagradDA(_Proximal):
    """``tf.train.AdagradDAOptimizer`` of TensorFlow 1, today ``tf.compat.v1.train.AdagradDAOptimizer``.

    Dual averaging: a weight depends on the sums of its gradients alone, not on its value before, which is lost with the
    first step.  With ``sum`` from zeros, ``squares`` from ``accum`` and ``step`` from 1::

        sum     = sum + gradient
        squares = squares + gradient ** 2
        shrunk  = sign(sum) * max(abs(sum) - step * l1, 0)
        w       = -learning_rate * shrunk / (l2 * step * learning_rate + sqrt(squares))

    ``step`` is the global step of TensorFlow, counted by the training operation itself.
    Source: ``ApplyAdagradDA`` in ``tensorflow/core/kernels/training_ops.cc`` and
    ``tensorflow/python/training/adagrad_da.py`` of TensorFlow 2.21.
    """

    def __init__(
        self, params, accum=0.1, learning_rate=0.001, l1=0.0, l2=0.0, loss_scale=1.0, weight_decay=0.0
    ):  # fmt: skip
        super().__init__(params, learning_rate, l1, l2, loss_scale, weight_decay)
        self.sum = self._parameters.clone(prefix="gradient_sum", init="zeros")
        self.squares = self._parameters.clone(prefix="square_sum", init=float(accum))

    def _update(self, index, gradient, rate, step):
        total = self.sum[index] + gradient
        ops.assign(self.sum[index], total)
        squares = self.squares[index] + ops.square(gradient)
        ops.assign(self.squares[index], squares)
        steps = ops.cast(step + 1, rate.dtype)
        divisor = steps * rate * self.l2 + ops.sqrt(squares)
        if self.l1 > 0:
            shrunk = -rate * ops.sign(total) * ops.relu(ops.abs(total) - steps * self.l1)
        else:
            shrunk = total * -rate
        ops.assign(self._parameters[index], shrunk / divisor)
