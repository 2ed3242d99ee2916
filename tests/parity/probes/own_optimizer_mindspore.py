"""The classes of ``own_optimizer_keras.py``, written as finding TMO303 says; the weights behind every step as JSON.

python own_optimizer_mindspore.py CLASS MODE < inputs
"""

import json
import sys

import mindspore
import numpy as np
from mindspore import Parameter, Tensor, nn, ops


class Momentum(nn.Optimizer):
    def __init__(self, params, learning_rate=0.01, momentum=0.9, decay=0.0):
        super().__init__(learning_rate, params)
        self.momentum = momentum
        self.decay = decay
        self.velocity = self.parameters.clone(prefix="velocity", init="zeros")

    def construct(self, gradients):
        rate = self.get_lr()
        rate = rate / (1.0 + self.decay * self.global_step)
        self.assignadd(self.global_step, self.global_step_increase_tensor)
        for parameter, velocity, gradient in zip(self.parameters, self.velocity, gradients):  # noqa: B905 - as it is said
            ops.assign(velocity, self.momentum * velocity - rate * gradient)
            ops.assign(parameter, parameter + velocity)
        return True


class Centralized(nn.Adam):
    def construct(self, gradients):
        return super().construct(tuple([gradient - gradient.mean() for gradient in gradients]))


class Net(nn.Cell):
    """Its loss has the gradients that it is called with."""

    def __init__(self, weights):
        super().__init__()
        self.first = Parameter(Tensor(np.array(weights[0], np.float32)))
        self.second = Parameter(Tensor(np.array(weights[1], np.float32)))

    def construct(self, first, second):
        return (self.first * first).sum() + (self.second * second).sum()


def train(given):
    net = Net(given["weights"])
    if sys.argv[1] == "Momentum":
        optimizer = Momentum(net.trainable_params(), 0.05, momentum=0.8, decay=0.1)
    else:
        optimizer = Centralized(net.trainable_params(), learning_rate=0.01, beta1=0.9, beta2=0.999, eps=1e-07)

    def forward(first, second):
        return net(first, second)

    step = mindspore.value_and_grad(forward, None, optimizer.parameters)
    steps = []
    for wanted in given["gradients"]:
        _, gradients = step(*(Tensor(np.array(one, np.float32)) for one in wanted))
        optimizer(gradients)
        steps.append([one.asnumpy().ravel().tolist() for one in net.trainable_params()])
    mindspore.save_checkpoint(optimizer, "optimizer.ckpt")
    kept = mindspore.load_checkpoint("optimizer.ckpt")
    assert any(name.startswith(("velocity", "moment1")) for name in kept)
    return steps


mindspore.set_context(mode=getattr(mindspore, f"{sys.argv[2]}_MODE"))
print(json.dumps([train(given) for given in json.load(sys.stdin)]))
