"""Adafactor as each generation of Keras computes it, operation by operation, in plain MindSpore operators.

The classes take Keras' arguments: ``mindspore.nn.AdaFactor`` limits no rate and has another order of them.
"""

from __future__ import annotations

import mindspore
from mindspore import Parameter, ParameterTuple, Tensor, ops

from tf2ms_opt.runtime.dense import _DenseOptimizer


class _Adafactor(_DenseOptimizer):
    """What both generations share.

    For tensors of two dimensions and more, whose last two are factored, with averages from zeros::

        rest   = step ** beta_2_decay                                   (of step 1 and on)
        row    = (1 - rest) * row + rest * mean(gradient ** 2 + epsilon_1, last dimension)
        column = (1 - rest) * column + rest * mean(gradient ** 2 + epsilon_1, last but one)
        square = row / mean(row) * column                               (their outer product)
        u      = gradient / sqrt(square)
        u      = u / max(1, rms(u) / clip_threshold)
        w      = w - max(epsilon_2, rms(w)) * min(learning_rate, 1 / sqrt(step)) * u

    For all other tensors ``square`` is itself the moving average.  Keras' ``relative_step`` changes nothing: the rate
    is limited in any case, and schedules are as well.

    Source: ``keras/src/optimizers/adafactor.py`` of Keras 3.15.
    """

    def __init__(
        self, params, learning_rate=0.001, beta_2_decay=-0.8, epsilon_1=1e-30, epsilon_2=1e-3, clip_threshold=1.0,
        weight_decay=0.0, loss_scale=1.0,
    ):  # fmt: skip
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.epsilon = float(epsilon_1)
        self.least = Tensor(epsilon_2, mindspore.float32)
        self.clip_threshold = Tensor(clip_threshold, mindspore.float32)
        self.exponent = float(beta_2_decay)
        self.one = Tensor(1.0, mindspore.float32)
        shapes = [tuple(parameter.shape) for parameter in self._parameters]
        self.factored = tuple(len(shape) >= 2 for shape in shapes)  # noqa: PLR2004 - matrices
        self.row = self._state("row", [shape[:-1] for shape in shapes])
        self.column = self._state("column", [shape[:-2] + shape[-1:] for shape in shapes])
        pairs = zip(self.factored, shapes)  # noqa: B905
        self.square = self._state("square", [() if factored else shape for factored, shape in pairs])

    def _state(self, prefix, shapes):
        pairs = zip(self._parameters, shapes)  # noqa: B905
        return ParameterTuple(
            Parameter(ops.zeros(shape, one.dtype), name=f"{prefix}.{one.name}", requires_grad=False)
            for one, shape in pairs
        )

    def _update(self, index, gradient, rate, step):
        weight = self._parameters[index]
        number = ops.cast(step, gradient.dtype).reshape(()) + 1.0
        keep = self.one - ops.pow(number, self.exponent)
        rest = self.one - keep
        squared = ops.square(gradient) + self.epsilon
        if self.factored[index]:
            row = keep * self.row[index] + rest * squared.mean(-1)
            column = keep * self.column[index] + rest * squared.mean(-2)
            square = ops.expand_dims(row / row.mean(-1, True), -1) * ops.expand_dims(column, -2)
            ops.assign(self.row[index], row)
            ops.assign(self.column[index], column)
        else:
            square = keep * self.square[index] + rest * squared
            ops.assign(self.square[index], square)
        update = self._over_root(gradient, square)
        update = update / ops.maximum(self.one, self._rms(update) / self.clip_threshold)
        size = ops.maximum(self.least, self._rms(weight)) * ops.minimum(rate, self._over_root(self.one, number))
        ops.assign(weight, weight - size * update)

    def _rms(self, values):
        return ops.sqrt(ops.square(values).mean())


class AdafactorKeras3(_Adafactor):
    """Adafactor of Keras 3, which is ``tf.keras`` from TensorFlow 2.16 on: the formula of the base class."""

    def _over_root(self, values, square):
        return values / ops.sqrt(square)


class AdafactorTF211(_Adafactor):
    """Adafactor of ``tf.keras`` and Keras in TensorFlow 2.11 to 2.15.

    The formula of the base class, written with reciprocal roots, whose last bit may differ.
    Source: ``tf_keras/src/optimizers/adafactor.py`` of tf_keras 2.21.
    """

    def _over_root(self, values, square):
        return values * ops.rsqrt(square)
