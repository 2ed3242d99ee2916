"""Functions that return an optimizer, and who calls them."""
import tensorflow as tf
from mindspore import nn


def build_optimizer(params, name, lr=1e-3):
    if name == "adam":
        return nn.Adam(params, learning_rate=lr, beta1=0.9, beta2=0.999, eps=1e-07)
    return nn.SGD(params, learning_rate=lr, momentum=0.9)


def handed_on(lr):
    return tf.keras.optimizers.Adagrad(lr)


def of_no_model(lr):
    return tf.keras.optimizers.Adadelta(lr)


def never_called(lr):
    return tf.keras.optimizers.Adamax(lr)


class Maker:
    def make(self):
        return tf.keras.optimizers.Nadam(0.1)

    def build(self, net):
        net.compile(optimizer=self.make(), loss="mse")
