"""Functions that a decorator keeps under names."""

from tensorflow.keras import optimizers

_KNOWN = {}


def register(name):
    """Keep a function under ``name``."""

    def keep(function):
        if name in _KNOWN:
            raise KeyError(name)
        _KNOWN[name] = function
        return function

    return keep


@register("sgd")
def sgd(rate):
    return optimizers.SGD(rate)


@register("adagrad")
def adagrad(rate):
    return optimizers.Adagrad(rate)


def create(name, rate):
    make = _KNOWN.get(name)
    if make is None:
        raise KeyError(name)
    return make(rate=rate)
