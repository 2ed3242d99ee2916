from lib import train

network.layers[0].trainable = False
train(network, features, targets)
