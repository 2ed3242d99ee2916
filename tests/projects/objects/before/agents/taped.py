"""Classes with an optimizer and a tape of their own, and what other files do with their objects."""
import tensorflow as tf


class Taped:
    """Another file sets its model."""

    def __init__(self, model):
        self.model = model
        self.optimizer = tf.keras.optimizers.Adam(1e-3)

    def step(self, features, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.model(features) - targets))
        gradients = tape.gradient(loss, self.model.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables))


class Slowed:
    """Another file changes its learning rate."""

    def __init__(self, network):
        self.network = network
        self.slow = tf.keras.optimizers.SGD(1e-3)

    def step(self, features, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.network(features) - targets))
        gradients = tape.gradient(loss, self.network.trainable_variables)
        self.slow.apply_gradients(zip(gradients, self.network.trainable_variables))


class Derived:
    """A class of another file derives from it, and has another model."""

    def __init__(self, body):
        self.body = body
        self.own = tf.keras.optimizers.SGD(1e-3)

    def step(self, features, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.body(features) - targets))
        gradients = tape.gradient(loss, self.body.trainable_variables)
        self.own.apply_gradients(zip(gradients, self.body.trainable_variables))


class Alone:
    """No other file has to do with its attributes, whatever they are called elsewhere."""

    def __init__(self, trunk):
        self.trunk = trunk
        self.quiet = tf.keras.optimizers.SGD(1e-3)

    def step(self, features, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.trunk(features) - targets))
        gradients = tape.gradient(loss, self.trunk.trainable_variables)
        self.quiet.apply_gradients(zip(gradients, self.trunk.trainable_variables))
