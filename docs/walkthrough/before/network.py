"""The network: two dense layers, the first of them regularized."""

from tensorflow import keras

import weights


def build(config):
    network = keras.Sequential(
        [
            keras.Input((config.features,)),
            keras.layers.Dense(config.hidden, activation="relu", kernel_regularizer=keras.regularizers.L2(config.l2)),
            keras.layers.Dense(config.classes),
        ]
    )
    network.set_weights(weights.draw(config))
    return network
