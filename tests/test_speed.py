"""What a run costs, by counting and not by the clock: work grows with a file as the file does."""

from __future__ import annotations

import cProfile
import pstats

import pytest

from tf2ms_opt.engine import convert_source
from tf2ms_opt.ruleset import RuleSet

_COMPILED = """
def train_{0}(x, y):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile(optimizer=tf.keras.optimizers.Adam(0.01), loss="mse")
    model.fit(x, y, epochs=3)
"""
_STRING = """
def train_{0}(x, y):
    model = build()
    model.compile("rmsprop", "mse")
    model.fit(x, y)
"""
_TAPE = """
def train_{0}(model, x, y):
    opt = tf.keras.optimizers.Adam(0.01)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x) - y))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
"""
_MINIMIZED = """
def train_{0}(model, x, y):
    opt = tf.keras.optimizers.SGD(tf.keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9))
    opt.minimize(lambda: tf.reduce_mean(tf.square(model(x) - y)), model.trainable_variables)
"""
_CLASS = """
class Trainer{0}:
    def __init__(self, model):
        self.model = model
        self.opt = tf.keras.optimizers.SGD(0.1, momentum=0.9)
        self.model.compile(optimizer=self.opt, loss="mse")
"""
_FACTORY = """
def make_{0}(rate):
    return tf.keras.optimizers.Adam(rate)

def train_{0}(model, x):
    model.compile(make_{0}(0.1), "mse")
"""
_LEFT = """
opt_{0} = tf.keras.optimizers.Adam(0.01)
"""
_WITHOUT_SITES = """
def helper_{0}(a, b):
    for x in range(3):
        a += x * {0}
    return a + b
"""
_SHAPES = {
    "compiled": _COMPILED,
    "string": _STRING,
    "tape": _TAPE,
    "minimized": _MINIMIZED,
    "class": _CLASS,
    "factory": _FACTORY,
    "left": _LEFT,
    "without sites": _WITHOUT_SITES,
}


def _calls(text: str, rules: RuleSet) -> int:
    """The calls of functions that the conversion of ``text`` takes."""
    profile = cProfile.Profile()
    outcome = profile.runcall(convert_source, text.encode(), rules)
    assert not outcome.failed
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined] -- set by its __init__


@pytest.mark.parametrize("shape", _SHAPES)
def test_the_cost_of_a_file_grows_as_the_file_does(shape: str, rules: RuleSet) -> None:
    def file(number: int) -> str:
        head = "import tensorflow as tf\nnet = tf.keras.Sequential()\nnet.compile(tf.keras.optimizers.Adam(), 'mse')\n"
        return head + "".join(_SHAPES[shape].format(one) for one in range(number))

    _calls(file(1), rules)  # imports, and what is asked of the rules once
    small, large = (_calls(file(number), rules) for number in (40, 160))
    assert large / small < 5, f"4 times the file takes {large / small:.1f} times the calls"
