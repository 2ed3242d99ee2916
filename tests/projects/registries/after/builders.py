"""Functions under names, in a dictionary."""

from mindspore import nn, ops


def rmsprop(params, rate):
    optimizer = nn.RMSProp(params, learning_rate=rate, decay=0.9, epsilon=1e-07)
    for mean_square in optimizer.ms:  # Keras starts this average at 0, MindSpore at 1
        mean_square.set_data(ops.zeros_like(mean_square))
    return optimizer


def adam(params, rate):
    return nn.Adam(params, learning_rate=rate, beta1=0.9, beta2=0.999, eps=1e-07)


BUILDERS = {"rmsprop": rmsprop, "adam": adam}


def build(params, name, rate=0.001):
    if name not in BUILDERS:
        raise ValueError(f"{name} is none of {sorted(BUILDERS)}")
    builder = BUILDERS[name]
    return builder(params, rate)
