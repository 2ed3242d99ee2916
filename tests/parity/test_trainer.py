"""``Trainer`` and its callbacks against ``fit``, ``evaluate`` and ``predict`` of Keras 3 and tf_keras.

The same calls on models of the same weights, in the order of the samples: see ``probes/trainer_scenarios.py``.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tf2ms_opt.runtime_module import compose, known

#: max|a - b| / max|a| of the numbers of one key: sums in another order, over 20 updates
ROUNDING = 2e-6
#: what RMSprop makes of it where gradients are close to 0
AMPLIFIED = 2e-5
LIMITS = {"whole_numbers": AMPLIFIED}
#: decisions and rates alone, which have to be the same
EQUAL = {"stopping", "reducing", "not_finite"}

BOTH = [
    "plain", "no_metrics", "whole_numbers", "classes", "binary", "embedding", "validation", "splits", "class_weight",
    "binary_class_weight", "both_weights", "sample_weight", "epochs", "penalty", "averages", "loss_scale", "dropout",
    "single_batches", "stopping", "stopped_fit", "reducing", "reduced_fit", "scheduled", "csv_files", "checkpoints",
    "calls", "not_finite", "own_callback",
]  # fmt: skip
IN_GRAPH = [
    "plain", "embedding", "class_weight", "penalty", "averages", "loss_scale", "dropout", "stopped_fit", "reduced_fit",
]  # fmt: skip
#: where tf_keras and Keras 3 differ, and the most of what they share
IN_KERAS2 = [
    "plain", "classes", "class_weight", "both_weights", "sample_weight", "penalty", "averages", "loss_scale",
    "single_batches", "running_batches", "stopping", "stopped_fit", "reducing", "reduced_fit", "scheduled", "csv_files",
    "checkpoints", "calls", "own_callback",
]  # fmt: skip


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("runtime")
    (folder / "tf2ms_runtime.py").write_text(compose(known()), encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def runs(probe: Any, runtime: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    def folder() -> str:
        return str(tmp_path_factory.mktemp("trainer"))

    keras3, keras2 = probe("trainer_keras.py", ["3", folder()], ["2", folder(), *IN_KERAS2])
    graph, pynative, older = probe(
        "trainer_mindspore.py",
        [runtime, "3", "GRAPH", folder(), *IN_GRAPH],
        [runtime, "3", "PYNATIVE", folder()],
        [runtime, "2", "PYNATIVE", folder(), *IN_KERAS2],
    )
    return {"keras3": keras3, "keras2": keras2, "GRAPH": graph, "PYNATIVE": pynative, "older": older}


@pytest.fixture(scope="module")
def edges(probe: Any, runtime: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = str(tmp_path_factory.mktemp("trainer"))
    compiled = ("stock", "outputs", "scheduled")
    found = probe("trainer_edges.py", [runtime, "PYNATIVE", folder], [runtime, "GRAPH", folder, *compiled])
    return dict(zip(("PYNATIVE", "GRAPH"), found, strict=True))


def flat(value: Any) -> list[Any]:
    return [leaf for one in value for leaf in flat(one)] if isinstance(value, list) else [value]


def same(expected: Any, found: Any, limit: float, path: str = "") -> None:
    """The same keys, lengths, texts and decisions; and every list of numbers within ``limit`` of its largest one."""
    if isinstance(expected, dict):
        assert isinstance(found, dict), path
        assert set(expected) == set(found), path
        for key, value in expected.items():
            same(value, found[key], limit, f"{path}/{key}")
        return
    if isinstance(expected, list) and not all(isinstance(one, float) for one in flat(expected)):
        assert len(expected) == len(found), f"{path}: {expected} {found}"
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            same(one, other, limit, f"{path}/{index}")
        return
    one, other = flat(expected), flat(found)
    assert len(one) == len(other), f"{path}: {expected} {found}"
    if not all(isinstance(number, float) for number in one):
        assert one == other, path
        return
    assert [math.isnan(number) for number in one] == [math.isnan(number) for number in other], path
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if not math.isnan(a)]
    scale = max((abs(a) for a, _ in pairs), default=1.0) or 1.0
    deviation = max((abs(a - b) for a, b in pairs), default=0.0) / scale
    assert deviation <= limit, f"{path}: {deviation}"


def compare(name: str, expected: Any, found: Any) -> None:
    same(expected[name], found[name], 0.0 if name in EQUAL else LIMITS.get(name, ROUNDING))


@pytest.mark.parametrize("name", [*BOTH, "missing_class_weight"])
def test_as_keras_3(runs: dict[str, Any], name: str) -> None:
    compare(name, runs["keras3"], runs["PYNATIVE"])


@pytest.mark.parametrize("name", IN_GRAPH)
def test_as_keras_3_in_graph_mode(runs: dict[str, Any], name: str) -> None:
    compare(name, runs["keras3"], runs["GRAPH"])


@pytest.mark.parametrize("name", IN_KERAS2)
def test_as_tf_keras(runs: dict[str, Any], name: str) -> None:
    compare(name, runs["keras2"], runs["older"])


def test_every_scenario_was_compared(runs: dict[str, Any]) -> None:
    assert set(runs["PYNATIVE"]) == {*BOTH, "missing_class_weight"}
    assert set(runs["GRAPH"]) == set(IN_GRAPH)
    assert set(runs["older"]) == set(IN_KERAS2)


def test_keras_differs_where_the_trainer_does(runs: dict[str, Any]) -> None:
    """The order and the names of the history, and where ``auto`` leads."""
    three, two = runs["keras3"], runs["keras2"]
    assert three["class_weight"]["order"] != two["class_weight"]["order"]
    assert "learning_rate" in three["reduced_fit"]["history"]
    assert "lr" in two["reduced_fit"]["history"]
    assert three["stopping"] != two["stopping"]
    assert three["both_weights"] == "ValueError" != two["both_weights"]


def test_the_scenarios_decide_something(runs: dict[str, Any]) -> None:
    stopped = runs["PYNATIVE"]["stopped_fit"]
    assert 0 < stopped["best"] < stopped["stopped"] < 29
    assert stopped["evaluate"][0] == pytest.approx(min(stopped["history"]["val_loss"]), rel=1e-6)
    assert len(set(runs["PYNATIVE"]["reduced_fit"]["history"]["learning_rate"])) > 3
    best = runs["PYNATIVE"]["checkpoints"]["best"]
    assert sum(best) == 1
    assert not best[0]
    assert not best[-1]
    assert runs["PYNATIVE"]["dropout"]["dropped"]
    assert runs["PYNATIVE"]["dropout"]["anew"]


#: patience -> the epoch, from 1, at which Keras stops on S1, S2 and S3, and MindSpore's own callback does not
STOPS = {0: [4, 2, 3], 1: [4, 2, 3], 2: [5, 3, 4]}


@pytest.mark.parametrize("patience", STOPS)
@pytest.mark.parametrize("run", ["keras3", "keras2", "PYNATIVE", "older"])
def test_early_stopping(runs: dict[str, Any], run: str, patience: int) -> None:
    given = {"patience": patience} if patience else {}
    assert [runs[run]["stopping"][f"{given} S{number}"][0] + 1 for number in (1, 2, 3)] == STOPS[patience]


class TestWithoutKeras:
    def test_wrong_calls(self, edges: dict[str, Any]) -> None:
        kinds = {name: kind for name, (kind, _) in edges["PYNATIVE"]["refused"].items()}
        wrong_types = {
            "list", "tuple", "dict", "generator", "strings", "words", "labels", "predict", "keyword", "stock callback",
            "schedule",
        }  # fmt: skip
        assert {name for name, kind in kinds.items() if kind == "TypeError"} == wrong_types
        assert {name for name, kind in kinds.items() if kind == "nothing"} == {"no direction in Keras 2"}
        assert set(kinds.values()) == {"TypeError", "ValueError", "nothing"}
        assert "x has to be one array of numbers" in edges["PYNATIVE"]["refused"]["list"][1]
        assert "takes no weights" in edges["PYNATIVE"]["refused"]["stock weights"][1]

    def test_every_form_of_data(self, edges: dict[str, Any]) -> None:
        data = edges["PYNATIVE"]["data"]
        for name in ("lists", "objects", "tensors", "dataset", "stock", "stock, one axis"):
            assert data[name] == pytest.approx(data["plain"], rel=ROUNDING), name
        assert data["weighted dataset"] == pytest.approx(data["weighted"], rel=ROUNDING)
        assert data["weighted"] != pytest.approx(data["plain"], rel=1e-3)
        assert data["evaluated"][0] == pytest.approx(data["evaluated"][1], rel=ROUNDING)
        assert data["predicted"]

    @pytest.mark.parametrize("mode", ["PYNATIVE", "GRAPH"])
    def test_what_is_inherited(self, edges: dict[str, Any], mode: str) -> None:
        stock = edges[mode]["stock"]
        assert stock["is"]
        assert stock["falls"]
        assert stock["weights"] <= ROUNDING
        assert stock["eval"][0] == pytest.approx(stock["eval"][1], rel=ROUNDING)
        assert stock["names"] == ["0.weight", "0.bias", "2.weight", "2.bias"]

    def test_orders(self, edges: dict[str, Any]) -> None:
        assert edges["PYNATIVE"]["orders"] == {"whole": True, "different": 6, "again": True, "shuffled fit": True}

    @pytest.mark.parametrize("mode", ["PYNATIVE", "GRAPH"])
    def test_networks(self, edges: dict[str, Any], mode: str) -> None:
        outputs = edges[mode]["outputs"]
        assert outputs["shapes"] == [[70, 1], [70, 1], True]
        assert outputs["penalty"][0] == pytest.approx(outputs["penalty"][1], rel=1e-6)
        assert outputs["moved"] == [False, False, True, True]

    def test_lines(self, edges: dict[str, Any]) -> None:
        printed = edges["PYNATIVE"]["printed"]
        starts = ["Epoch 1/2 - 3/3 - ", "Epoch 2/2 - 3/3 - ", "3/3 - ", "3/3 - "]
        assert len(printed["lines"]) == len(starts)
        assert all(line.startswith(start) for line, start in zip(printed["lines"], starts, strict=True))
        assert printed["silent"] == ""
        assert printed["shape"] == [1, 2]
        assert printed["csv"][0] == "epoch,loss,precision,val_loss,val_precision"
        assert printed["csv"][1].endswith(']""",NA,NA')

    @pytest.mark.parametrize("mode", ["PYNATIVE", "GRAPH"])
    def test_a_schedule_is_logged(self, edges: dict[str, Any], mode: str) -> None:
        assert edges[mode]["scheduled"] == pytest.approx([0.01 * 0.5**epoch for epoch in range(1, 5)], rel=1e-6)

    def test_what_callbacks_say(self, edges: dict[str, Any]) -> None:
        told = edges["PYNATIVE"]["told"]
        assert told[-1] == "Restoring model weights from the end of the best epoch: 1."
        assert told[-2] == "Epoch 2: early stopping"
        assert told[1].startswith("Epoch 1: loss improved from None to ")
        assert told[3].startswith("Epoch 2: ReduceLROnPlateau reducing learning rate to 0.00499")
