"""The two cells behind :class:`Trainer`: the loss of a batch, and one update."""

from __future__ import annotations

import inspect

from mindspore import nn, ops


class _Objective(nn.Cell):
    """The loss of a batch, its penalties included; the predictions, and the labels as they came.

    Where the loss is one of MindSpore's, labels get the shape of predictions as long as they are equally many:
    MindSpore would broadcast (n, 1) against (n,) to (n, n), and Keras does not.
    """

    def __init__(self, net, loss_fn, penalties):
        super().__init__(auto_prefix=False)  # the names of the network's parameters stay
        self.net = net
        self.loss_fn = loss_fn
        self.penalties = penalties
        construct = loss_fn.construct if isinstance(loss_fn, nn.Cell) else loss_fn
        self.takes_weights = "weights" in inspect.signature(construct).parameters

    def construct(self, features, labels, *weights):
        predictions = self.net(features)
        if self.takes_weights:
            loss = self.loss_fn(predictions, labels, *weights)
        elif predictions.size == labels.size:
            loss = self.loss_fn(predictions, labels.reshape(predictions.shape))
        else:
            loss = self.loss_fn(predictions, labels)
        if self.penalties is not None:
            loss = loss + self.penalties()
        return loss, predictions, labels


class _TrainStep(nn.TrainOneStepCell):
    """One update; the loss and the predictions are those before it.  Scales of the loss are the optimizer's."""

    def __init__(self, objective, optimizer):
        super().__init__(objective, optimizer)
        self.scales = hasattr(optimizer, "scale_loss")
        self.to_be_unscaled = hasattr(optimizer, "get_unscaled_gradients") and not getattr(optimizer, "unscales", False)
        self.value_and_grad = ops.value_and_grad(self._forward, None, self.weights, has_aux=True)

    def _forward(self, *batch):
        loss, predictions, _ = self.network(*batch)
        scaled = self.optimizer.scale_loss(loss) if self.scales else loss
        return scaled, loss, predictions

    def construct(self, *batch):
        (_, loss, predictions), gradients = self.value_and_grad(*batch)
        gradients = self.grad_reducer(gradients)
        if self.to_be_unscaled:
            gradients = self.optimizer.get_unscaled_gradients(gradients)
        return ops.depend(loss, self.optimizer(gradients)), predictions
