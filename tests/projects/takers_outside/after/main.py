import tensorflow as tf

from loops import Network
from named import Named
from rates import halve
from mindspore import nn

first, second, third = networks()
loop = Network(first, nn.SGD(first.trainable_params(), learning_rate=0.1))
loop.step(features, targets)
halve(loop)
named = Named(second, tf.keras.optimizers.RMSprop(0.1))
named.net = third
