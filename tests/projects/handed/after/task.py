"""Classes that get an optimizer: one is used in another file as well."""
from mindspore import nn
from tf2ms_runtime import MeanSquaredError, Trainer


class Shared:
    def __init__(self, model, optimizer):
        self.model = model
        self.optimizer = optimizer
        self.model_trainer = Trainer(self.model, optimizer=self.optimizer, loss_fn=MeanSquaredError())

    def run(self):
        self.model_trainer.fit(features, targets)


class Own:
    def __init__(self, net, optimizer):
        self.net = net
        self.net_trainer = Trainer(self.net, optimizer=optimizer, loss_fn=MeanSquaredError())

    def run(self):
        self.net_trainer.fit(features, targets)


first = make_network()
Shared(first, nn.Adam(first.trainable_params(), learning_rate=0.1, beta1=0.9, beta2=0.999, eps=1e-07)).run()
second = make_network()
Own(second, nn.Adam(second.trainable_params(), learning_rate=0.1, beta1=0.9, beta2=0.999, eps=1e-07)).run()
