"""Functions and a class that are handed networks and learning rates by other files."""
import tensorflow as tf


def compiled(network, rate):
    network.compile(tf.keras.optimizers.SGD(rate), loss="mse")
    network.fit(features, targets)


def steady(network, rate=0.1):
    network.compile(tf.keras.optimizers.SGD(rate), loss="mse")
    network.fit(features, targets)


class Fitting:
    def __init__(self, network, rate):
        self.network = network
        self.rate = rate

    def run(self, momentum):
        self.network.compile(tf.keras.optimizers.SGD(self.rate, momentum=momentum), loss="mse")
        self.network.fit(features, targets)
