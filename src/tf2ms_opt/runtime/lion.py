"""Lion as Keras computes it, operation by operation, in plain MindSpore operators."""

from __future__ import annotations

from mindspore import ops

from tf2ms_opt.runtime.dense import _DenseOptimizer, _float32


class LionKeras(_DenseOptimizer):
    """Lion of Keras 3, which is ``tf.keras`` from TensorFlow 2.16 on, and of ``tf.keras`` and Keras in 2.11 to 2.15.

    With ``moment`` from zeros, in this order::

        w      = w - learning_rate * sign(moment * beta1 + gradient * (1 - beta1))
        moment = moment * beta2 + gradient * (1 - beta2)

    The default of ``learning_rate`` is that of Keras 3; TensorFlow 2.11 to 2.15 have 0.0001, to be given here.  Raises
    ``ValueError`` for a ``beta1`` that is not above 0, or above 1, as Keras does.

    Source: ``keras/src/optimizers/lion.py`` of Keras 3.15 and ``tf_keras/src/optimizers/lion.py`` of tf_keras 2.21,
    ``update_step``.
    """

    def __init__(self, params, learning_rate=0.001, beta1=0.9, beta2=0.99, weight_decay=0.0, loss_scale=1.0):
        if not 0 < beta1 <= 1:
            raise ValueError(f"beta1 has to be above 0 and at most 1, and is {beta1}")
        super().__init__(params, learning_rate, loss_scale, weight_decay)
        self.beta1 = float(beta1)
        self.beta2 = float(beta2)
        self.rest1 = _float32(1.0 - _float32(beta1))
        self.rest2 = _float32(1.0 - _float32(beta2))
        self.moment = self._parameters.clone(prefix="moment", init="zeros")

    def _update(self, index, gradient, rate, _):
        weight = self._parameters[index]
        moment = self.moment[index]
        mean = moment * self.beta1 + gradient * self.rest1
        sign = ops.where(ops.isnan(mean), mean, ops.sign(mean))  # MindSpore's sign of NaN is 0, TensorFlow's is NaN
        ops.assign(weight, weight - rate * sign)
        ops.assign(moment, moment * self.beta2 + gradient * self.rest2)
