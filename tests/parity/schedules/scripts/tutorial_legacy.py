"""The Transformer tutorial, as it was written for Keras 2: the step is a float32 there."""

import tensorflow as tf


class CustomSchedule(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, d_model, warmup_steps=4000):
        super(CustomSchedule, self).__init__()

        self.d_model = d_model
        self.d_model = tf.cast(self.d_model, tf.float32)

        self.warmup_steps = warmup_steps

    def __call__(self, step):
        arg1 = tf.math.rsqrt(step)
        arg2 = step * (self.warmup_steps**-1.5)

        return tf.math.rsqrt(self.d_model) * tf.math.minimum(arg1, arg2)


class Counted(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, base, every):
        self.base = base
        self.every = every

    def __call__(self, step):
        return self.base * 0.5 ** (step // self.every) / (1 + step % self.every) + self.base / (step + 1) * step / 1000


noam = CustomSchedule(512)
net.compile(optimizer=tf.keras.optimizers.legacy.Adam(noam, beta_1=0.9, beta_2=0.98, epsilon=1e-9), loss="mse")
short = CustomSchedule(d_model=100, warmup_steps=50)
net.compile(optimizer=tf.keras.optimizers.legacy.SGD(short), loss="mse")
counted = Counted(0.1, 50)
net.compile(optimizer=tf.keras.optimizers.legacy.SGD(counted), loss="mse")
curve = short(tf.range(300, dtype=tf.float32)).numpy()
third = noam(3.0).numpy()
