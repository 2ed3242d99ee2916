import tensorflow as tf
from tensorflow.keras.optimizers.schedules import ExponentialDecay

import trainers
from nets import net
from mindspore import nn, ops


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
optimizer = nn.RMSProp(model.trainable_params(), learning_rate=1e-3, decay=0.9, epsilon=1e-07)
for mean_square in optimizer.ms:  # Keras starts this average at 0, MindSpore at 1
    mean_square.set_data(ops.zeros_like(mean_square))
trainers.trained(model, optimizer, **options)
arguments = (model, tf.keras.optimizers.RMSprop(1e-3))
trainers.trained(*arguments, 1, 2)
optimizer_2 = nn.RMSProp(model.trainable_params(), learning_rate=1e-3, decay=0.9, epsilon=1e-07)
for mean_square in optimizer_2.ms:  # Keras starts this average at 0, MindSpore at 1
    mean_square.set_data(ops.zeros_like(mean_square))
trainers.looped(model, [], optimizer_2)
optimizer_3 = nn.RMSProp(model.trainable_params(), learning_rate=1e-3, decay=0.9, epsilon=1e-07)
for mean_square in optimizer_3.ms:  # Keras starts this average at 0, MindSpore at 1
    mean_square.set_data(ops.zeros_like(mean_square))
trainers.kinds(model, [], optimizer_3)
optimizer_4 = nn.RMSProp(model.trainable_params(), learning_rate=1e-3, decay=0.9, epsilon=1e-07)
for mean_square in optimizer_4.ms:  # Keras starts this average at 0, MindSpore at 1
    mean_square.set_data(ops.zeros_like(mean_square))
trainers.noted(model, [], optimizer_4)
