"""TensorFlow 1's optimizer in Keras' compile, as in code of the time between the two."""

import given
import tensorflow as tf

x, y = given.data()
model = tf.keras.Sequential([tf.keras.layers.Dense(13, activation="tanh", input_shape=(5,)), tf.keras.layers.Dense(3)])
model.set_weights(given.weights())
trainer = tf.compat.v1.train.RMSPropOptimizer(0.005, decay=0.95, momentum=0.5, centered=True, use_locking=False)
model.compile(optimizer=trainer, loss="mse")
given.report(model.fit(x, y, batch_size=len(x), epochs=given.STEPS, shuffle=False, verbose=0).history["loss"])
