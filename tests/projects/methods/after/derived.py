"""A class that calls the method of its base class in another file."""
from maker import Maker
from tf2ms_runtime import MeanSquaredError, Trainer


class Finer(Maker):
    def refined(self):
        self.trainer = Trainer(self.net, optimizer=self.get_optimizer(self.net.trainable_params(), 0.001), loss_fn=MeanSquaredError())
        self.trainer.fit(features, targets)
