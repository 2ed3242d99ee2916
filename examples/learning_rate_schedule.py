"""Let the learning rate fall while a regression network trains, by two of Keras' schedules.

Runs on TensorFlow 2.
"""

import numpy as np
import tensorflow as tf
from tensorflow.keras.optimizers import schedules

EPOCHS = 50
STEPS_PER_EPOCH = 16

x = np.random.rand(512, 4).astype("float32")
y = x.sum(axis=1, keepdims=True)


def build(units):
    return tf.keras.Sequential([
        tf.keras.layers.Dense(units, activation="tanh", input_shape=(4,)),
        tf.keras.layers.Dense(1),
    ])


# Down by a tenth every five epochs, in stairs.
coarse = build(16)
rate = schedules.ExponentialDecay(1e-2, decay_steps=5 * STEPS_PER_EPOCH, decay_rate=0.9, staircase=True)
coarse.compile(optimizer=tf.keras.optimizers.RMSprop(rate), loss="mse")
coarse.fit(x, y, batch_size=32, epochs=EPOCHS, verbose=0)

# Slower and slower, and smoother thanks to momentum.
fine = build(64)
fine.compile(
    loss="mse",
    optimizer=tf.keras.optimizers.RMSprop(
        learning_rate=schedules.InverseTimeDecay(1e-3, STEPS_PER_EPOCH, 0.5),
        momentum=0.9,
    ),
)
fine.fit(x, y, batch_size=32, epochs=EPOCHS, verbose=0)
