"""The weights and the gradients that the probes of ``test_keras_base`` feed to both frameworks; imports numpy alone."""

import numpy as np

STEPS = 64
#: shapes whose sizes are no multiples of 8, and the scale of the weights and gradients of each
TENSORS = (((37,), 1e-6), ((13, 11), 1e-4), ((21,), 1e-2), ((3, 5, 7), 1.0), ((1,), 1e2), ((9, 10), 1e4))
#: so that a limit is passed at some steps and not at others
FACTORS = (0.1, 1.0, 10.0, 0.5, 3.0)
#: steps after which weights are compared: the first, some on either side of a period's end, and the last
SEEN = (0, 3, 9, 10, 29, 47, STEPS - 1)


def weights(chosen):
    random = np.random.RandomState(1)
    found = [(scale * random.randn(*shape)).astype(np.float32) for shape, scale in TENSORS]
    return [found[index] for index in chosen]


def gradients(chosen):
    """One list of arrays for each step."""
    random = np.random.RandomState(2)
    for step in range(STEPS):
        factor = FACTORS[step % len(FACTORS)]
        found = [(scale * factor * (0.3 + random.randn(*shape))).astype(np.float32) for shape, scale in TENSORS]
        yield [found[index] for index in chosen]


def scaled(arrays, scale, bad):
    """The gradients of a loss that was scaled; with ``bad``, a number that is none in one of them."""
    with np.errstate(over="ignore"):
        found = [array * np.float32(scale) for array in arrays]
    if bad:
        found[len(found) // 2].reshape(-1)[0] = float(bad)
    return found


def listed(arrays):
    return [[float(number) for number in array.ravel()] for array in arrays]
