"""TensorFlow 2.11 to 2.15: momentum, and a learning rate that falls in stairs."""

import given
import tensorflow as tf

x, y = given.data()
model = tf.keras.Sequential([tf.keras.layers.Dense(13, activation="tanh", input_shape=(5,)), tf.keras.layers.Dense(3)])
model.set_weights(given.weights())
rate = tf.keras.optimizers.schedules.ExponentialDecay(0.002, decay_steps=20, decay_rate=0.8, staircase=True)
model.compile(optimizer=tf.keras.optimizers.RMSprop(rate, rho=0.95, momentum=0.5), loss="mse")
given.report(model.fit(x, y, batch_size=len(x), epochs=given.STEPS, shuffle=False, verbose=0).history["loss"])
