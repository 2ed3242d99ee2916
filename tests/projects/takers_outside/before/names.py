from loops import Network

import tensorflow as tf

network = make_network()
loop = Network(network, tf.keras.optimizers.SGD(0.1))
setattr(loop, "optimizer", make_optimizer())
