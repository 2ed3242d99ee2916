"""Keras up to 2.10: lr= and decay=, which lets the learning rate fall; no momentum."""

import given
import tensorflow as tf

x, y = given.data()
model = tf.keras.Sequential([tf.keras.layers.Dense(13, activation="tanh", input_shape=(5,)), tf.keras.layers.Dense(3)])
model.set_weights(given.weights())
opt = tf.keras.optimizers.legacy.RMSprop(lr=0.002, decay=1e-2)
model.compile(optimizer=opt, loss="mse")
given.report(model.fit(x, y, batch_size=len(x), epochs=given.STEPS, shuffle=False, verbose=0).history["loss"])
