"""Muon as Keras computes it, operation by operation, in plain MindSpore operators."""

from __future__ import annotations

import re

import mindspore
from mindspore import Tensor, ops

from tf2ms_opt.runtime.dense import _DenseOptimizer


def _is_matrix(parameter):
    return len(parameter.shape) == 2  # noqa: PLR2004 - rows and columns


class MuonKeras(_DenseOptimizer):
    """Muon of Keras 3, with Keras' arguments; MindSpore has no such class.

    Matrices take the direction of an averaged gradient ``x``, made nearly orthogonal by ``ns_steps`` rounds::

        w        = w - w * weight_decay * learning_rate
        momentum = momentum + (gradient + momentum * (beta - 1))        (beta is the argument ``momentum``)
        x        = gradient + beta * momentum                           (nesterov; else the momentum)
        x        = x / (norm(x) + 1e-7)
        x        = a * x + (b * x x' + c * x x' x x') x                 (ns_steps times)
        w        = w - learning_rate * x * sqrt(longer side) * rms_rate

    Other tensors take AdamW's rule, with ``adam_weight_decay`` and ``adam_lr_ratio`` times the rate, and so do matrices
    with ``embedding`` in their names, for ``exclude_embeddings``, or where one of ``exclude_layers`` is found.  These
    are regular expressions, and are looked for in MindSpore's names: a ``kernel`` is a ``weight`` there.

    Source: ``keras/src/optimizers/muon.py`` of Keras 3.15.
    """

    def __init__(
        self, params, learning_rate=0.001, adam_beta_1=0.9, adam_beta_2=0.999, adam_weight_decay=0.004, epsilon=1e-7,
        weight_decay=0.004, exclude_layers=None, exclude_embeddings=True, muon_a=3.4445, muon_b=-4.775, muon_c=2.0315,
        adam_lr_ratio=1, momentum=0.95, ns_steps=5, nesterov=True, rms_rate=0.2, loss_scale=1.0,
    ):  # fmt: skip
        super().__init__(params, learning_rate, loss_scale, 0.0)
        self.powers = tuple(Tensor(beta, mindspore.float32) for beta in (adam_beta_1, adam_beta_2))
        self.rests = (1.0 - adam_beta_1, 1.0 - adam_beta_2)
        self.epsilon = float(epsilon)
        self.factors = (float(muon_a), float(muon_b), float(muon_c))
        self.adam_lr_ratio = float(adam_lr_ratio)
        self.beta = float(momentum)
        self.rounds = int(ns_steps)
        self.nesterov = bool(nesterov)
        self.one = Tensor(1.0, mindspore.float32)
        words = [*(exclude_layers or ()), *(["(?i)embedding"] if exclude_embeddings else [])]
        self.by_adam = tuple(
            not _is_matrix(one) or any(re.search(word, one.name) for word in words) for one in self._parameters
        )
        self.decays = tuple(adam_weight_decay if adam else weight_decay for adam in self.by_adam)
        self.rms_rate = rms_rate
        self.lengths = tuple(Tensor(float(max(one.shape, default=1)), mindspore.float32) for one in self._parameters)
        self.momentum = self._parameters.clone(prefix="momentum", init="zeros")
        self.velocity = self._parameters.clone(prefix="velocity", init="zeros")

    def _update(self, index, gradient, rate, step):
        weight = self._parameters[index]
        decayed = weight
        if self.decays[index] is not None:
            decayed = weight - weight * self.decays[index] * rate
        if self.by_adam[index]:
            change = self._adam(index, gradient, rate * self.adam_lr_ratio, ops.cast(step, gradient.dtype) + 1.0)
        else:
            change = self._muon(index, gradient, rate)
        ops.assign(weight, decayed - change)

    def _adam(self, index, gradient, rate, number):
        first, second = [self.one - ops.pow(power, number) for power in self.powers]
        momentum = self.momentum[index] + (gradient - self.momentum[index]) * self.rests[0]
        velocity = self.velocity[index] + (ops.square(gradient) - self.velocity[index]) * self.rests[1]
        ops.assign(self.momentum[index], momentum)
        ops.assign(self.velocity[index], velocity)
        return momentum * (rate * ops.sqrt(second) / first).reshape(()) / (ops.sqrt(velocity) + self.epsilon)

    def _muon(self, index, gradient, rate):
        momentum = self.momentum[index] + (gradient + self.momentum[index] * (self.beta - 1.0))
        ops.assign(self.momentum[index], momentum)
        direction = gradient + self.beta * momentum if self.nesterov else momentum
        change = rate * self._orthogonal(direction)
        if self.rms_rate is not None:
            change = change * ops.sqrt(self.lengths[index]) * self.rms_rate
        return change

    def _orthogonal(self, matrix):
        """``matrix`` with singular values of nearly 1."""
        a, b, c = self.factors
        is_tall = matrix.shape[0] > matrix.shape[1]
        x = matrix.T if is_tall else matrix
        x = x / (ops.sqrt(ops.square(x).sum()) + 1e-7)
        for _ in range(self.rounds):
            product = ops.matmul(x, x.T)
            x = a * x + ops.matmul(b * product + ops.matmul(c * product, product), x)
        return x.T if is_tall else x
