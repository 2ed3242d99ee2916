"""Classes that compile and fit their own model."""
from mindspore import nn


class Fitted:
    """Another file calls a method of its model."""

    def __init__(self):
        self.model = make_network()
        optimizer = nn.Adam(self.model.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
        self.model.compile(optimizer, loss="mse")

    def run(self, features, targets):
        self.model.fit(features, targets)


class Prepared:
    """Another file has its method again."""

    def __init__(self):
        self.net = make_network()
        self.prepare()

    def prepare(self):
        optimizer = nn.Adam(self.net.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
        self.net.compile(optimizer, loss="mse")

    def run(self, features, targets):
        self.net.fit(features, targets)
