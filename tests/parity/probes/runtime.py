"""The runtime's classes inside of everything that MindSpore puts optimizers into; prints JSON.

    python runtime.py PYNATIVE|GRAPH FOLDER

FOLDER holds ``tf2ms_runtime.py``.  Every scenario ends in weights, which the test compares with those of plain calls.
"""

import json
import os
import sys

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
import numpy as np
from mindspore import nn, ops

MODE, FOLDER = sys.argv[1:]
sys.path.insert(0, FOLDER)
import tf2ms_runtime

ms.set_context(mode=ms.GRAPH_MODE if MODE == "GRAPH" else ms.PYNATIVE_MODE)
CLASSES = ("RMSpropKeras3", "RMSpropTF211", "RMSpropLegacy", "RMSpropTF1")
STEPS = 12
RANDOM = np.random.RandomState(0)
X, Y = RANDOM.randn(STEPS, 6, 5).astype(np.float32), RANDOM.randn(STEPS, 6, 3).astype(np.float32)
WEIGHT, BIAS = RANDOM.randn(3, 5).astype(np.float32), RANDOM.randn(3).astype(np.float32)


def network():
    return nn.Dense(5, 3, weight_init=ms.Tensor(WEIGHT), bias_init=ms.Tensor(BIAS))


def build(name, params, **given):
    return getattr(tf2ms_runtime, name)(params, **{"learning_rate": 0.01, "momentum": 0.9, "centered": True, **given})


def weights(net):
    return [float(number) for one in net.trainable_params() for number in one.asnumpy().ravel()]


def train(net, optimizer, first=0, last=STEPS, scale=1.0):
    """The plain way: gradients of a function, and the optimizer called with them."""
    loss = nn.MSELoss()

    def forward(x, y):
        return loss(net(x), y) * scale

    grad = ms.value_and_grad(forward, None, optimizer.parameters)
    for step in range(first, last):
        _, gradients = grad(ms.Tensor(X[step]), ms.Tensor(Y[step]))
        optimizer(gradients)
    return weights(net)


def plain(name):
    net = network()
    return train(net, build(name, net.trainable_params()))


def one_step_cell(name):
    net = network()
    step = nn.TrainOneStepCell(nn.WithLossCell(net, nn.MSELoss()), build(name, net.trainable_params()))
    step.set_train()
    for x, y in zip(X, Y, strict=True):
        step(ms.Tensor(x), ms.Tensor(y))
    return weights(net)


def model(name):
    net = network()
    trainer = ms.train.Model(net, loss_fn=nn.MSELoss(), optimizer=build(name, net.trainable_params()))
    data = ms.dataset.NumpySlicesDataset((X.reshape(-1, 5), Y.reshape(-1, 3)), shuffle=False).batch(6)
    trainer.train(1, data, dataset_sink_mode=False)
    return weights(net)


def loss_scale(name):
    net = network()
    return train(net, build(name, net.trainable_params(), loss_scale=128.0), scale=128.0)


def checkpoint(name):
    """Half of the steps, saved, loaded into another optimizer, and the other half."""
    net = network()
    optimizer = build(name, net.trainable_params())
    train(net, optimizer, last=STEPS // 2)
    file = f"{FOLDER}/{name}-{MODE}.ckpt"
    ms.save_checkpoint(optimizer, file)
    other = network()
    resumed = build(name, other.trainable_params())
    missing, _ = ms.load_param_into_net(resumed, ms.load_checkpoint(file))
    assert not missing, missing
    return train(other, resumed, first=STEPS // 2)


def groups(name):
    """A group of its own for each parameter: other rates, and weight decay on the kernel alone."""
    net = network()
    kernel, bias = net.trainable_params()
    params = [{"params": [kernel], "lr": 0.02, "weight_decay": 0.1}, {"params": [bias], "weight_decay": 0.0}]
    return train(net, build(name, params))


def by_hand(name):
    """What the groups have to compute: two optimizers, and the decay in the gradient."""
    net = network()
    kernel, bias = net.trainable_params()
    fast, slow = build(name, [kernel], learning_rate=0.02), build(name, [bias])
    loss = nn.MSELoss()

    def forward(x, y):
        return loss(net(x), y)

    grad = ms.value_and_grad(forward, None, ms.ParameterTuple([kernel, bias]))
    for x, y in zip(X, Y, strict=True):
        _, (of_kernel, of_bias) = grad(ms.Tensor(x), ms.Tensor(y))
        fast((of_kernel + kernel * 0.1,))
        slow((of_bias,))
    return weights(net)


def schedule(name):
    net = network()
    return train(net, build(name, net.trainable_params(), learning_rate=nn.ExponentialDecayLR(0.01, 0.5, 4)))


def assigned(name):
    """The same falling rate, assigned before every step."""
    net = network()
    optimizer = build(name, net.trainable_params())
    for step in range(STEPS):
        rate = nn.ExponentialDecayLR(0.01, 0.5, 4)(ms.Tensor(step, ms.int32))
        ops.assign(optimizer.learning_rate, ops.reshape(rate, optimizer.learning_rate.shape))
        train(net, optimizer, first=step, last=step + 1)
    return weights(net)


SCENARIOS = (plain, one_step_cell, model, loss_scale, checkpoint, groups, by_hand, schedule, assigned)
print(json.dumps({name: {one.__name__: one(name) for one in SCENARIOS} for name in CLASSES}))
