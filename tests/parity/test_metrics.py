"""The metrics of ``runtime/metrics.py`` are those of Keras, batch by batch."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
#: the largest deviation over the largest number of Keras, which sums in float32
WANTED = 1e-6
MODES, GENERATIONS = ("PYNATIVE", "GRAPH"), ("keras", "tf_keras")


def _cases():
    spec = importlib.util.spec_from_file_location("metric_cases", HERE / "probes" / "metric_cases.py")
    module = sys.modules["metric_cases"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.cases()


def deviation(ours, theirs):
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if ours.shape != theirs.shape:
        return float("inf")
    return float(np.abs(ours - theirs).max() / (np.abs(theirs).max() or 1.0))


@pytest.fixture(scope="module")
def theirs(probe):
    return dict(zip(GENERATIONS, probe("metrics_keras.py", *([one] for one in GENERATIONS)), strict=True))


@pytest.fixture(scope="module")
def ours(probe, runtime_folder):
    return dict(zip(MODES, probe("metrics_mindspore.py", *([one, str(runtime_folder)] for one in MODES)), strict=True))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in _cases()])
def test_results_are_those_of_keras(case, ours, theirs):
    for generation in case.generations:
        for mode in (mode for mode in MODES if case.id in ours[mode]):
            expected = theirs[generation][case.id]
            found = deviation(ours[mode][case.id][-len(expected) :], expected)  # evaluate has no results but the last
            assert found <= WANTED, f"{generation}, {mode}: {found:.2e}"


def test_losses_are_called_in_both_modes(ours):
    assert len(ours["PYNATIVE"]) == len(_cases()) + 1
    assert len([name for name in ours["GRAPH"] if "Loss" in name]) > 10


def test_what_is_not_here_raises(ours):
    assert ours["PYNATIVE"]["refused"] == {
        "ignore_class": "ValueError",
        "no reduction": "ValueError",
        "curve": "ValueError",
        "method": "ValueError",
        "multi_label": "TypeError",
        "class_id": "TypeError",
        "precision": "ValueError",
        "sparse": "ValueError",
        "categorical": "ValueError",
        "label too high": "IndexError",
    }


def test_the_results_tell_metrics_apart(theirs):
    """None of the above is equal by chance: other weights, thresholds and curves are other numbers."""
    found = theirs["keras"]
    for one, other in (
        ("Accuracy sparse", "Accuracy sparse weighted"),
        ("AUC _column ROC interpolation", "AUC _column PR interpolation"),
        ("AUC _sharp ROC interpolation", "AUC _sharp ROC own"),
        ("MeanLoss Hinge 9 weighted", "EpochLoss Hinge 9 weighted"),
        ("SparseTopKCategoricalAccuracy sparse", "SparseTopKCategoricalAccuracy not finite"),
    ):
        assert abs(found[one][-1] - found[other][-1]) > 1e-4, (one, other)
