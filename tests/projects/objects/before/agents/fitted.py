"""Classes that compile and fit their own model."""
import tensorflow as tf


class Fitted:
    """Another file calls a method of its model."""

    def __init__(self):
        self.model = make_network()
        self.model.compile(tf.keras.optimizers.Adam(1e-3), loss="mse")

    def run(self, features, targets):
        self.model.fit(features, targets)


class Prepared:
    """Another file has its method again."""

    def __init__(self):
        self.net = make_network()
        self.prepare()

    def prepare(self):
        self.net.compile(tf.keras.optimizers.Adam(1e-3), loss="mse")

    def run(self, features, targets):
        self.net.fit(features, targets)
