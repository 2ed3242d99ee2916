"""The walk-through of the documents: the project in TensorFlow and its migration train alike, in both modes.

The losses that the page prints are those of this test (``--update-fixtures`` records them anew).  A deviation is
relative to TensorFlow's loss at that place.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import walkthrough as walk

OPTIMIZERS = ("rmsprop", "adam")
MODES = ("PYNATIVE", "GRAPH")
#: how far a loss may be off: what MindSpore's CPU kernel of RMSProp makes of tiny gradients, and float32's rounding
BOUNDS = {("rmsprop", "stock"): 1e-2, ("rmsprop", "exact"): 2e-5, ("adam", "stock"): 2e-5, ("adam", "exact"): 2e-5}
#: samples that accuracy counts
HELD_OUT = 80
#: of the printed losses, on another processor
AS_RECORDED = 1e-3
#: the two programs of the project one after the other, for each optimizer, in a process of one framework
DRIVER = """
import dataclasses, json, os, pathlib, sys
if mode := os.environ.get("MODE"):
    sys.modules.update(dict.fromkeys(("tensorflow", "keras", "tf_keras")))  # importing them is an error
    import mindspore
    mindspore.set_context(mode=getattr(mindspore, f"{mode}_MODE"), pynative_synchronize=True, runtime_num_threads=1)
import config, finetune, train
found = {}
for optimizer in sys.argv[1:]:
    settings = dataclasses.replace(config.Config(), optimizer=optimizer)
    history = train.train(settings)
    steps = finetune.finetune(settings)
    found[optimizer] = {"loss": history["loss"], "held out": history["val_loss"], "steps": steps,
                        "accuracy": history["val_accuracy"]}
pathlib.Path("numbers.json").write_text(json.dumps(found, default=float))
"""


def run(folder, files, mode):
    """Train the project of ``files`` in ``folder``; the losses of each optimizer."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    quiet = {"GLOG_v": "3", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "MODE": mode}
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, *OPTIMIZERS],
        cwd=folder, env={**os.environ, **quiet}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "numbers.json").read_text())


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """The losses by ("tensorflow", "") and (fidelity, mode), then by optimizer."""
    folder = tmp_path_factory.mktemp("walkthrough")
    originals = {file.name: file.read_text(encoding="utf-8") for file in walk.BEFORE.glob("*.py")}
    projects = {("tensorflow", ""): originals}
    for fidelity in ("stock", "exact"):
        done = walk.finished(walk.converted("--fidelity", fidelity))
        projects |= {(fidelity, mode): done for mode in MODES}
    with ThreadPoolExecutor(2) as pool:
        runs = {key: pool.submit(run, folder / "-".join(key), files, key[1]) for key, files in projects.items()}
    return {key: one.result() for key, one in runs.items()}


def apart(original, ours):
    assert len(original) == len(ours)
    return max(abs(one - other) / abs(one) for one, other in zip(original, ours, strict=True))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("optimizer", "fidelity"), BOUNDS)
def test_the_migrated_project_trains_as_the_original(optimizer, fidelity, mode, numbers):
    original, ours = numbers["tensorflow", ""][optimizer], numbers[fidelity, mode][optimizer]
    found = {kind: apart(original[kind], ours[kind]) for kind in ("loss", "held out", "steps")}
    assert all(deviation <= BOUNDS[optimizer, fidelity] for deviation in found.values()), found
    assert original["loss"][-1] < original["loss"][0] / 2, "the project has to learn something"
    judged = [
        round(abs(one - other) * HELD_OUT) for one, other in zip(original["accuracy"], ours["accuracy"], strict=True)
    ]
    assert max(judged) <= (1 if (optimizer, fidelity) == ("rmsprop", "stock") else 0), (
        f"samples judged otherwise: {judged}"
    )


def test_the_page_prints_these_losses(numbers, request):
    kept = ("loss", "held out", "steps")
    now = {
        name: {kind: [round(loss, 6) for loss in numbers[key]["rmsprop"][kind]] for kind in kept}
        for name, key in {"tensorflow": ("tensorflow", ""), "stock": ("stock", "PYNATIVE"),
                          "exact": ("exact", "PYNATIVE")}.items()
    }  # fmt: skip
    if request.config.getoption("--update-fixtures"):
        walk.RECORDED.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8", newline="\n")
    recorded = json.loads(walk.RECORDED.read_text(encoding="utf-8"))
    assert recorded.keys() == now.keys()
    for name, kinds in recorded.items():
        assert max(apart(losses, now[name][kind]) for kind, losses in kinds.items()) <= AS_RECORDED
