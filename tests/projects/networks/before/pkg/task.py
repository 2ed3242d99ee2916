import tensorflow as tf

from .base import Task


class Fit(Task):
    def run(self, features, targets):
        self.model.compile(tf.keras.optimizers.Adam(1e-3), loss="mse")
        self.model.fit(features, targets)
