"""Classes on Keras' optimizers, as a file may have them, on several inputs; the weights behind every step as JSON.

python own_optimizer_keras.py CLASS < inputs
"""

import json
import os
import sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")

import numpy as np
import tensorflow as tf


class Momentum(tf.keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, momentum=0.9, decay=0.0):
        super().__init__(learning_rate=learning_rate)
        self.momentum = momentum
        self.decay = decay

    def build(self, variables):
        super().build(variables)
        self.velocity = [self.add_variable_from_reference(one, "velocity") for one in variables]

    def update_step(self, gradient, variable, learning_rate):
        velocity = self.velocity[self._get_variable_index(variable)]
        rate = learning_rate / (1.0 + self.decay * tf.cast(self.iterations, tf.float32))
        velocity.assign(self.momentum * velocity - rate * gradient)
        variable.assign_add(velocity)


class Centralized(tf.keras.optimizers.Adam):
    def apply_gradients(self, pairs):
        return super().apply_gradients([(gradient - tf.reduce_mean(gradient), one) for gradient, one in pairs])


found = []
for given in json.load(sys.stdin):
    weights = [tf.Variable(np.array(one, np.float32)) for one in given["weights"]]
    optimizer = Momentum(0.05, momentum=0.8, decay=0.1) if sys.argv[1] == "Momentum" else Centralized(0.01)
    steps = []
    for gradients in given["gradients"]:
        optimizer.apply_gradients(zip([tf.constant(one) for one in gradients], weights, strict=True))
        steps.append([one.numpy().ravel().tolist() for one in weights])
    found.append(steps)
print(json.dumps(found))
