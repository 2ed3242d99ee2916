"""What cannot pass the parameters keeps the functions as they are."""
from pkg.optim import handed_on, of_no_model

table = {"adagrad": handed_on}
adadelta = of_no_model(0.1)


def make_all(makers):
    return [maker.make() for maker in makers]
