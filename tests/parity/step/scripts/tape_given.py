"""Losses and metrics that a function and a class are given."""
import given
import tensorflow as tf
from network import Classifier

x, y = given.classes(48)
BATCH = 12


class Task:
    def __init__(self, model, optimizer, loss_fn, seen=None):
        self.model = model
        self.optimizer = optimizer
        self.loss_fn = loss_fn

    def step(self, features, labels):
        with tf.GradientTape() as tape:
            loss = self.loss_fn(labels, self.model(features, training=True))
        gradients = tape.gradient(loss, self.model.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables))
        return loss


def step(net, opt, loss_fn, mean, features, labels):
    with tf.GradientTape() as tape:
        loss = loss_fn(labels, net(features, training=True))
    gradients = tape.gradient(loss, net.trainable_variables)
    opt.apply_gradients(zip(gradients, net.trainable_variables))
    mean.update_state(loss)


model = Classifier()
task = Task(model, tf.keras.optimizers.Adam(1e-2), tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
other = Classifier(1)
optimizer = tf.keras.optimizers.SGD(0.005, momentum=0.9)
cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
seen = tf.keras.metrics.Mean()
losses, sums = [], []
for epoch in range(25):
    seen.reset_state()
    for start in range(0, len(x), BATCH):
        features, labels = x[start:start + BATCH], y[start:start + BATCH]
        losses.append(float(task.step(features, labels)))
        step(other, optimizer, cross_entropy, seen, features, labels)
    sums.append(float(seen.result()))

given.report(losses, sums=sums)
