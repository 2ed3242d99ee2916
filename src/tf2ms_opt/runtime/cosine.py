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
    """The schedule ``CosineDecay`` of Keras, and ``tf.train.cosine_decay`` of TensorFlow 1.

    ``initial_learning_rate * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)``, and ``alpha`` of it from
    ``decay_steps`` on.  With a ``warmup_target``, the rate rises to that in a straight line, which it reaches at step
    ``warmup_steps``, and the cosine goes down from there, to ``alpha`` of the target ``decay_steps`` later.

    ``nn.CosineDecayLR`` has the sine of an angle a quarter turn further, and a ``min_lr`` for ``alpha``; it refuses one
    that is not below ``max_lr``, and fractions of ``decay_steps``.
    Source: ``learning_rate_schedule.py`` of Keras 3.15.
    """

    def __init__(self, initial_learning_rate, decay_steps, alpha=0.0, warmup_target=None, warmup_steps=0):
        super().__init__(alpha)
        self.initial_learning_rate = _number(initial_learning_rate)
        self.decay_steps = _number(decay_steps)
        self.warms_up = warmup_target is not None
        self.warmup_target = _number(warmup_target if self.warms_up else initial_learning_rate)
        self.warmup_steps = _number(warmup_steps if self.warms_up else 0)

    def construct(self, global_step):
        step = ops.minimum(ops.cast(global_step, mindspore.float32), self.decay_steps + self.warmup_steps)
        fall = self.warmup_target * self._wave((step - self.warmup_steps) / self.decay_steps, self.half)
        if not self.warms_up:
            return fall
        rise = (self.warmup_target - self.initial_learning_rate) * (step / ops.maximum(self.warmup_steps, self.one))
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
