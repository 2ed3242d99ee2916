"""The networks of the scripts in Keras, from fixed weights."""

import given
import tensorflow as tf
from tensorflow.keras import layers


class _Network(tf.keras.Sequential):
    """Dense layers, a tanh between them; in Keras 3 and in Keras 2."""

    def __init__(self, seed, *sizes, end=None, dropout=0.0):
        super().__init__()
        self.add(tf.keras.Input((sizes[0],)))
        for units in sizes[1:-1]:
            self.add(layers.Dense(units, activation="tanh"))
            if dropout:
                self.add(layers.Dropout(dropout))
        self.add(layers.Dense(sizes[-1], activation=end))
        self.set_weights(given.weights(seed, *sizes))


class Classifier(_Network):
    """Logits of three classes."""

    def __init__(self, seed=0):
        super().__init__(seed, given.INPUTS, given.HIDDEN, given.CLASSES)


class SoftmaxClassifier(_Network):
    """Probabilities of three classes."""

    def __init__(self, seed=0):
        super().__init__(seed, given.INPUTS, given.HIDDEN, given.CLASSES, end="softmax")


class BinaryClassifier(_Network):
    """The probability of one class."""

    def __init__(self, seed=0):
        super().__init__(seed, given.INPUTS, given.HIDDEN, 1, end="sigmoid")


class Regressor(_Network):
    """One number, of shape (N, 1)."""

    def __init__(self, seed=0):
        super().__init__(seed, given.INPUTS, given.HIDDEN, 1)


class DropoutRegressor(_Network):
    """One number; half of the hidden units are dropped in training."""

    def __init__(self, seed=0):
        super().__init__(seed, given.INPUTS, given.HIDDEN, 1, dropout=0.5)


class Linear(_Network):
    """One layer, from three inputs to one number that is cut off below 0, as on the comparison page."""

    def __init__(self):
        super().__init__(0, 3, 1, end="relu")
        self.set_weights(given.LINEAR)


class Generator(_Network):
    """From noise to samples."""

    def __init__(self, seed=0):
        super().__init__(seed, 4, given.HIDDEN, 2)


class Discriminator(_Network):
    """The logit of a sample being real."""

    def __init__(self, seed=1):
        super().__init__(seed, 2, given.HIDDEN, 1)
