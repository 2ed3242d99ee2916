"""RMSprop as each generation of TensorFlow and Keras computes it, operation by operation, in plain MindSpore operators.

The classes take the arguments of ``mindspore.nn.RMSProp`` and can be exchanged for it by their names alone.
"""

from __future__ import annotations

from mindspore import jit, nn, ops

from tf2ms_opt.runtime.dense import _float32


class _RMSprop(nn.Optimizer):
    """What all generations share: the state, of one tensor a parameter in the parameter's shape, and the loop.

    ``ms`` is the mean of the squared gradients, ``mg`` the mean of the gradients (``centered`` alone) and ``moment``
    the momentum (a ``momentum`` above 0 alone).  ``ms`` starts at ``start``, the other two at zeros.
    """

    def __init__(
        self, params, learning_rate, decay, momentum, epsilon, centered, loss_scale, weight_decay, start="zeros"
    ):
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        self.decay = float(decay)
        self.rest = 1.0 - self.decay
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self.centered = bool(centered)
        self.ms = self._parameters.clone(prefix="mean_square", init=start)
        if self.centered:
            self.mg = self._parameters.clone(prefix="mean_grad", init="zeros")
        if self.momentum > 0:
            self.moment = self._parameters.clone(prefix="moment", init="zeros")

    @jit
    def construct(self, gradients):
        gradients = self.decay_weight(gradients)
        gradients = self.gradients_centralization(gradients)
        gradients = self.scale_grad(gradients)
        rates = self.get_lr()
        self.assignadd(self.global_step, self.global_step_increase_tensor)
        for index in range(len(self._parameters)):
            rate = rates[index] if self.is_group_lr else rates
            gradient = gradients[index]
            step = self._step(index, gradient, ops.cast(rate, gradient.dtype))
            ops.assign(self._parameters[index], self._parameters[index] - step)
        return True

    def _mean(self, mean, value):
        """The moving average ``mean`` of one tensor, one ``value`` further."""
        updated = self.decay * mean + self.rest * value
        ops.assign(mean, updated)
        return updated

    def _variance(self, index, gradient):
        """What the root is taken of: the mean square, from which ``centered`` takes the squared mean."""
        variance = self._mean(self.ms[index], ops.square(gradient))
        if self.centered:
            variance = variance - ops.square(self._mean(self.mg[index], gradient))
        return variance

    def _with_momentum(self, index, step):
        """The step behind the momentum of all steps before it."""
        if self.momentum > 0:
            step = self.momentum * self.moment[index] + step
            ops.assign(self.moment[index], step)
        return step


class RMSpropKeras3(_RMSprop):
    """RMSprop of Keras 3, which is ``tf.keras`` from TensorFlow 2.16 on.

    With ``ms`` and ``mg`` from zeros, in this order::

        ms   = decay * ms + (1 - decay) * gradient ** 2
        mg   = decay * mg + (1 - decay) * gradient                      (centered)
        step = learning_rate * gradient / sqrt(ms - mg ** 2 + epsilon)
        step = moment = momentum * moment + step                        (momentum > 0)
        w    = w - step

    Source: ``keras/src/optimizers/rmsprop.py`` of Keras 3.15, ``update_step``.
    """

    def __init__(
        self, params, learning_rate=0.001, decay=0.9, momentum=0.0, epsilon=1e-7, centered=False, loss_scale=1.0,
        weight_decay=0.0,
    ):  # fmt: skip
        super().__init__(params, learning_rate, decay, momentum, epsilon, centered, loss_scale, weight_decay)

    def _step(self, index, gradient, rate):
        variance = self._variance(index, gradient)
        return self._with_momentum(index, rate * gradient / ops.sqrt(variance + self.epsilon))


class RMSpropTF211(_RMSprop):
    """RMSprop of ``tf.keras`` and Keras in TensorFlow 2.11 to 2.15.

    The formula of :class:`RMSpropKeras3`, written with a reciprocal root, whose last bit may differ::

        step = learning_rate * gradient * rsqrt(ms - mg ** 2 + epsilon)

    Source: ``tf_keras/src/optimizers/rmsprop.py`` of tf_keras 2.21, ``update_step``.
    """

    def __init__(
        self, params, learning_rate=0.001, decay=0.9, momentum=0.0, epsilon=1e-7, centered=False, loss_scale=1.0,
        weight_decay=0.0,
    ):  # fmt: skip
        super().__init__(params, learning_rate, decay, momentum, epsilon, centered, loss_scale, weight_decay)

    def _step(self, index, gradient, rate):
        variance = self._variance(index, gradient)
        return self._with_momentum(index, rate * gradient * ops.rsqrt(variance + self.epsilon))


class _FusedRMSprop(_RMSprop):
    """The kernels ``ResourceApplyRMSProp`` and ``ResourceApplyCenteredRMSProp`` of TensorFlow.

    Their averages are updated by a difference, and their constants calculated in float32::

        ms   = ms + (gradient ** 2 - ms) * (1 - decay)
        mg   = mg + (gradient - mg) * (1 - decay)                       (centered)
        step = moment = momentum * moment + learning_rate * gradient / sqrt(ms - mg ** 2 + epsilon)
        w    = w - step

    Source: ``tensorflow/core/kernels/training_ops.cc`` of TensorFlow 2.21.
    """

    def __init__(
        self, params, learning_rate, decay, momentum, epsilon, centered, loss_scale, weight_decay, start="zeros"
    ):
        super().__init__(params, learning_rate, decay, momentum, epsilon, centered, loss_scale, weight_decay, start)
        self.rest = _float32(1.0 - _float32(decay))

    def _mean(self, mean, value):
        updated = mean + (value - mean) * self.rest
        ops.assign(mean, updated)
        return updated

    def _step(self, index, gradient, rate):
        variance = self._variance(index, gradient)
        return self._with_momentum(index, rate * gradient / ops.sqrt(variance + self.epsilon))


class RMSpropLegacy(_FusedRMSprop):
    """RMSprop of ``tf.keras`` and Keras up to 2.10, and of ``optimizers.legacy``.

    With a ``momentum`` above 0 it is TensorFlow's kernel (see the base class) with ``ms`` from zeros.  Without, epsilon
    stands outside of the root::

        ms   = decay * ms + (1 - decay) * gradient ** 2
        mg   = decay * mg + (1 - decay) * gradient                      (centered)
        step = learning_rate * gradient / (sqrt(ms - mg ** 2) + epsilon)
        w    = w - step

    Raises ``ValueError`` for a momentum outside of 0 to 1, as Keras does.
    Source: ``tf_keras/src/optimizers/legacy/rmsprop.py`` of tf_keras 2.21, ``_resource_apply_dense``.
    """

    def __init__(
        self, params, learning_rate=0.001, decay=0.9, momentum=0.0, epsilon=1e-7, centered=False, loss_scale=1.0,
        weight_decay=0.0,
    ):  # fmt: skip
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum has to be between 0 and 1, and is {momentum}")
        super().__init__(params, learning_rate, decay, momentum, epsilon, centered, loss_scale, weight_decay)

    def _mean(self, mean, value):
        if self.momentum > 0:
            updated = mean + (value - mean) * self.rest
        else:
            updated = self.decay * mean + self.rest * value
        ops.assign(mean, updated)
        return updated

    def _step(self, index, gradient, rate):
        variance = self._variance(index, gradient)
        if self.momentum > 0:
            return self._with_momentum(index, rate * gradient / ops.sqrt(variance + self.epsilon))
        return rate * gradient / (ops.sqrt(variance) + self.epsilon)


class RMSpropTF1(_FusedRMSprop):
    """``tf.train.RMSPropOptimizer`` of TensorFlow 1, today ``tf.compat.v1.train.RMSPropOptimizer``.

    TensorFlow's kernel (see the base class) with ``ms`` from ones, whatever the momentum.
    Source: ``tensorflow/python/training/rmsprop.py`` of TensorFlow 2.21.
    """

    def __init__(
        self, params, learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, centered=False, loss_scale=1.0,
        weight_decay=0.0,
    ):  # fmt: skip
        super().__init__(params, learning_rate, decay, momentum, epsilon, centered, loss_scale, weight_decay, "ones")
