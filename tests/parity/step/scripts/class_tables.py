"""Classes that are named in one place and called in another, and optimizers that a name picks."""
import functools

import given
from network import Regressor
from tensorflow import keras
from tensorflow.keras.optimizers import SGD, Adam, Nadam, RMSprop

NAMES = ['adam', 'sgd', 'rmsprop']
x, y = given.numbers(42, seed=21)

OPTIMIZERS = {'adam': Adam, 'sgd': SGD, 'rmsprop': keras.optimizers.RMSprop}
make_sgd = functools.partial(SGD, momentum=0.9)


def by_name(name, scale):
    if name not in OPTIMIZERS:
        raise ValueError(name)
    model = Regressor(3)
    model.compile(optimizer=OPTIMIZERS[name](learning_rate=1e-3, clipnorm=0.5), loss='mse')
    return model.fit(x, y * scale, batch_size=14, epochs=20, shuffle=False, verbose=0).history['loss']


def picked(name):
    model = Regressor(4)
    optimizers = {'adam': Adam(1e-3), 'sgd': SGD(1e-2, momentum=0.5), 'rmsprop': RMSprop(1e-3, centered=True)}
    model.compile(optimizer=optimizers[name], loss='mse')
    return model.fit(x, y, batch_size=14, epochs=20, shuffle=False, verbose=0).history['loss']


def bound(rate):
    model = Regressor(5)
    make_adam = functools.partial(Adam, learning_rate=rate, beta_1=0.8)
    model.compile(optimizer=make_adam(beta_2=0.99), loss='mse')
    return model.fit(x, y, batch_size=14, epochs=20, shuffle=False, verbose=0).history['loss']


def bound_at_the_top():
    model = Regressor(6)
    model.compile(optimizer=make_sgd(1e-3), loss='mse')
    return model.fit(x, y, batch_size=14, epochs=20, shuffle=False, verbose=0).history['loss']


def by_default(optimizer_class=Nadam):
    model = Regressor(7)
    model.compile(optimizer=optimizer_class(1e-3), loss='mse')
    return model.fit(x, y, batch_size=14, epochs=20, shuffle=False, verbose=0).history['loss']


def chosen(large):
    model = Regressor(8)
    if large:
        optimizer_class = SGD
    else:
        optimizer_class = Adam
    model.compile(optimizer=optimizer_class(1e-3), loss='mse')
    return model.fit(x, y, batch_size=14, epochs=20, shuffle=False, verbose=0).history['loss']


losses = []
for name in NAMES:
    for scale in [1e-3, 1.0, 1e3]:
        losses += by_name(name, scale)
    losses += picked(name)
losses += bound(1e-3) + bound_at_the_top() + by_default() + by_default(SGD) + chosen(True) + chosen(False)
given.report(losses)
