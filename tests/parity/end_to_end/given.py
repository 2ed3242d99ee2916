"""What the scripts share in both frameworks: the data, the weights to start with, and where the losses go."""

import json
import os

import numpy as np

STEPS = 120
#: how many inputs, hidden units and outputs: none a multiple of 8
SIZES = (5, 13, 3)
SAMPLES = 24


def data():
    """Inputs of shape (24, 5) and targets of shape (24, 3), float32."""
    random = np.random.RandomState(1)
    inputs = random.randn(SAMPLES, SIZES[0]).astype(np.float32)
    targets = np.tanh(inputs @ random.randn(SIZES[0], SIZES[2])).astype(np.float32)
    return inputs, targets + 0.1 * random.randn(SAMPLES, SIZES[2]).astype(np.float32)


def weights(seed=0):
    """Kernel and bias of both layers, in the layout of Keras (inputs, outputs)."""
    random = np.random.RandomState(seed)
    found = []
    for inputs, outputs in zip(SIZES, SIZES[1:], strict=False):
        found.append((random.randn(inputs, outputs) / np.sqrt(inputs)).astype(np.float32))
        found.append(0.1 * random.randn(outputs).astype(np.float32))
    return found


def report(losses):
    """Write the loss of every step to the file that the environment names."""
    with open(os.environ["LOSSES"], "w", encoding="utf-8") as file:
        json.dump([float(loss) for loss in losses], file)
