"""A Keras model trained by an optimizer of TensorFlow 1: four values by position, in the order of tf.train.

Written for TensorFlow 1.15. Here `decay` is the decay of the moving average, as it is in MindSpore.
"""

import numpy as np
import tensorflow as tf

model = tf.keras.models.Sequential([
    tf.keras.layers.Dense(64, activation="relu", input_shape=(10,)),
    tf.keras.layers.Dense(1),
])

# learning_rate, decay, momentum, epsilon
model.compile(tf.train.RMSPropOptimizer(0.045, 0.9, 0.9, 1.0), loss="mse")

inputs = np.random.rand(256, 10)
outputs = inputs @ np.arange(10.0).reshape(10, 1)
model.fit(inputs, outputs, batch_size=32, epochs=10)
