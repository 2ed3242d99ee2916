"""Keras 3: the optimizer is only named, so everything is its default."""

import given
import tensorflow as tf

x, y = given.data()
model = tf.keras.Sequential([tf.keras.layers.Dense(13, activation="tanh", input_shape=(5,)), tf.keras.layers.Dense(3)])
model.set_weights(given.weights(seed=3))
model.compile("rmsprop", loss="mse")
given.report(model.fit(x, y, batch_size=len(x), epochs=given.STEPS, shuffle=False, verbose=0).history["loss"])
