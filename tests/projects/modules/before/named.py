"""A function that is exported under another name, and functions that compile a model for others."""
import tensorflow as tf


def make(rate):
    return tf.keras.optimizers.SGD(rate)


def compiled(model, rate):
    model.compile(tf.keras.optimizers.Adam(rate), loss="mse")
