import tensorflow as tf


def train(network, features, targets):
    network.compile(tf.keras.optimizers.SGD(0.1), "mse")
    network.fit(features, targets)
