import tensorflow as tf
from . import optim
from .models import build_model


class Trainer:
    def __init__(self, config):
        self.net = build_model(config)
        self.optimizer = optim.build_optimizer(config.name, lr=config.lr)

    def step(self, x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.net(x, training=True) - y))
        grads = tape.gradient(loss, self.net.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.net.trainable_variables))
        return loss
