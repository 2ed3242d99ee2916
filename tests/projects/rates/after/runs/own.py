"""Schedules of this file's own around those of another one."""
import tensorflow as tf
from lib import schedule
from lib.settings import settings
from mindspore import nn
from tf2ms_runtime import MeanSquaredError, Trainer as ms_Trainer


class Half(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, inner):
        self.inner = inner

    def __call__(self, step):
        return self.inner(step) / 2


class Third(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, steps):
        self.inner = schedule(steps)

    def __call__(self, step):
        return self.inner(step) / 3


class Trainer:
    rate = schedule(50)

    def __init__(self, steps):
        self.decay = schedule(steps)

    def run(self, network):
        network.compile(tf.keras.optimizers.SGD(self.decay), loss="mse")

    def rerun(self, network):
        network.compile(tf.keras.optimizers.SGD(self.rate), loss="mse")


network = make_network()
network.compile(tf.keras.optimizers.SGD(Half(schedule(10))), loss="mse")
other = make_network()
other.compile(tf.keras.optimizers.SGD(Third(10)), loss="mse")
momentum = make_network()
momentum.compile(tf.keras.optimizers.SGD(0.1, momentum=schedule(3)), loss="mse")
by_object = make_network()
by_object.compile(tf.keras.optimizers.SGD(settings.rate, momentum=settings.momentum), loss="mse")
by_number = make_network()
optimizer = nn.SGD(by_number.trainable_params(), learning_rate=0.1, momentum=float(settings.momentum))
trainer = ms_Trainer(by_number, optimizer=optimizer, loss_fn=MeanSquaredError())
