"""Classes that get an optimizer: one is used in another file as well."""
import tensorflow as tf


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
Shared(first, tf.keras.optimizers.Adam(0.1)).run()
second = make_network()
Own(second, tf.keras.optimizers.Adam(0.1)).run()
