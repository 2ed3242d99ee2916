"""A table of classes that another file reads as well stays; one that is this file's alone becomes functions."""
import tensorflow as tf

SHARED = {"adam": tf.keras.optimizers.Adam, "sgd": tf.keras.optimizers.SGD}
OWN = {"adagrad": tf.keras.optimizers.Adagrad, "adamax": tf.keras.optimizers.Adamax}


def compiled(net, kind):
    net.compile(optimizer=OWN[kind](0.1), loss="mse")
    net.fit(features, targets)


def compiled_from_all(net, kind):
    net.compile(optimizer=SHARED[kind](0.1), loss="mse")
    net.fit(features, targets)
