from . import taped
from .fitted import Prepared
from .taped import Derived


class Below(Derived):
    def __init__(self, first, second):
        super().__init__(first)
        self.body = second


class Own(Prepared):
    def prepare(self):
        self.net.compile("sgd", loss="mse")


class Other:
    """Has attributes of the same names, and is no agent."""

    def __init__(self, trunk):
        self.trunk = trunk
        self.trunk = self.trunk.half()


def quiet(other: Other):
    made = Other(other)
    made.trunk = None
    made.quiet = None
