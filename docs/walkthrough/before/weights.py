"""The weights that a run starts from, drawn by numpy so that every run starts from the same ones."""

import numpy as np


def draw(config):
    """Kernel, bias, kernel, bias; a kernel has a row for every input."""
    random = np.random.default_rng(config.seed)
    found = []
    for inputs, outputs in [(config.features, config.hidden), (config.hidden, config.classes)]:
        limit = np.sqrt(6 / (inputs + outputs))
        found.append(random.uniform(-limit, limit, (inputs, outputs)).astype("float32"))
        found.append(np.zeros(outputs, "float32"))
    return found
