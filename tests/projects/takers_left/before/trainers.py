"""Functions and classes that get optimizers: each keeps the step, or what it trains, from being told."""

import functools

import tensorflow as tf


class Whole:
    def __init__(self, optimizer):
        self.model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
        self.model.compile(optimizer, loss="mse")


class Base:
    def __init__(self, model, optimizer):
        self.model = model
        self.optimizer = optimizer

    def step(self, x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.model(x) - y))
        grads = tape.gradient(loss, self.model.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.model.trainable_variables))


class Heir(Base):
    pass


@functools.lru_cache
def cached(model, optimizer):
    model.compile(optimizer, loss="mse")


def rebound(model, optimizer):
    optimizer = optimizer or tf.keras.optimizers.Adam()
    model.compile(optimizer, loss="mse")
    return model


def onward(model, optimizer):
    from elsewhere import train

    train(model, optimizer)


def pairs(first, second, optimizer):
    first.compile(optimizer, loss="mse")
    second.compile(optimizer, loss="mse")


def trained(model, optimizer, x, y):
    model.compile(optimizer, loss="mse")
    model.fit(x, y)


def looped(model, batches, optimizer):
    for x, y in batches:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x) - y))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))


def kinds(model, batches, optimizer):
    for x, y in batches:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x) - y))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))


def noted(model, batches, optimizer):
    for x, y in batches:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x) - y))
            tf.summary.scalar("loss", loss)
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
