# All data on the device before the loop, and the loss of the low-level API.
import given
import numpy as np
import tensorflow as tf
from network import Classifier

x, labels = given.classes(24, seed=20)
x = tf.constant(x)
y = tf.one_hot(labels, depth=3)

model = Classifier(10)
optimizer = tf.keras.optimizers.RMSprop(learning_rate=5e-4, momentum=0.9)

losses = []
for step in range(100):
    with tf.GradientTape() as tape:
        logits = model(x)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    losses.append(float(loss))

predicted = np.argmax(model(x).numpy(), axis=1)
given.report(losses, predicted=predicted)
