
from .base import Task
from mindspore import nn
from .tf2ms_runtime import MeanSquaredError, Trainer


class Fit(Task):
    def run(self, features, targets):
        optimizer = nn.Adam(self.model.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
        self.trainer = Trainer(self.model, optimizer=optimizer, loss_fn=MeanSquaredError())
        self.trainer.fit(features, targets)
