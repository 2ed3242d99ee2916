"""How the cost grows: with the number of files, with the length of a file, and with the sites in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from costs import Cost, cost, script, tool

ENGINE = """
import sys
from tf2ms_opt.engine import convert_source
from tf2ms_opt.ruleset import load
rules = load()
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        convert_source(file.read(), rules, path=name)
"""
_HEAD = "import tensorflow as tf\n\n"
_SITE = """
def train_{0}(x, y):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile(optimizer=tf.keras.optimizers.RMSprop(0.01), loss="mse")
    model.fit(x, y, epochs=3)

"""
_TAPE = """
def train_{0}(model, x, y):
    optimizer = tf.keras.optimizers.Adam(0.01)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x) - y))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))

"""
_HELPER = """
def helper_{0}(a, b):
    total = a + b * {0}
    for x in range(3):
        total += x
    return total

"""
SIZES = (1, 2, 4, 8, 16)


def long_file(lines: int) -> str:
    """One site, and helpers up to so many lines."""
    return _HEAD + _SITE.format("it") + "".join(_HELPER.format(number) for number in range(lines // 8))


def full_file(sites: int) -> str:
    return _HEAD + "".join(_SITE.format(number) for number in range(sites))


def tapes(sites: int) -> str:
    return _HEAD + "".join(_TAPE.format(number) for number in range(sites))


def curves(folder: Path, environment: Mapping[str, str], runs: int) -> Iterator[tuple[str, list[tuple[int, Cost]]]]:
    """Each curve as sizes and costs, start-up taken off."""
    base = cost(script(ENGINE), environment, runs)
    shapes: tuple[tuple[str, Callable[[int], str], int], ...] = (
        ("lines of a file with one site", long_file, 1250),
        ("sites of a file, compiled models", full_file, 125),
        ("sites of a file, gradient tapes", tapes, 125),
    )
    for name, text, first in shapes:
        points = []
        for size in (first * factor for factor in SIZES):
            file = folder / "grown.py"
            file.write_text(text(size))
            points.append((size, cost(script(ENGINE, str(file)), environment, runs).without(base)))
        yield name, points
    base, points = cost(tool("--version"), environment, runs), []
    for size in (125 * factor for factor in SIZES):
        tree = folder / f"files_{size}"
        tree.mkdir()
        for number in range(size):
            (tree / f"file_{number}.py").write_text(long_file(100).replace("helper", f"helper_{number}"))
        points.append((size, cost(tool("check", "--no-cache", str(tree)), environment, runs).without(base)))
    yield "files with one site", points
