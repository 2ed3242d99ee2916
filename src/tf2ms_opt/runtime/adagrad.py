"""Adagrad as each generation of TensorFlow and Keras computes it, in plain MindSpore operators.

The classes take the arguments of ``mindspore.nn.Adagrad``, and ``epsilon``: MindSpore's own is on the CPU 1e-8, inside
of the root.
"""

from __future__ import annotations

from mindspore import ops

from tf2ms_opt.runtime.dense import _DenseOptimizer


class _Adagrad(_DenseOptimizer):
    """What all generations share: the sum of the squared gradients, which starts at ``accum``."""

    def __init__(self, params, accum, learning_rate, epsilon, loss_scale, weight_decay):
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.epsilon = float(epsilon)
        self.accum = self._parameters.clone(prefix="accum", init=float(accum))

    def _update(self, index, gradient, rate, _):
        accum = self.accum[index] + ops.square(gradient)
        ops.assign(self.accum[index], accum)
        weight = self._parameters[index]
        ops.assign(weight, weight - self._step(gradient * rate, accum))


class KerasAdagrad(_Adagrad):
    """Adagrad of ``tf.keras`` and Keras from TensorFlow 2.11 on, Keras 3 among them.

    With ``accum`` from the argument of its name, Keras' ``initial_accumulator_value``::

        accum = accum + gradient ** 2
        w     = w - learning_rate * gradient / sqrt(accum + epsilon)

    Source: ``keras/src/optimizers/adagrad.py`` of Keras 3.15 and ``tf_keras/src/optimizers/adagrad.py`` of tf_keras
    2.21, ``update_step``.
    """

    def __init__(
        self, params, accum=0.1, learning_rate=0.001, epsilon=1e-7, loss_scale=1.0, weight_decay=0.0
    ):  # fmt: skip
        super().__init__(params, accum, learning_rate, epsilon, loss_scale, weight_decay)

    def _step(self, step, accum):
        return step / ops.sqrt(accum + self.epsilon)


class AdagradLegacy(_Adagrad):
    """Adagrad of ``tf.keras`` and Keras up to 2.10, and of ``optimizers.legacy``.

    :class:`KerasAdagrad` with epsilon outside of the root::

        w     = w - learning_rate * gradient / (sqrt(accum) + epsilon)

    Source: ``ApplyAdagradV2`` in ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21.
    """

    def __init__(
        self, params, accum=0.1, learning_rate=0.001, epsilon=1e-7, loss_scale=1.0, weight_decay=0.0
    ):  # fmt: skip
        super().__init__(params, accum, learning_rate, epsilon, loss_scale, weight_decay)

    def _step(self, step, accum):
        return step / (ops.sqrt(accum) + self.epsilon)


class AdagradTF1(_Adagrad):
    """``tf.train.AdagradOptimizer`` of TensorFlow 1, today ``tf.compat.v1.train.AdagradOptimizer``.

    :class:`KerasAdagrad` without an epsilon, and with a reciprocal root, whose last bit may differ::

        w     = w - learning_rate * gradient * rsqrt(accum)

    Source: ``ApplyAdagrad`` in ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21.
    """

    def __init__(self, params, accum=0.1, learning_rate=0.001, loss_scale=1.0, weight_decay=0.0):
        super().__init__(params, accum, learning_rate, 0.0, loss_scale, weight_decay)

    def _step(self, step, accum):
        return step * ops.rsqrt(accum)
