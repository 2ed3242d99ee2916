import tensorflow as tf
from rates import Falling, build


class Faster(Falling):
    def __call__(self, step):
        return super().__call__(step) * 2


third = make_network()
rate = tf.keras.optimizers.schedules.CosineDecay(0.1, 10)
optimizer = build(rate)
third.compile(optimizer, loss="mse")
third.fit(features, targets)
