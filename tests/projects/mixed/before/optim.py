"""One of the optimizers is left, because of another file: the steps of whoever may get it stay."""

import tensorflow as tf

from rates import falling


def make(name, rate):
    if name == "rmsprop":
        return tf.keras.optimizers.RMSprop(rate)
    return tf.keras.optimizers.Adam(falling(rate))
