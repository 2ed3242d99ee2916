"""A decorator without arguments, and a dictionary that only this file uses."""

import tensorflow as tf

_ALL = dict()


def keep(function):
    _ALL[function.__name__] = function
    return function


@keep
def lion(rate):
    return tf.keras.optimizers.Lion(rate)


network = make_network()
network.compile(optimizer=_ALL["lion"](0.01), loss="mse")
network.fit(features, targets)
