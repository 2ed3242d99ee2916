import tensorflow as tf


def regular():
    return tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_regularizer="l2")])


def plain():
    return tf.keras.Sequential([tf.keras.layers.Dense(1)])
