"""Keras 3: every kernel carries an l2 penalty; the reported number is the error without it."""

import given
import tensorflow as tf
from tensorflow.keras.regularizers import l2

x, y = given.data()
model = tf.keras.Sequential([
    tf.keras.layers.Dense(13, activation="tanh", input_shape=(5,), kernel_regularizer=l2(0.01)),
    tf.keras.layers.Dense(3, kernel_regularizer=l2(0.01)),
])
model.set_weights(given.weights())
optimizer = tf.keras.optimizers.RMSprop(learning_rate=0.002, rho=0.95)
model.compile(optimizer=optimizer, loss="mse", metrics=["mse"])
history = model.fit(x, y, batch_size=len(x), epochs=given.STEPS, shuffle=False, verbose=0)
given.report(history.history["mse"])
