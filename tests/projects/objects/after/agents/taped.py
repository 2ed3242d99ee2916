"""Classes with an optimizer and a tape of their own, and what other files do with their objects."""
import tensorflow as tf
from mindspore import nn, ops, value_and_grad
from .tf2ms_runtime import to_tensor


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
        self.slow = nn.SGD(self.network.trainable_params(), learning_rate=1e-3)

    def step(self, features, targets):
        targets, features = to_tensor(targets), to_tensor(features)
        def forward():
            loss = ops.mean(ops.square(self.network(features) - targets))
            return loss
        loss, gradients = value_and_grad(forward, None, self.slow.parameters)()
        self.slow(gradients)


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
        self.quiet = nn.SGD(self.trunk.trainable_params(), learning_rate=1e-3)

    def step(self, features, targets):
        targets, features = to_tensor(targets), to_tensor(features)
        def forward_2():
            loss = ops.mean(ops.square(self.trunk(features) - targets))
            return loss
        loss, gradients = value_and_grad(forward_2, None, self.quiet.parameters)()
        self.quiet(gradients)
