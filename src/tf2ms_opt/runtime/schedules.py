"""Learning-rate schedules of Keras whose last bit MindSpore's own ones do not give.

The classes take the arguments of MindSpore's schedules and can be exchanged for them by their names alone.
"""

from __future__ import annotations

import mindspore
from mindspore import Tensor, ops
from mindspore.nn.learning_rate_schedule import LearningRateSchedule


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
        self.learning_rate = Tensor(learning_rate, mindspore.float32)
        self.decay_rate = Tensor(decay_rate, mindspore.float32)
        self.decay_steps = Tensor(decay_steps, mindspore.float32)
        self.one = Tensor(1.0, mindspore.float32)
        self.is_stair = is_stair

    def construct(self, global_step):
        periods = ops.cast(global_step, mindspore.float32) / self.decay_steps
        if self.is_stair:
            periods = ops.floor(periods)
        return self.learning_rate / (self.one + self.decay_rate * periods)
