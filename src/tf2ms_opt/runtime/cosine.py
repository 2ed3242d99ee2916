"""Learning-rate schedules with a cosine as TensorFlow and Keras compute them, operation by operation in float32.

The cosine itself is MindSpore's, which is rounded correctly; in TensorFlow it is that of the C library, whose last bit
differs once in about seventy times.
"""

from __future__ import annotations

import math

import mindspore
from mindspore import ops
from mindspore.nn.learning_rate_schedule import LearningRateSchedule

from tf2ms_opt.runtime.schedules import _number


class _Cosine(LearningRateSchedule):
    """Half a wave, ``(1 - alpha) * (1 + cos(pi * fraction)) / 2 + alpha``."""

    def __init__(self, alpha):
        super().__init__()
        self.alpha = _number(alpha)
        self.swing = _number(1.0 - alpha)
        self.pi = _number(math.pi)
        self.one = _number(1.0)
        self.half = _number(0.5)

    def _wave(self, fraction, height):
        return self.swing * (height * (self.one + ops.cos(self.pi * fraction))) + self.alpha


class CosineDecay(_Cosine):
    """The schedule ``CosineDecay`` of Keras without its warmup, and ``tf.train.cosine_decay`` of TensorFlow 1.

    ``max_lr * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)``, where ``alpha`` is ``min_lr / max_lr``,
    and ``min_lr`` from ``decay_steps`` on.  ``nn.CosineDecayLR`` has the sine of an angle a quarter turn further, and
    refuses a ``min_lr`` that is not below ``max_lr``, and fractions of ``decay_steps``.

    Source: ``learning_rate_schedule.py`` of Keras 3.15.
    """

    def __init__(self, min_lr, max_lr, decay_steps):
        super().__init__(min_lr / max_lr if max_lr else 0.0)
        self.max_lr = _number(max_lr)
        self.decay_steps = _number(decay_steps)

    def construct(self, global_step):
        step = ops.minimum(ops.cast(global_step, mindspore.float32), self.decay_steps)
        return self.max_lr * self._wave(step / self.decay_steps, self.half)


class WarmupCosineDecay(_Cosine):
    """The schedule ``CosineDecay`` of Keras with a ``warmup_target``, to which the learning rate rises at first.

    From ``initial_learning_rate`` in a straight line to ``warmup_target`` at step ``warmup_steps``; from there on a
    cosine, down to ``alpha * warmup_target`` ``decay_steps`` later, where it stays.

    Source: ``learning_rate_schedule.py`` of Keras 3.15.
    """

    def __init__(self, initial_learning_rate, decay_steps, alpha=0.0, *, warmup_target, warmup_steps=0):
        super().__init__(alpha)
        self.initial_learning_rate = _number(initial_learning_rate)
        self.decay_steps = _number(decay_steps)
        self.warmup_target = _number(warmup_target)
        self.warmup_steps = _number(warmup_steps)

    def construct(self, global_step):
        step = ops.minimum(ops.cast(global_step, mindspore.float32), self.decay_steps + self.warmup_steps)
        rise = (self.warmup_target - self.initial_learning_rate) * (step / ops.maximum(self.warmup_steps, self.one))
        fall = self.warmup_target * self._wave((step - self.warmup_steps) / self.decay_steps, self.half)
        return ops.where(step < self.warmup_steps, rise + self.initial_learning_rate, fall)


class CosineDecayRestarts(_Cosine):
    """The schedule ``CosineDecayRestarts`` of Keras, and ``tf.train.cosine_decay_restarts`` of TensorFlow 1.

    Cosines one behind the other, from ``initial_learning_rate`` down to ``alpha`` of it: the first in
    ``first_decay_steps``, every other in ``t_mul`` times the steps of the one before, and ``m_mul`` times as high.

    Source: ``learning_rate_schedule.py`` of Keras 3.15.
    """

    def __init__(self, initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0):
        super().__init__(alpha)
        self.swing = self.one - self.alpha  # here Keras subtracts float32
        self.initial_learning_rate = _number(initial_learning_rate)
        self.first_decay_steps = _number(first_decay_steps)
        self.is_even = float(t_mul) == 1.0
        self.t_mul = _number(t_mul)
        self.m_mul = _number(m_mul)

    def construct(self, global_step):
        fraction = ops.cast(global_step, mindspore.float32) / self.first_decay_steps
        if self.is_even:
            restarts = ops.floor(fraction)
            fraction = fraction - restarts
        else:
            rest = self.one - self.t_mul
            restarts = ops.floor(ops.log(self.one - fraction * rest) / ops.log(self.t_mul))
            length = ops.pow(self.t_mul, restarts)
            fraction = (fraction - (self.one - length) / rest) / length
        return self.initial_learning_rate * self._wave(fraction, self.half * ops.pow(self.m_mul, restarts))


class LinearCosineDecay(_Cosine):
    """``tf.train.linear_cosine_decay`` of TensorFlow 1, today ``tf.compat.v1.train.linear_cosine_decay``.

    ``initial_learning_rate * ((alpha + 1 - part) * (1 + cos(pi * 2 * num_periods * part)) / 2 + beta)``, where ``part``
    is ``step / decay_steps``, and 1 from ``decay_steps`` on.

    Source: ``learning_rate_schedule.py`` in ``tensorflow/python/keras/optimizer_v2`` of TensorFlow 2.21.
    """

    def __init__(self, initial_learning_rate, decay_steps, num_periods=0.5, alpha=0.0, beta=0.001):
        super().__init__(alpha)
        self.initial_learning_rate = _number(initial_learning_rate)
        self.decay_steps = _number(decay_steps)
        self.periods = _number(2.0 * num_periods)
        self.beta = _number(beta)

    def construct(self, global_step):
        step = ops.minimum(ops.cast(global_step, mindspore.float32), self.decay_steps)
        linear = (self.decay_steps - step) / self.decay_steps
        cosine = self.half * (self.one + ops.cos(self.pi * (self.periods * (step / self.decay_steps))))
        return self.initial_learning_rate * ((self.alpha + linear) * cosine + self.beta)
