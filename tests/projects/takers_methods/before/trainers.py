"""Methods that get an optimizer: the network is an argument as well, or the object keeps it."""

import tensorflow as tf


class Keeper:
    def __init__(self, model, epochs=2):
        self.model = model
        self.epochs = epochs

    def descend(self, batches, optimizer):
        for x, y in batches:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(self.model(x) - y))
            grads = tape.gradient(loss, self.model.trainable_variables)
            optimizer.apply_gradients(zip(grads, self.model.trainable_variables))


class Called:
    def climb(self, net, opt):
        net.compile(opt, loss="mse")
        net.fit([], [])


class Overridden:
    def walk(self, net, opt):
        net.compile(opt, loss="mse")
        net.fit([], [])


class Static:
    @staticmethod
    def run(net, opt):
        net.compile(opt, loss="mse")
        net.fit([], [])


def climbing(anything):
    anything.climb(None, None)
