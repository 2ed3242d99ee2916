"""A class that calls the method of its base class in another file."""
from maker import Maker


class Finer(Maker):
    def refined(self):
        self.net.compile(optimizer=self.get_optimizer(0.001), loss="mse")
        self.net.fit(features, targets)
