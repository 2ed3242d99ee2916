"""What finding TMO303 says of a file's own optimizer class: classes written so, against the originals in Keras.

The classes are in ``probes/own_optimizer_keras.py`` and ``probes/own_optimizer_mindspore.py``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tf2ms_opt.ruleset import load

PROBES = Path(__file__).parent / "probes"
STEPS = 60
SHAPES = ((13, 5), (3,))
SCALES = (1e-6, 1e-3, 1.0, 100.0)
CLASSES = ("Momentum", "Centralized")
MODES = ("PYNATIVE", "GRAPH")
#: names of the original, in what is said
OF_KERAS = {"_set_hyper", "_get_hyper", "assign"}


def inputs(scale):
    random = np.random.RandomState(3)
    weights = [random.randn(*shape).tolist() for shape in SHAPES]
    gradients = [[(scale * random.randn(*shape)).tolist() for shape in SHAPES] for _ in range(STEPS)]
    return {"weights": weights, "gradients": gradients}


@pytest.fixture(scope="module")
def weights(probe):
    """The weights behind every step, by class, "KERAS" or MindSpore's mode, and scale of the gradients."""
    given = json.dumps([inputs(scale) for scale in SCALES])
    runs = [(name, mode) for name in CLASSES for mode in MODES]
    found = dict(zip(runs, probe("own_optimizer_mindspore.py", *runs, stdin=given), strict=True))
    originals = probe("own_optimizer_keras.py", *([name] for name in CLASSES), stdin=given)
    found |= {(name, "KERAS"): one for name, one in zip(CLASSES, originals, strict=True)}
    return {(*key, scale): one for key, every in found.items() for scale, one in zip(SCALES, every, strict=True)}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", CLASSES)
def test_a_class_written_as_the_finding_says_trains_as_the_original(name, scale, mode, weights):
    for theirs, ours in zip(weights[name, "KERAS", scale], weights[name, mode, scale], strict=True):
        for one, other in zip(theirs, ours, strict=True):
            assert np.abs(np.subtract(one, other)).max() <= 2e-6 * np.abs(one).max()


def test_the_class_has_every_piece_of_code_that_the_finding_names():
    text = " ".join((PROBES / "own_optimizer_mindspore.py").read_text("utf-8").split())
    guide = load().framework.own_optimizer
    said = [guide.help, guide.nothing, *(one.becomes for one in guide.method)]
    pieces = {piece for one in said for piece in re.findall("`([^`]+)`", one.replace("{name}", "Momentum"))}
    missing = {
        piece for piece in pieces - OF_KERAS
        if not all(part in text for part in piece.split("...") if part not in (")", "):"))
    }  # fmt: skip
    assert not missing
