"""The networks of the scripts as cells of MindSpore, from the same weights: what a person ports by hand."""

import given
import mindspore as ms
import numpy as np
from mindspore import nn


class _Network(nn.Cell):
    """Dense layers, a tanh between them."""

    def __init__(self, seed, *sizes, end=None, dropout=0.0):
        super().__init__()
        cells = []
        for place, (inputs, outputs) in enumerate(zip(sizes, sizes[1:], strict=False), 2):
            cells.append(nn.Dense(inputs, outputs))
            if place < len(sizes):
                cells.append(nn.Tanh())
                if dropout:
                    cells.append(nn.Dropout(p=dropout))
        if end is not None:
            cells.append(end)
        self.layers = nn.SequentialCell(*cells)
        self.load(given.weights(seed, *sizes))

    def load(self, weights):
        """Keras holds kernels the other way round."""
        for parameter, weight in zip(self.trainable_params(), weights, strict=True):
            parameter.set_data(ms.Tensor(np.ascontiguousarray(weight.T)))

    def construct(self, value):
        return self.layers(value)


class Classifier(_Network):
    """Logits of three classes."""

    def __init__(self, seed=0):
        super().__init__(seed, given.INPUTS, given.HIDDEN, given.CLASSES)


class SoftmaxClassifier(_Network):
    """Probabilities of three classes."""

    def __init__(self, seed=0):
        super().__init__(seed, given.INPUTS, given.HIDDEN, given.CLASSES, end=nn.Softmax())


class BinaryClassifier(_Network):
    """The probability of one class."""

    def __init__(self, seed=0):
        super().__init__(seed, given.INPUTS, given.HIDDEN, 1, end=nn.Sigmoid())


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
        super().__init__(0, 3, 1, end=nn.ReLU())
        self.load(given.LINEAR)


class Generator(_Network):
    """From noise to samples."""

    def __init__(self, seed=0):
        super().__init__(seed, 4, given.HIDDEN, 2)
        self.update_parameters_name("generator.")  # GRAPH mode takes no two parameters of one name


class Discriminator(_Network):
    """The logit of a sample being real."""

    def __init__(self, seed=1):
        super().__init__(seed, 2, given.HIDDEN, 1)
        self.update_parameters_name("discriminator.")
