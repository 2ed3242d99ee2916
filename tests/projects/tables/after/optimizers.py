"""A table of classes that another file reads as well stays; one that is this file's alone becomes functions."""
import tensorflow as tf
from mindspore import nn

SHARED = {"adam": tf.keras.optimizers.Adam, "sgd": tf.keras.optimizers.SGD}
OWN = {"adagrad": lambda params, learning_rate: nn.Adagrad(params, accum=0.1, learning_rate=learning_rate), "adamax": lambda params, learning_rate: nn.AdaMax(params, learning_rate=learning_rate, beta1=0.9, beta2=0.999, eps=1e-07)}


def compiled(net, kind):
    optimizer = OWN[kind](net.trainable_params(), 0.1)
    net.compile(optimizer=optimizer, loss="mse")
    net.fit(features, targets)


def compiled_from_all(net, kind):
    net.compile(optimizer=SHARED[kind](0.1), loss="mse")
    net.fit(features, targets)
