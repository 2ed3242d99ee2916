import tensorflow as tf


def falling():
    return tf.keras.optimizers.schedules.CosineDecay(0.1, 10)
