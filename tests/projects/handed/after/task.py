"""Classes that get an optimizer: one is used in another file as well."""
from mindspore import nn


class Shared:
    def __init__(self, model, optimizer):
        self.model = model
        self.optimizer = optimizer
        self.model.compile(optimizer=self.optimizer, loss="mse")

    def run(self):
        self.model.fit(features, targets)


class Own:
    def __init__(self, net, optimizer):
        self.net = net
        self.net.compile(optimizer=optimizer, loss="mse")

    def run(self):
        self.net.fit(features, targets)


first = make_network()
Shared(first, nn.Adam(first.trainable_params(), learning_rate=0.1, beta1=0.9, beta2=0.999, eps=1e-07)).run()
second = make_network()
Own(second, nn.Adam(second.trainable_params(), learning_rate=0.1, beta1=0.9, beta2=0.999, eps=1e-07)).run()
