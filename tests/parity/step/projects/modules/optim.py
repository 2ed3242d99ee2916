from tensorflow.keras import optimizers

_KNOWN = {}


def register(name):
    def keep(function):
        _KNOWN[name] = function
        return function

    return keep


@register("rmsprop")
def rmsprop(rate):
    return optimizers.RMSprop(rate, rho=0.95, momentum=0.9)


@register("adam")
def adam(rate):
    return optimizers.Adam(learning_rate=rate)


def build(name, rate):
    if name == "rmsprop":
        return optimizers.RMSprop(rate, momentum=0.5)
    return optimizers.Adam(rate)


def create(name, rate):
    return _KNOWN[name](rate)
