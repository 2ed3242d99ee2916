"""Fit a small network with RMSprop, through fit() and once by hand.

The case of MindSpore's own comparison page: a Sequential model, an optimizer with a learning rate, compile and fit.
Runs on TensorFlow 2.
"""

import tensorflow as tf
from tensorflow.keras import layers

model = tf.keras.Sequential()
model.add(layers.Dense(8, kernel_initializer="uniform", input_shape=(3,)))
model.add(layers.Activation("relu"))
model.add(layers.Dense(1))

optimizer = tf.keras.optimizers.RMSprop(learning_rate=0.01)
model.compile(optimizer=optimizer, loss=tf.keras.losses.MeanSquaredError())

features = tf.constant([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0], [2.0, 0.5, 1.0]])
targets = tf.constant([[0.5], [0.6], [0.2]])
model.fit(features, targets, epochs=20, verbose=0)

# The same optimizer, one step by hand.
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(tf.square(model(features) - targets))
gradients = tape.gradient(loss, model.trainable_variables)
optimizer.apply_gradients(zip(gradients, model.trainable_variables))
print(f"loss {loss.numpy():.4f}")
