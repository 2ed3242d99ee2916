"""Keras 3: momentum, and a schedule of the file's own around one of Keras."""

import given
import tensorflow as tf


class WarmUp(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, rate, steps, after):
        super().__init__()
        self.rate = rate
        self.steps = steps
        self.after = after

    def __call__(self, step):
        done = tf.cast(step, tf.float32) / self.steps
        return tf.cond(step < self.steps, lambda: self.rate * done, lambda: self.after(step - self.steps))


x, y = given.data()
model = tf.keras.Sequential([tf.keras.layers.Dense(13, activation="tanh", input_shape=(5,)), tf.keras.layers.Dense(3)])
model.set_weights(given.weights())
rate = WarmUp(0.05, 10, tf.keras.optimizers.schedules.CosineDecay(0.05, 30, alpha=0.1))
model.compile(optimizer=tf.keras.optimizers.SGD(rate, momentum=0.9), loss="mse")
given.report(model.fit(x, y, batch_size=len(x), epochs=given.STEPS, shuffle=False, verbose=0).history["loss"])
