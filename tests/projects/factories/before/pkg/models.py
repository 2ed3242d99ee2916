import tensorflow as tf


def build_model(config):
    return tf.keras.Sequential([tf.keras.layers.Dense(config.units), tf.keras.layers.Dense(1)])
