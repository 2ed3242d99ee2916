import given
import numpy as np
import tensorflow as tf
from network import Classifier

flags = {"max_norm": 0.25, "steps": 120}

model = Classifier(7)
criterion = tf.keras.losses.CategoricalCrossentropy(from_logits=True)
opt = tf.keras.optimizers.RMSprop(0.001, momentum=0.8, centered=True)

inputs, labels = given.classes(30)
targets = np.eye(3, dtype="float32")[labels]


def step(inputs, targets):
    with tf.GradientTape() as tape:
        logits = model(inputs, training=True)
        loss = criterion(targets, logits)
    grads = tape.gradient(loss, model.trainable_variables)
    grads, norm = tf.clip_by_global_norm(grads, 0.25)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    return loss


losses = []
for i in range(flags["steps"]):
    batch = slice(i % 3 * 10, i % 3 * 10 + 10)
    loss = step(inputs[batch], targets[batch])
    losses.append(loss.numpy())

given.report(losses)
