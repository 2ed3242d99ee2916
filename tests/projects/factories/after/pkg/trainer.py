from . import optim
from .models import build_model
from mindspore import ops, value_and_grad
from .tf2ms_runtime import to_tensor


class Trainer:
    def __init__(self, config):
        self.net = build_model(config)
        self.optimizer = optim.build_optimizer(self.net.trainable_params(), config.name, lr=config.lr)

    def step(self, x, y):
        self.net.set_train()
        y, x = to_tensor(y), to_tensor(x)
        def forward():
            loss = ops.mean(ops.square(self.net(x) - y))
            return loss
        loss, grads = value_and_grad(forward, None, self.optimizer.parameters)()
        self.optimizer(grads)
        return loss
