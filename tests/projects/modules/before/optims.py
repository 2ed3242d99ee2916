"""Functions of a module that is handed on in another file."""
import tensorflow as tf


def build_sgd(rate):
    return tf.keras.optimizers.SGD(rate)
