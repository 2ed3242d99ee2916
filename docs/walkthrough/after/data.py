"""Three noisy clusters, drawn from a seed: arrays of numpy, split for training and validation."""

import numpy as np


def load(config):
    """``(features, labels)`` for training, and for validation."""
    random = np.random.default_rng(config.seed)
    centres = random.normal(0.0, 1.0, (config.classes, config.features))
    labels = random.integers(0, config.classes, config.samples)
    features = centres[labels] + random.normal(0.0, 1.2, (config.samples, config.features))
    features = features.astype("float32")
    labels = labels.astype("int32")
    cut = config.samples * 4 // 5
    return (features[:cut], labels[:cut]), (features[cut:], labels[cut:])
