"""One of the optimizers is left, because of another file: the steps of whoever may get it stay."""

import tensorflow as tf

from rates import falling
from mindspore import nn, ops


def make(params, name, rate):
    if name == "rmsprop":
        optimizer = nn.RMSProp(params, learning_rate=rate, decay=0.9, epsilon=1e-07)
        for mean_square in optimizer.ms:  # Keras starts this average at 0, MindSpore at 1
            mean_square.set_data(ops.zeros_like(mean_square))
        return optimizer
    return tf.keras.optimizers.Adam(falling(rate))
