"""Methods that are overridden by a class beside theirs, or by a class below one in another file."""
import tensorflow as tf
from mindspore import nn


class Base:
    def configure(self, rate):
        return tf.keras.optimizers.SGD(rate)

    def run(self, model):
        model.compile(self.configure(0.1), "mse")
        model.fit(features, targets)


class Beside:
    def choose(self, rate):
        return tf.keras.optimizers.SGD(rate)

    def run(self, model):
        model.compile(self.choose(0.1), "mse")
        model.fit(features, targets)


class Mixin:
    def choose(self, rate):
        return "adam"


class Child(Mixin, Beside):
    pass


class Factory:
    def build(self, rate):
        return tf.keras.optimizers.SGD(rate)

    def run(self, model):
        model.compile(self.build(0.1), loss="mse")
        model.fit(features, targets)


def all_of(rates):
    return map(Factory().build, rates)


def with_keywords(params, /, **given):
    return nn.Adagrad(params, accum=0.1, learning_rate=given["rate"])


def any_model(model):
    model.compile(with_keywords(model.trainable_params(), params=3, rate=0.1), "mse")
    model.fit(features, targets)


def perhaps(rate, model=None):
    optimizer = tf.keras.optimizers.SGD(rate)
    if model is not None:
        model.compile(optimizer, loss="mse")
    return optimizer


class Chosen:
    kind = tf.keras.optimizers.Adam

    def __init__(self, model):
        model.compile(self.kind(0.1), loss="mse")
