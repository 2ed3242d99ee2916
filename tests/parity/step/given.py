"""What the scripts share in both frameworks: the data, the weights to start with, and where the numbers go."""

import json
import os

import numpy as np

#: inputs and hidden units: none a multiple of 8
INPUTS, HIDDEN, CLASSES = 5, 13, 3
#: kernel and bias of the comparison page's one layer, which are random there
LINEAR = (np.array([[0.04], [-0.02], [0.03]], np.float32), np.array([0.01], np.float32))


def weights(seed, *sizes):
    """Kernel and bias of every layer, in the layout of Keras (inputs, outputs)."""
    random = np.random.RandomState(seed)
    found = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        found.append((random.randn(inputs, outputs) / np.sqrt(inputs)).astype(np.float32))
        found.append(0.1 * random.randn(outputs).astype(np.float32))
    return found


def classes(samples, seed=1):
    """Inputs of shape (samples, 5), and labels 0, 1 and 2 that a straight line does not part."""
    random = np.random.RandomState(seed)
    inputs = random.randn(samples, INPUTS).astype(np.float32)
    labels = (inputs[:, 0] + 0.3 * inputs[:, 1] > 0.2).astype(np.int64) + (inputs[:, 2] * inputs[:, 3] > 0.1)
    return inputs, labels


def numbers(samples, seed=1):
    """Inputs of shape (samples, 5), and one number for each, of shape (samples,)."""
    random = np.random.RandomState(seed)
    inputs = random.randn(samples, INPUTS).astype(np.float32)
    return inputs, (np.sin(inputs[:, 0]) + 0.5 * inputs[:, 1] + 0.1 * random.randn(samples)).astype(np.float32)


def report(losses, **others):
    """Write the losses, and arrays of anything else, to the file that the environment names."""
    numbers_ = {name: np.ravel(np.asarray(value, np.float64)).tolist() for name, value in others.items()}
    with open(os.environ["NUMBERS"], "w", encoding="utf-8") as file:
        json.dump({"losses": [float(loss) for loss in losses], **numbers_}, file)
