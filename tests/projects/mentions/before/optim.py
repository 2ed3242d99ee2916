"""Functions that return optimizers, which other files name in several ways."""

import tensorflow as tf


def annotated(rate):
    return tf.keras.optimizers.SGD(rate)


def starred(rate):
    return tf.keras.optimizers.Adam(rate)


def falling(rate):
    return tf.keras.optimizers.Adamax(rate)


def defaulted(rate):
    return tf.keras.optimizers.Adagrad(rate)
