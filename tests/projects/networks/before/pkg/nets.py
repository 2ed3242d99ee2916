"""Networks with regularizers, and one without."""
import tensorflow as tf
from tensorflow.keras import regularizers

from .blocks import Noisy, block

PENALTY = regularizers.l2(1e-4)


def build_model(reg=None):
    inputs = tf.keras.Input((8,))
    x = block(inputs, 4, reg=reg)
    return tf.keras.Model(inputs, tf.keras.layers.Dense(1, kernel_regularizer=PENALTY)(x))


def plain():
    inputs = tf.keras.Input((8,))
    return tf.keras.Model(inputs, block(inputs, 4))


def regular(reg=None):
    inputs = tf.keras.Input((8,))
    return tf.keras.Model(inputs, block(inputs, 4, reg))


class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.noise = Noisy()

    def call(self, x):
        return self.noise(x)


ready = tf.keras.Sequential()
ready.add(tf.keras.layers.Dense(1, bias_regularizer="l1"))
