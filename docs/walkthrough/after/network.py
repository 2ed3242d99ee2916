"""The network: two dense layers, and what the regularizer of the first adds to the loss."""

import mindspore
from mindspore import nn, ops

import weights


class Network(nn.Cell):
    def __init__(self, config):
        super().__init__()
        self.hidden = nn.Dense(config.features, config.hidden, activation="relu")
        self.output = nn.Dense(config.hidden, config.classes)

    def construct(self, features):
        return self.output(self.hidden(features))


class Penalty(nn.Cell):
    def __init__(self, network, config):
        super().__init__(auto_prefix=False)  # the kernel belongs to the network and keeps its name
        self.kernel = network.hidden.weight
        self.factor = config.l2

    def construct(self):
        return self.factor * ops.square(self.kernel).sum()


def build(config):
    network = Network(config)
    for parameter, drawn in zip(network.trainable_params(), weights.draw(config), strict=True):
        parameter.set_data(mindspore.Tensor(drawn.T.copy()))  # MindSpore holds a kernel the other way round
    return network
