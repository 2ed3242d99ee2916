"""A function that is exported under another name, and functions that compile a model for others."""
from mindspore import nn


def make(params, rate):
    return nn.SGD(params, learning_rate=rate)


def compiled(model, rate):
    optimizer = nn.Adam(model.trainable_params(), learning_rate=rate, beta1=0.9, beta2=0.999, eps=1e-07)
    model.compile(optimizer, loss="mse")
