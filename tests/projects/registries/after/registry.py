"""Functions that a decorator keeps under names."""

from mindspore import nn

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
def sgd(params, rate):
    return nn.SGD(params, learning_rate=rate)


@register("adagrad")
def adagrad(params, rate):
    return nn.Adagrad(params, accum=0.1, learning_rate=rate)


def create(params, name, rate):
    make = _KNOWN.get(name)
    if make is None:
        raise KeyError(name)
    return make(params, rate=rate)
