"""Keras 3: the optimizer written inside of compile, centered and with momentum."""

import given
import tensorflow as tf
from tensorflow.keras.optimizers import RMSprop

x, y = given.data()
net = tf.keras.Sequential([tf.keras.layers.Dense(13, activation="tanh", input_shape=(5,)), tf.keras.layers.Dense(3)])
net.set_weights(given.weights())
net.compile(
    loss="mse",
    optimizer=RMSprop(
        learning_rate=3e-4,
        momentum=0.9,
        centered=True,  # divide by the variance
    ),
)
given.report(net.fit(x, y, batch_size=len(x), epochs=given.STEPS, shuffle=False, verbose=0).history["loss"])
