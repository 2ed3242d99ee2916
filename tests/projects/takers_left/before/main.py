import tensorflow as tf
from tensorflow.keras.optimizers.schedules import ExponentialDecay

import trainers
from nets import net


class Derived(trainers.Base):
    pass


def rate():
    return ExponentialDecay(0.1, 1000, 0.96)


model = net()
trainers.Whole(tf.keras.optimizers.RMSprop(1e-3))
trainers.Base(model, tf.keras.optimizers.RMSprop(1e-3)).step(1, 2)
trainers.Heir(model, tf.keras.optimizers.RMSprop(1e-3)).step(1, 2)
trainers.cached(model, tf.keras.optimizers.RMSprop(1e-3))
trainers.rebound(model, tf.keras.optimizers.RMSprop(1e-3))
trainers.onward(model, tf.keras.optimizers.RMSprop(1e-3))
trainers.pairs(model, net(), tf.keras.optimizers.RMSprop(1e-3))
trainers.trained(net(), tf.keras.optimizers.RMSprop(1e-3), 1, 2)
options = {"x": 1, "y": 2}
trainers.trained(model, tf.keras.optimizers.RMSprop(1e-3), **options)
arguments = (model, tf.keras.optimizers.RMSprop(1e-3))
trainers.trained(*arguments, 1, 2)
trainers.looped(model, [], tf.keras.optimizers.RMSprop(1e-3))
trainers.kinds(model, [], tf.keras.optimizers.RMSprop(1e-3))
trainers.noted(model, [], tf.keras.optimizers.RMSprop(1e-3))
