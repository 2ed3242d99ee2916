"""The command ``verify`` as a user runs it, with both frameworks."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from tf2ms_opt.cli import main

TRAIN = """\
import argparse
import keras

open("executed", "w").close()
args = argparse.Namespace(lr=None)
model = keras.Sequential([keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.RMSprop(learning_rate=args.lr, centered=True, momentum=0.9), loss="mse")
other = keras.Sequential([keras.layers.Dense(1)])
other.compile(optimizer=keras.optimizers.RMSprop(**vars(args)), loss="mse")
"""


def verify(*arguments):
    return CliRunner().invoke(main, ["verify", *arguments])


@pytest.fixture
def train(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(TRAIN, encoding="utf-8")
    return tmp_path


def test_json_of_a_file_with_values_that_are_given(train):
    result = verify("train.py", "--set", "args.lr=1e-3", "--fidelity", "exact", "--format", "json", "--steps", "30",
                    "--mode", "graph", "--seed", "7", "--scale", "0.001", "--scale", "10", "--plot", "picture.svg",
                    "--tf-python", sys.executable, "--ms-python", sys.executable)  # fmt: skip
    document = json.loads(result.stdout)
    assert result.exit_code == 1  # the second optimizer could not be run
    (found,) = document["results"]
    assert (found["line"], found["generation"], found["verdict"]) == (7, "keras3", "bit-equal")
    assert [one["mode"] for one in found["runs"]] == ["GRAPH"]
    assert set(found["by_scale"]) == {"0.001", "10"}
    assert document["conditions"]["steps"] == 30
    assert document["conditions"]["versions"].keys() >= {"tensorflow", "keras", "mindspore"}
    (skipped,) = document["skipped"]
    assert (skipped["line"], "**vars(args)" in skipped["reason"]) == (9, True)
    assert (train / "picture.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert not (train / "executed").exists()


def test_text_says_how_far_and_why(train):
    (train / "train.py").write_text("import keras\nmodel.compile(optimizer=keras.optimizers.RMSprop(0.01))\n", "utf-8")
    result = verify("train.py", "--steps", "30", "--plot", "picture.png")
    assert result.exit_code == 1
    said = result.stdout
    assert "train.py:2:25: differs" in said
    assert "RMSprop(learning_rate=0.01) of keras3" in said
    assert "nn.RMSProp(model.trainable_params(), learning_rate=0.01, decay=0.9, epsilon=1e-07)" in said
    assert "PYNATIVE" in said
    assert "GRAPH" in said
    assert "first at step 1" in said
    assert "MindSpore's kernel adds epsilon outside the square root" in said
    assert (train / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_a_rule_of_one_generation():
    result = verify("--rule", "inverse_time_decay", "--tf-version", "2.10", "--steps", "50")
    rows = [line.split() for line in result.stdout.splitlines()]
    assert result.exit_code == 0, result.output
    exact = [row for row in rows if "exact" in row]
    assert len(exact) == 2
    assert all(row[0] == "legacy" and row[-1] == "bit-equal" for row in exact)
