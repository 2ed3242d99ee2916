from mindspore import value_and_grad
from .tf2ms_runtime import to_tensor


class Task:
    """Gets its loss from whoever makes it."""

    def __init__(self, network, optimizer, loss_fn, *, scale=1.0):
        self.network = network
        self.optimizer = optimizer
        self.loss_fn = loss_fn
        self.scale = scale

    def step(self, x, y):
        self.network.set_train()
        scale_tensor, y, x = to_tensor(self.scale), to_tensor(y), to_tensor(x)
        def forward():
            loss = scale_tensor * self.loss_fn(labels=y, logits=self.network(x))
            return loss
        loss, grads = value_and_grad(forward, None, self.optimizer.parameters)()
        self.optimizer(grads)
