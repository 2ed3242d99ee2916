"""Learning-rate schedules as TensorFlow and Keras compute them, operation by operation in float32.

The classes take the arguments of MindSpore's schedules, where it has them, and can be exchanged for them by their names
alone; the others take those of Keras.  All numbers are tensors of float32: MindSpore rounds some results of a number of
Python's and a tensor twice.
"""

from __future__ import annotations

import math

import mindspore
from mindspore import Tensor, ops
from mindspore.nn.learning_rate_schedule import LearningRateSchedule

from tf2ms_opt.runtime.dense import _float32


def _number(value):
    return Tensor(value, mindspore.float32)


class InverseTimeDecay(LearningRateSchedule):
    """The schedule ``InverseTimeDecay`` of Keras, and what ``decay=`` is in Keras up to 2.10.

    ``learning_rate / (1 + decay_rate * step / decay_steps)``, with the quotient rounded down for ``is_stair``; a
    number that falls at every step, from ``learning_rate`` at step 0.  ``nn.InverseDecayLR`` has the same formula, but
    divides Python's number by a tensor, which MindSpore rounds twice.

    Source: ``learning_rate_schedule.py`` of Keras 3.15, and ``_decayed_lr`` in
    ``tf_keras/src/optimizers/legacy/optimizer_v2.py`` of tf_keras 2.21.
    """

    def __init__(self, learning_rate, decay_rate, decay_steps, is_stair=False):
        super().__init__()
        self.learning_rate = _number(learning_rate)
        self.decay_rate = _number(decay_rate)
        self.decay_steps = _number(decay_steps)
        self.one = _number(1.0)
        self.is_stair = is_stair

    def construct(self, global_step):
        periods = ops.cast(global_step, mindspore.float32) / self.decay_steps
        if self.is_stair:
            periods = ops.floor(periods)
        return self.learning_rate / (self.one + self.decay_rate * periods)


class ExponentialDecay(LearningRateSchedule):
    """The schedule ``ExponentialDecay`` of Keras, and ``tf.train.exponential_decay`` of TensorFlow 1.

    ``learning_rate * decay_rate ** (step / decay_steps)``, with the quotient rounded down for ``is_stair``.
    ``nn.ExponentialDecayLR`` has the same formula, for numbers above 0 and a whole number of ``decay_steps``.

    Source: ``learning_rate_schedule.py`` of Keras 3.15.
    """

    def __init__(self, learning_rate, decay_rate, decay_steps, is_stair=False):
        super().__init__()
        self.learning_rate = _number(learning_rate)
        self.decay_rate = _number(decay_rate)
        self.decay_steps = _number(decay_steps)
        self.is_stair = is_stair

    def construct(self, global_step):
        periods = ops.cast(global_step, mindspore.float32) / self.decay_steps
        if self.is_stair:
            periods = ops.floor(periods)
        return self.learning_rate * ops.pow(self.decay_rate, periods)


class NaturalExpDecay(ExponentialDecay):
    """``tf.train.natural_exp_decay`` of TensorFlow 1, today ``tf.compat.v1.train.natural_exp_decay``.

    ``learning_rate * exp(-decay_rate) ** (step / decay_steps)``, with the quotient rounded down for ``is_stair``.
    ``nn.NaturalExpDecayLR`` does not divide by ``decay_steps``.

    Source: ``legacy_learning_rate_decay.py`` in ``tensorflow/python/keras/optimizer_v2`` of TensorFlow 2.21.
    """

    def __init__(self, learning_rate, decay_rate, decay_steps, is_stair=False):
        super().__init__(learning_rate, math.exp(-_float32(decay_rate)), decay_steps, is_stair)


class PolynomialDecay(LearningRateSchedule):
    """The schedule ``PolynomialDecay`` of Keras, and ``tf.train.polynomial_decay`` of TensorFlow 1.

    ``(learning_rate - end_learning_rate) * (1 - step / decay_steps) ** power + end_learning_rate``, and
    ``end_learning_rate`` from ``decay_steps`` on; for ``update_decay_steps``, which is ``cycle``, the divisor is the
    first multiple of ``decay_steps`` that the step does not exceed.  ``nn.PolynomialDecayLR`` has the same formula, for
    a ``learning_rate`` and a ``power`` above 0 and a whole number of ``decay_steps``.

    Source: ``learning_rate_schedule.py`` of Keras 3.15.
    """

    def __init__(self, learning_rate, end_learning_rate, decay_steps, power, update_decay_steps=False):
        super().__init__()
        self.learning_rate = _number(learning_rate)
        self.end_learning_rate = _number(end_learning_rate)
        self.decay_steps = _number(decay_steps)
        self.power = _number(power)
        self.one = _number(1.0)
        self.update_decay_steps = update_decay_steps

    def construct(self, global_step):
        step = ops.cast(global_step, mindspore.float32)
        if self.update_decay_steps:
            decay_steps = self.decay_steps * ops.maximum(ops.ceil(step / self.decay_steps), self.one)
        else:
            decay_steps = self.decay_steps
            step = ops.minimum(step, decay_steps)
        rest = ops.pow(self.one - step / decay_steps, self.power)
        return (self.learning_rate - self.end_learning_rate) * rest + self.end_learning_rate


class PiecewiseConstantDecay(LearningRateSchedule):
    """The schedule ``PiecewiseConstantDecay`` of Keras, and ``tf.train.piecewise_constant`` of TensorFlow 1.

    ``values[0]`` up to and with step ``boundaries[0]``, then ``values[1]`` up to and with step ``boundaries[1]``, and
    so on; the last of the values, of which there is one more, from there on.  Fractions of boundaries are cut off, as
    Keras does for its integer steps.

    Raises ``ValueError`` unless there is one more of the values, and a boundary, in ascending order.
    Source: ``learning_rate_schedule.py`` of Keras 3.15.
    """

    def __init__(self, boundaries, values):
        super().__init__()
        boundaries = [int(boundary) for boundary in boundaries]
        if len(boundaries) != len(values) - 1:
            raise ValueError(f"{len(boundaries)} boundaries need one more of the values, not {len(values)}")
        if not boundaries or boundaries != sorted(boundaries):
            raise ValueError(f"boundaries have to be steps in ascending order, not {boundaries}")
        self.boundaries = Tensor(boundaries, mindspore.int32)
        self.values = _number(values)

    def construct(self, global_step):
        passed = ops.cast(global_step, mindspore.int32).reshape((1,)) > self.boundaries
        return self.values[ops.cast(passed, mindspore.int32).sum()]
