"""A class of its own that has a method of the same name; one that is derived and has another; and a call."""
from maker import Called, Overridden


class Unrelated:
    def get_optimizer(self, rate):
        return rate

    def use(self):
        return self.get_optimizer(0.1)


class Mine(Overridden):
    def choose(self, rate):
        return rate


def run(makers):
    return [maker.pick(0.1) for maker in makers if isinstance(maker, Called)]
