import tensorflow as tf
from task import Shared

network = make_network()
Shared(network, tf.keras.optimizers.SGD(0.1)).run()
