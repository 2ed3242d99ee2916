"""Methods that get an optimizer: the network is an argument as well, or the object keeps it."""

from mindspore import ops, value_and_grad
from tf2ms_runtime import to_tensor


class Keeper:
    def __init__(self, model, epochs=2):
        self.model = model
        self.epochs = epochs

    def descend(self, batches, optimizer):
        for x, y in batches:
            y, x = to_tensor(y), to_tensor(x)
            def forward():
                loss = ops.mean(ops.square(self.model(x) - y))
                return loss
            loss, grads = value_and_grad(forward, None, optimizer.parameters)()
            optimizer(grads)


class Called:
    def climb(self, net, opt):
        net.compile(opt, loss="mse")
        net.fit([], [])


class Overridden:
    def walk(self, net, opt):
        net.compile(opt, loss="mse")
        net.fit([], [])


class Static:
    @staticmethod
    def run(net, opt):
        net.compile(opt, loss="mse")
        net.fit([], [])


def climbing(anything):
    anything.climb(None, None)
