import tensorflow as tf

from loops import Network
from named import Named
from rates import halve

first, second, third = networks()
loop = Network(first, tf.keras.optimizers.SGD(0.1))
loop.step(features, targets)
halve(loop)
named = Named(second, tf.keras.optimizers.RMSprop(0.1))
named.net = third
