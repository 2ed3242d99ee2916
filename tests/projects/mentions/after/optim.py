"""Functions that return optimizers, which other files name in several ways."""

import tensorflow as tf
from mindspore import nn


def annotated(params, rate):
    return nn.SGD(params, learning_rate=rate)


def starred(params, rate):
    return nn.Adam(params, learning_rate=rate, beta1=0.9, beta2=0.999, eps=1e-07)


def falling(rate):
    return tf.keras.optimizers.Adamax(rate)


def defaulted(rate):
    return tf.keras.optimizers.Adagrad(rate)
