"""A schedule of the file's own that another file derives from, and one that is this file's alone."""
import tensorflow as tf


class Falling(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, rate, steps):
        self.rate = rate
        self.steps = steps

    def __call__(self, step):
        return self.rate / (1 + tf.cast(step, tf.float32) / self.steps)


class Own(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, rate):
        self.rate = rate

    def __call__(self, step):
        return self.rate / (1 + tf.cast(step, tf.float32))


first = make_network()
first.compile(tf.keras.optimizers.SGD(Falling(0.1, 3)), loss="mse")
second = make_network()
second.compile(tf.keras.optimizers.SGD(Own(0.1)), loss="mse")


def build(rate):
    return tf.keras.optimizers.Adam(learning_rate=rate)
