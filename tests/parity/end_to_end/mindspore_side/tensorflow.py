"""What a person ports by hand today, under the names that the scripts use: the network and the training step.

The converter rewrites the optimizer of a script and leaves layers, compile and fit as they are.  For the end-to-end
tests this module gives those names to MindSpore: the same layers from the same weights, and a step with the same loss.
"""

import os
from types import SimpleNamespace

import mindspore as ms
import numpy as np
from mindspore import nn


class _Dense(nn.Cell):
    """``keras.layers.Dense``; the weights come later, by ``set_weights``."""

    def __init__(self, units, activation=None, input_shape=None, kernel_regularizer=None):
        super().__init__()
        assert kernel_regularizer is None, "the converter moves regularizers into the optimizer"
        self.units = units
        self.activation = {"tanh": nn.Tanh(), None: nn.Identity()}[activation]

    def build(self, inputs):
        self.dense = nn.Dense(inputs, self.units)

    def construct(self, value):
        return self.activation(self.dense(value))


class _Sequential(nn.Cell):
    """``keras.Sequential`` of dense layers with ``compile`` and ``fit``."""

    def __init__(self, layers):
        super().__init__()
        inputs = 5
        for layer in layers:
            layer.build(inputs)
            inputs = layer.units
        self.layers = nn.SequentialCell(*layers)

    def construct(self, value):
        return self.layers(value)

    def set_weights(self, weights):
        """Keras holds kernels the other way round."""
        for parameter, weight in zip(self.trainable_params(), weights, strict=True):
            parameter.set_data(ms.Tensor(np.ascontiguousarray(weight.T)))

    def compile(self, optimizer=None, loss=None, metrics=None):
        assert loss == "mse"
        self.optimizer = optimizer

    def fit(self, x, y, batch_size, epochs, shuffle, verbose):
        assert batch_size == len(x)
        assert not shuffle
        x, y = ms.Tensor(x), ms.Tensor(y)
        step = _cell_step(self) if os.environ["STEP"] == "cell" else _function_step(self)
        losses = [float(step(x, y).asnumpy()) for _ in range(epochs)]
        return SimpleNamespace(history={"loss": losses, "mse": losses})


def _function_step(net):
    """The functional form: gradients, then the optimizer."""
    loss_fn = nn.MSELoss()

    def forward(x, y):
        return loss_fn(net(x), y)

    grad = ms.value_and_grad(forward, None, net.optimizer.parameters)

    def step(x, y):
        loss, gradients = grad(x, y)
        net.optimizer(gradients)
        return loss

    return step


def _cell_step(net):
    """The form of MindSpore's ``Model``: one cell that holds network, loss and optimizer."""
    step = nn.TrainOneStepCell(nn.WithLossCell(net, nn.MSELoss()), net.optimizer)
    step.set_train()
    return step


keras = SimpleNamespace(
    Sequential=_Sequential,
    layers=SimpleNamespace(Dense=_Dense),
)
