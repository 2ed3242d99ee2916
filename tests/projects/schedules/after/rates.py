"""A schedule of the file's own that another file derives from, and one that is this file's alone."""
import tensorflow as tf
from mindspore import float32, nn, ops
from tf2ms_runtime import MeanSquaredError, Trainer


class Falling(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, rate, steps):
        self.rate = rate
        self.steps = steps

    def __call__(self, step):
        return self.rate / (1 + tf.cast(step, tf.float32) / self.steps)


class Own(nn.learning_rate_schedule.LearningRateSchedule):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def construct(self, step):
        return self.rate / (1 + ops.cast(step, float32))


first = make_network()
first.compile(tf.keras.optimizers.SGD(Falling(0.1, 3)), loss="mse")
second = make_network()
optimizer_2 = nn.SGD(second.trainable_params(), learning_rate=Own(0.1))
trainer = Trainer(second, optimizer=optimizer_2, loss_fn=MeanSquaredError())


def build(rate):
    return tf.keras.optimizers.Adam(learning_rate=rate)
