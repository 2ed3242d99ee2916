"""Layers of several networks, with a penalty where the caller gives one."""
import tensorflow as tf


def block(x, units, reg=None):
    return tf.keras.layers.Dense(units, kernel_regularizer=reg)(x)


class Noisy(tf.keras.layers.Layer):
    def call(self, x):
        self.add_loss(1e-3 * tf.reduce_sum(tf.square(x)))
        return x
