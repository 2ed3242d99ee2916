"""Dictionaries of functions that can be reached in other ways, or hold other things."""

import tensorflow as tf


def rmsprop(rate):
    return tf.keras.optimizers.RMSprop(rate)


def nothing(rate):
    return rate


def adam(rate):
    return tf.keras.optimizers.Adam(rate)


def sgd(rate):
    return tf.keras.optimizers.SGD(rate)


def nadam(rate):
    return tf.keras.optimizers.Nadam(rate)


def adamax(rate):
    return tf.keras.optimizers.Adamax(rate)


def left(rate):
    return tf.keras.optimizers.Adam(**rate)


def beside(rate):
    return tf.keras.optimizers.Adam(rate)


MIXED = {"rmsprop": rmsprop, "none": nothing}
CHANGED = {"adam": adam}
CHANGED["more"] = nothing
HANDED = {"sgd": sgd}
print_all(HANDED)
OTHER = {"nadam": nadam, "class": tf.keras.optimizers.Nadam}
USED = {"adamax": adamax}
TOGETHER = {"left": left, "beside": beside}


def compiled(model):
    model.compile(MIXED["rmsprop"](0.1), loss="mse")
    model.compile(CHANGED["adam"](0.1), loss="mse")
    model.compile(HANDED["sgd"](0.1), loss="mse")
    model.compile(OTHER["nadam"](0.1), loss="mse")
    model.compile(TOGETHER["beside"](0.1), loss="mse")


def falling(model):
    rate = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)
    model.compile(RATES["adadelta"](rate), loss="mse")


def adadelta(rate):
    return tf.keras.optimizers.Adadelta(rate)


RATES = {"adadelta": adadelta}
