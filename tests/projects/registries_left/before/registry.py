"""Decorators that do more than keep a function, or that other files use as well."""

import functools

import tensorflow as tf

KEPT = {}
CALLED = {}
SHARED = {}


def wrapped(function):
    @functools.wraps(function)
    def inner(*arguments):
        return function(*arguments)

    KEPT[function.__name__] = inner
    return inner


def called(function):
    CALLED[function.__name__] = function(0.1)
    return function


def shared(function):
    SHARED[function.__name__] = function
    return function


@wrapped
def rmsprop(rate):
    return tf.keras.optimizers.RMSprop(rate)


@called
def adam(rate):
    return tf.keras.optimizers.Adam(rate)


@shared
def sgd(rate):
    return tf.keras.optimizers.SGD(rate)


def compiled(model):
    model.compile(KEPT["rmsprop"](0.1), loss="mse")
    model.compile(CALLED["adam"], loss="mse")
    model.compile(SHARED["sgd"](0.1), loss="mse")
