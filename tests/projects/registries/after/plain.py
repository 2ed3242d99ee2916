"""A decorator without arguments, and a dictionary that only this file uses."""

from tf2ms_runtime import LionKeras, MeanSquaredError, Trainer

_ALL = dict()


def keep(function):
    _ALL[function.__name__] = function
    return function


@keep
def lion(params, rate):
    return LionKeras(params, learning_rate=rate, beta1=0.9, beta2=0.99)


network = make_network()
trainer = Trainer(network, optimizer=_ALL["lion"](network.trainable_params(), 0.01), loss_fn=MeanSquaredError())
trainer.fit(features, targets)
