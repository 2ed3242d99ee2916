"""Functions under names, in a dictionary."""

import tensorflow as tf


def rmsprop(rate):
    return tf.keras.optimizers.RMSprop(rate)


def adam(rate):
    return tf.keras.optimizers.Adam(learning_rate=rate)


BUILDERS = {"rmsprop": rmsprop, "adam": adam}


def build(name, rate=0.001):
    if name not in BUILDERS:
        raise ValueError(f"{name} is none of {sorted(BUILDERS)}")
    builder = BUILDERS[name]
    return builder(rate)
