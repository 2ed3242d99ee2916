from mindspore import nn


def make(params, rate):
    return nn.Adam(params, learning_rate=rate, beta1=0.9, beta2=0.999, eps=1e-07)
