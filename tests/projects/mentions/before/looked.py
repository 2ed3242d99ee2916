import tensorflow as tf


def asked(rate):
    return tf.keras.optimizers.Nadam(rate)
