"""Warm-up around schedules of Keras, and around one of the file's own."""

import math

import numpy as np
import tensorflow as tf
from keras import ops
from tensorflow import keras
from tensorflow.keras.optimizers.schedules import CosineDecay, LearningRateSchedule


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Linear, then another schedule."""

    def __init__(self, initial_learning_rate, decay_schedule_fn, warmup_steps, power=1.0, name=None):
        super().__init__()
        self.initial_learning_rate = initial_learning_rate
        self.warmup_steps = warmup_steps
        self.power = power
        self.decay_schedule_fn = decay_schedule_fn
        self.name = name

    def __call__(self, step):
        with tf.name_scope(self.name or "WarmUp") as name:
            global_step_float = tf.cast(step, tf.float32)
            warmup_steps_float = tf.cast(self.warmup_steps, tf.float32)
            warmup_percent_done = global_step_float / warmup_steps_float
            warmup_learning_rate = self.initial_learning_rate * tf.math.pow(warmup_percent_done, self.power)
            return tf.cond(
                global_step_float < warmup_steps_float,
                lambda: warmup_learning_rate,
                lambda: self.decay_schedule_fn(step - self.warmup_steps),
                name=name,
            )

    def get_config(self):
        return {"initial_learning_rate": self.initial_learning_rate, "warmup_steps": self.warmup_steps}


class WarmUpCosine(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, learning_rate_base, total_steps, warmup_learning_rate, warmup_steps):
        super(WarmUpCosine, self).__init__()
        self.learning_rate_base = learning_rate_base
        self.total_steps = total_steps
        self.warmup_learning_rate = warmup_learning_rate
        self.warmup_steps = warmup_steps
        self.pi = tf.constant(np.pi)

    def __call__(self, step):
        if self.total_steps < self.warmup_steps:
            raise ValueError("Total_steps must be larger or equal to warmup_steps.")
        cos_annealed_lr = tf.cos(
            self.pi * (tf.cast(step, tf.float32) - self.warmup_steps) / float(self.total_steps - self.warmup_steps)
        )
        learning_rate = 0.5 * self.learning_rate_base * (1 + cos_annealed_lr)
        if self.warmup_steps > 0:
            slope = (self.learning_rate_base - self.warmup_learning_rate) / self.warmup_steps
            warmup_rate = slope * tf.cast(step, tf.float32) + self.warmup_learning_rate
            learning_rate = tf.where(step < self.warmup_steps, warmup_rate, learning_rate)
        return tf.where(step > self.total_steps, 0.0, learning_rate, name="learning_rate")


class Own(LearningRateSchedule):
    floor = 1e-5

    def __init__(self, base, warmup=10, total=5000):
        self.base = base
        self.warmup = warmup
        self.total = total
        self.after = CosineDecay(base, 300, alpha=0.1)
        self.inverse = 1 / math.sqrt(warmup)

    def progress(self, step):
        return (step - self.warmup) / (self.total - self.warmup)

    @tf.function
    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        step = tf.cast(step, tf.float32)

        def warmup():
            return self.base * step / self.warmup

        def decay():
            return self.after(step - self.warmup) * (1 - tf.minimum(self.progress(step), 0.9))

        rate = tf.cond(step < self.warmup, true_fn=warmup, false_fn=decay)
        return tf.maximum(self.floor, rate) * self.inverse


class Stairs(LearningRateSchedule):
    def __init__(self, base, every=100):
        super().__init__()
        self.base = tf.convert_to_tensor(base, dtype="float32", name="base")
        self.every = every

    def __call__(self, iteration):
        dtype = self.base.dtype
        epoch = tf.floor(tf.cast(iteration, dtype) / self.every)
        rate = tf.multiply(self.base, tf.pow(0.9, tf.minimum(epoch, 60.0)), name="rate")
        return rate / (1.0 + tf.cast(tf.cast(iteration, tf.int32) % self.every, tf.float32))


class Exponential(LearningRateSchedule):
    def __init__(self, base):
        super().__init__()
        self.base = base

    def __call__(self, step):
        return self.base * tf.exp(-0.0001 * tf.minimum(tf.cast(step, tf.float32), 50000.0)) + 1e-6 * tf.sqrt(
            step / 3 + 1.0
        )


class Keras3(LearningRateSchedule):
    """In the operators of Keras 3, on its own variable of the step."""

    def __init__(self, base, warmup):
        self.base = base
        self.warmup = warmup

    def __call__(self, step):
        done = ops.minimum(step / self.warmup, 1.0)
        after = ops.rsqrt(ops.maximum(ops.cast(step, "float32"), self.warmup))
        return ops.where(step < self.warmup, self.base * ops.power(done, 1.5), self.base * ops.sqrt(ops.cast(self.warmup, "float32")) * after)


decay = keras.optimizers.schedules.PolynomialDecay(1e-3, 1000, end_learning_rate=1e-6)
polynomial = WarmUp(1e-3, decay_schedule_fn=decay, warmup_steps=100)
net.compile(optimizer=keras.optimizers.SGD(learning_rate=polynomial), loss="mse")
cosine = WarmUp(1e-2, keras.optimizers.schedules.CosineDecay(1e-2, 500, alpha=0.1), 50, power=2.0)
net.compile(optimizer=keras.optimizers.SGD(cosine), loss="mse")
piecewise = WarmUp(1e-2, keras.optimizers.schedules.PiecewiseConstantDecay([100, 400], [1e-2, 1e-3, 1e-4]), 100)
net.compile(optimizer=keras.optimizers.SGD(piecewise), loss="mse")
exponential = WarmUp(1e-2, keras.optimizers.schedules.ExponentialDecay(1e-2, 300, 0.9, staircase=True), 200)
net.compile(optimizer=keras.optimizers.SGD(exponential), loss="mse")
annealed = WarmUpCosine(0.1, 1000, 1e-4, 100)
net.compile(optimizer=keras.optimizers.SGD(annealed), loss="mse")
own = Own(1e-3)
net.compile(optimizer=keras.optimizers.SGD(own), loss="mse")
around = WarmUp(1e-3, Own(1e-3, warmup=50), 5)
net.compile(optimizer=keras.optimizers.SGD(around), loss="mse")
stairs = Stairs(0.1)
net.compile(optimizer=keras.optimizers.SGD(stairs), loss="mse")
new = Keras3(0.1, 200)
net.compile(optimizer=keras.optimizers.SGD(new), loss="mse")
falling = Exponential(0.1)
net.compile(optimizer=keras.optimizers.SGD(falling), loss="mse")
