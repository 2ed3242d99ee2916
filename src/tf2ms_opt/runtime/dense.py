"""What the optimizers of this package share: the loop over the parameters, in plain MindSpore operators."""

from __future__ import annotations

import re
import struct

from mindspore import jit, nn, ops


def _float32(number: float) -> float:
    """``number`` rounded to float32, in which TensorFlow's older kernels calculate their constants."""
    return float(struct.unpack("f", struct.pack("f", number))[0])


def _unless_named(parameters, names):
    """For each of ``parameters`` whether none of ``names``, which are regular expressions, is found in its name."""
    return tuple(not any(re.search(name, one.name) for name in names or ()) for one in parameters)


class _DenseOptimizer(nn.Optimizer):
    """An optimizer whose rule, ``_update``, is for one tensor at a time.

    ``_update(index, gradient, rate, step)`` assigns parameter ``index`` and its state their new values: ``rate`` is the
    learning rate of this update in the gradient's type, and ``step`` the number of updates before it, an int32 tensor
    of shape (1,) that counts from 0.
    """

    def __init__(self, params, learning_rate, loss_scale, weight_decay):
        super().__init__(learning_rate, params, weight_decay, loss_scale)

    @jit
    def construct(self, gradients):
        gradients = self.decay_weight(gradients)
        gradients = self.gradients_centralization(gradients)
        gradients = self.scale_grad(gradients)
        rates = self.get_lr()
        step = self.global_step + 0
        self.assignadd(self.global_step, self.global_step_increase_tensor)
        for index in range(len(self._parameters)):
            rate = rates[index] if self.is_group_lr else rates
            gradient = gradients[index]
            self._update(index, gradient, ops.cast(rate, gradient.dtype), step)
        return True
