"""A method that returns the optimizer, and methods of that name in other files."""
import tensorflow as tf


class Maker:
    def __init__(self, net):
        self.net = net

    def get_optimizer(self, rate):
        return tf.keras.optimizers.Adam(rate)

    def compiled(self):
        self.net.compile(optimizer=self.get_optimizer(0.1), loss="mse")
        self.net.fit(features, targets)


class Overridden:
    def __init__(self, net):
        self.net = net

    def choose(self, rate):
        return tf.keras.optimizers.SGD(rate)

    def compiled(self):
        self.net.compile(optimizer=self.choose(0.1), loss="mse")


class Called:
    def __init__(self, net):
        self.net = net

    def pick(self, rate):
        return tf.keras.optimizers.Adagrad(rate)

    def compiled(self):
        self.net.compile(optimizer=self.pick(0.1), loss="mse")
