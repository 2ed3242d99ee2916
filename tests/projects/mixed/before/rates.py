import tensorflow as tf


def falling(rate):
    return tf.keras.optimizers.schedules.ExponentialDecay(rate, 1000, 0.96)
