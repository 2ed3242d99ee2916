"""Legacy Keras: whether one optimizer object in two models trains as one object for each does, class by class."""

import json
import sys

import numpy as np
import tf_keras

INPUTS = np.random.RandomState(0).randn(16, 3).astype("float32")
TARGETS = 2 * INPUTS.sum(1, keepdims=True)
STEPS = 5


def network():
    return tf_keras.Sequential([tf_keras.layers.Dense(1, kernel_initializer="ones", input_shape=(3,))])


def trained(first, second):
    """The weights of a model that trains with ``second``, after another one trained with ``first``."""
    before, model = network(), network()
    before.compile(optimizer=first, loss="mse")
    model.compile(optimizer=second, loss="mse")
    for each in (before, model):
        for _ in range(STEPS):
            each.train_on_batch(INPUTS, TARGETS)
    return model.get_weights()[0]


def same(name):
    make = getattr(tf_keras.optimizers.legacy, name)
    shared = make(0.1)
    return bool(np.array_equal(trained(shared, shared), trained(make(0.1), make(0.1))))


def default_epsilon(name, value):
    """Whether ``epsilon=value`` trains as the default does."""
    make = getattr(tf_keras.optimizers.legacy, name)
    return bool(np.array_equal(trained(make(0.1), make(0.1, epsilon=value)), trained(make(0.1), make(0.1))))


if __name__ == "__main__":
    shared, falsy = json.loads(sys.argv[1])
    print(
        json.dumps(
            {
                "shared": {name: same(name) for name in shared},
                "falsy": {name: [default_epsilon(name, value) for value in (None, 0)] for name in falsy},
            }
        )
    )
