"""The wrappers of ``keras_base`` inside of everything that MindSpore puts optimizers into; prints JSON.

    python keras_base_surroundings.py PYNATIVE|GRAPH RUNTIME FOLDER

RUNTIME holds ``tf2ms_runtime.py``, and FOLDER takes checkpoints.  Every scenario ends in weights, which the test
compares with those of plain calls.
"""

import json
import os
import sys

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
import numpy as np
from mindspore import nn

MODE, RUNTIME, FOLDER = sys.argv[1:]
sys.path.insert(0, RUNTIME)
import tf2ms_runtime as runtime

ms.set_context(mode=ms.GRAPH_MODE if MODE == "GRAPH" else ms.PYNATIVE_MODE)
STEPS = 13  # no multiple of the steps that are accumulated
RANDOM = np.random.RandomState(0)
X, Y = RANDOM.randn(STEPS, 6, 5).astype(np.float32), RANDOM.randn(STEPS, 6, 3).astype(np.float32)
X[4] *= 1e20  # the gradient of the square is inf
WEIGHT, BIAS = RANDOM.randn(3, 5).astype(np.float32), RANDOM.randn(3).astype(np.float32)
EMA = {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3}


def rule(params):
    return runtime.RMSpropKeras3(params, learning_rate=nn.ExponentialDecayLR(0.05, 0.5, 4), momentum=0.9)


def keras3(params, **given):
    return runtime.KerasOptimizer(rule(params), clipnorm=0.5, weight_decay=0.1, **EMA, **given)


BUILDS = {
    "legacy": lambda params: runtime.KerasOptimizerLegacy(rule(params), clipvalue=0.1, clipnorm=0.5),
    "tf211": lambda params: runtime.KerasOptimizerTF211(rule(params), global_clipnorm=0.5, weight_decay=0.1, **EMA),
    "keras3": lambda params: keras3(params, loss_scale_factor=64.0, gradient_accumulation_steps=2),
    "scaler": lambda params: runtime.LossScaleOptimizer(
        keras3(params, gradient_accumulation_steps=2), dynamic_growth_steps=3
    ),
    "scaler of Keras 2": lambda params: runtime.LossScaleOptimizerKeras2(
        BUILDS["tf211"](params), dynamic_growth_steps=3, unscales=True
    ),
}


def batches(name):
    """Without the batch whose gradients overflow, where nothing would skip it."""
    return [step for step in range(STEPS) if step != 4 or "scaler" in name]


def network():
    return nn.Dense(5, 3, weight_init=ms.Tensor(WEIGHT), bias_init=ms.Tensor(BIAS))


def state(net, optimizer):
    """The weights, and all that the optimizer keeps but the weights."""
    kept = {one.name: one.asnumpy() for one in optimizer.get_parameters()}
    weights = [one.asnumpy() for one in net.trainable_params()]
    return [float(number) for one in [*weights, *(kept[name] for name in sorted(kept))] for number in one.ravel()]


def train(net, optimizer, steps):
    """The plain way: gradients of a function, and the optimizer called with them."""
    loss = nn.MSELoss()

    def forward(x, y):
        return optimizer.scale_loss(loss(net(x), y))

    grad = ms.value_and_grad(forward, None, optimizer.parameters)
    for step in steps:
        _, gradients = grad(ms.Tensor(X[step]), ms.Tensor(Y[step]))
        optimizer(gradients)
    return state(net, optimizer)


class ScaledLoss(nn.Cell):
    def __init__(self, optimizer):
        super().__init__(auto_prefix=False)
        self.optimizer = optimizer
        self.loss = nn.MSELoss()

    def construct(self, logits, labels):
        return self.optimizer.scale_loss(self.loss(logits, labels))


def plain(name):
    net = network()
    return train(net, BUILDS[name](net.trainable_params()), batches(name))


def compiled(name):
    """A whole step in one jit."""
    net = network()
    optimizer, loss = BUILDS[name](net.trainable_params()), nn.MSELoss()

    def forward(x, y):
        return optimizer.scale_loss(loss(net(x), y))

    grad = ms.value_and_grad(forward, None, optimizer.parameters)

    @ms.jit
    def step(x, y):
        value, gradients = grad(x, y)
        optimizer(gradients)
        return value

    for one in batches(name):
        step(ms.Tensor(X[one]), ms.Tensor(Y[one]))
    return state(net, optimizer)


def one_step_cell(name):
    net = network()
    optimizer = BUILDS[name](net.trainable_params())
    step = nn.TrainOneStepCell(nn.WithLossCell(net, ScaledLoss(optimizer)), optimizer)
    step.set_train()
    for one in batches(name):
        step(ms.Tensor(X[one]), ms.Tensor(Y[one]))
    return state(net, optimizer)


def model(name):
    net = network()
    optimizer = BUILDS[name](net.trainable_params())
    trainer = ms.train.Model(net, loss_fn=ScaledLoss(optimizer), optimizer=optimizer)
    given = X[batches(name)].reshape(-1, 5), Y[batches(name)].reshape(-1, 3)
    data = ms.dataset.NumpySlicesDataset(given, shuffle=False).batch(6)
    trainer.train(1, data, dataset_sink_mode=False)
    return state(net, optimizer)


def checkpoint(name):
    """Seven steps, saved, loaded into another optimizer, and the others."""
    net = network()
    optimizer = BUILDS[name](net.trainable_params())
    train(net, optimizer, batches(name)[:7])
    file = f"{FOLDER}/{name}-{MODE}.ckpt"
    ms.save_checkpoint(optimizer, file)
    other = network()
    resumed = BUILDS[name](other.trainable_params())
    missing, unknown = ms.load_param_into_net(resumed, ms.load_checkpoint(file), strict_load=True)
    assert not missing, missing
    assert not unknown, unknown
    return train(other, resumed, batches(name)[7:])


def loaded_first(name):
    """Weights that are set behind the making of the optimizer are those that averages start from."""
    net = network()
    for one in net.trainable_params():
        ms.ops.assign(one, ms.ops.ones_like(one))
    optimizer = BUILDS[name](net.trainable_params())
    for one, value in zip(net.trainable_params(), (WEIGHT, BIAS), strict=True):
        ms.ops.assign(one, ms.Tensor(value))
    return train(net, optimizer, batches(name))


SCENARIOS = (plain, compiled, one_step_cell, model, checkpoint, loaded_first)
print(json.dumps({name: {one.__name__: one(name) for one in SCENARIOS} for name in BUILDS}))
