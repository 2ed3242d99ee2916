"""A method that returns the optimizer, and methods of that name in other files."""
import tensorflow as tf
from mindspore import nn


class Maker:
    def __init__(self, net):
        self.net = net

    def get_optimizer(self, params, rate):
        return nn.Adam(params, learning_rate=rate, beta1=0.9, beta2=0.999, eps=1e-07)

    def compiled(self):
        self.net.compile(optimizer=self.get_optimizer(self.net.trainable_params(), 0.1), loss="mse")
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
