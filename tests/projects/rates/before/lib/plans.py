"""Schedules for other files, by a function, a class, a name and an attribute."""
import tensorflow as tf

from .numbers import BASE

LATE = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)


def make_schedule(steps, rate=BASE):
    return tf.keras.optimizers.schedules.CosineDecay(rate, steps)


schedule_of = make_schedule


def number(epochs):
    return BASE / epochs


def scaled():
    return tf.Variable(0.1)


class WarmUp(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, rate, steps):
        self.rate = rate
        self.steps = steps

    def __call__(self, step):
        return self.rate * tf.cast(step, tf.float32) / self.steps


class Plan:
    rate = 0.5

    def __init__(self, steps):
        self.steps = steps
        self.late = make_schedule(steps)

    def build(self):
        return make_schedule(self.steps)
