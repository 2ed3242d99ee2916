import tensorflow as tf


def make(rate):
    return tf.keras.optimizers.Adam(rate)
