"""The metrics that both frameworks compute, and what of: numbers alone, imported by the probes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

BOTH = ("keras", "tf_keras")
SIZES = (13, 13, 5, 21)
CLASSES = 7


@dataclass(frozen=True)
class Case:
    """A metric of batches: ``cls`` of ours, ``keras`` of Keras, each with the loss or the arguments in ``kwargs``."""

    id: str
    cls: str
    batches: list[tuple[np.ndarray, ...]]
    kwargs: dict[str, Any] = field(default_factory=dict)
    keras: str = ""
    loss: str | None = None
    generations: tuple[str, ...] = BOTH

    @property
    def of_keras(self) -> str:
        return self.keras or self.cls.removesuffix("Keras2")


def _batches(make: Any, *, weighted: bool = False) -> list[tuple[np.ndarray, ...]]:
    """A batch of every size, of ``make(random, rows)``, with weights whose shape is that of the rows."""
    found = []
    for index, rows in enumerate(SIZES):
        random = np.random.RandomState(index)
        batch = make(random, rows)
        weights = (random.rand(rows) * 2).astype(np.float32)
        weights[0] = 0
        found.append((*batch, weights) if weighted else batch)
    return found


def _real(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    return random.randn(rows, 3).astype(np.float32), random.randn(rows, 3).astype(np.float32)


def _column(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    """Probabilities, many of them on a threshold, and labels that follow them a little."""
    p = (random.randint(0, 41, (rows, 1)) / 40).astype(np.float32)
    return p, (random.rand(rows, 1) < 0.2 + 0.6 * p).astype(np.float32)


def _line(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    p, labels = _column(random, rows)
    return p, labels[:, 0]


def _multilabel(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    p = random.rand(rows, 4).astype(np.float32)
    return p, (random.rand(rows, 4) < p).astype(np.int32)


def _sharp(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    """Probabilities at and beside the thresholds of a division by 199."""
    exact = (random.randint(0, 200, (rows, 1)) / 199).astype(np.float32)
    p = exact + random.randint(-1, 2, (rows, 1)).astype(np.float32) * np.float32(6e-8)
    return p.astype(np.float32), random.randint(0, 2, (rows, 1))


def _logits(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    z = random.randn(rows, 1).astype(np.float32) * 3
    return z, (random.rand(rows, 1) < 1 / (1 + np.exp(-z))).astype(np.int64)


def _one_hot(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    scores = np.round(random.randn(rows, CLASSES), 1).astype(np.float32)  # ties
    return scores, np.eye(CLASSES, dtype=np.float32)[random.randint(0, CLASSES, rows)]


def _sparse(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    scores, labels = _one_hot(random, rows)
    return scores, labels.argmax(-1)


def _sparse_column(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    scores, labels = _sparse(random, rows)
    return scores, labels[:, None].astype(np.float32)


def _image(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    return random.randn(rows, 3, 2, CLASSES).astype(np.float32), random.randint(0, CLASSES, (rows, 3, 2))


def _image_one_hot(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    scores, labels = _image(random, rows)
    return scores, np.eye(CLASSES, dtype=np.float32)[labels]


def _p(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    scores, labels = _one_hot(random, rows)
    exponents = np.exp(scores)
    return exponents / exponents.sum(-1, keepdims=True), labels


def _with_nan(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    scores, labels = _sparse(random, rows)
    scores[1, 2], scores[2, 3] = np.inf, np.nan
    return scores, labels


def _never(random: Any, rows: int) -> tuple[np.ndarray, ...]:
    """No label and no prediction is positive."""
    return random.rand(rows, 1).astype(np.float32) / 3, np.zeros((rows, 1), np.float32)


ACCURACIES = (
    ("Accuracy", "column", _column, {}), ("Accuracy", "multilabel", _multilabel, {}),
    ("Accuracy", "one-hot", _one_hot, {}), ("Accuracy", "sparse", _sparse, {}),
    ("Accuracy", "sparse column", _sparse_column, {}), ("Accuracy", "image", _image, {}),
    ("Accuracy", "image one-hot", _image_one_hot, {}), ("Accuracy", "line", _line, {}),
    ("BinaryAccuracy", "column", _column, {}), ("BinaryAccuracy", "multilabel", _multilabel, {"threshold": 0.3}),
    ("CategoricalAccuracy", "one-hot", _one_hot, {}), ("CategoricalAccuracy", "image", _image_one_hot, {}),
    ("SparseCategoricalAccuracy", "sparse", _sparse, {}), ("SparseCategoricalAccuracy", "column", _sparse_column, {}),
    ("SparseCategoricalAccuracy", "image", _image, {}), ("TopKCategoricalAccuracy", "one-hot", _one_hot, {}),
    ("TopKCategoricalAccuracy", "2", _one_hot, {"k": 2}), ("TopKCategoricalAccuracy", "image", _image_one_hot, {}),
    ("SparseTopKCategoricalAccuracy", "sparse", _sparse, {"k": 3}),
    ("SparseTopKCategoricalAccuracy", "image", _image, {"k": 2}),
    ("SparseTopKCategoricalAccuracy", "not finite", _with_nan, {"k": 3}),
)  # fmt: skip
COUNTS = ("Precision", "Recall", "TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
LOSSES = (
    ("MeanSquaredError", _real, {}), ("MeanAbsoluteError", _real, {}), ("LogCosh", _real, {}),
    ("KLDivergence", _p, {}), ("Poisson", _p, {}), ("CategoricalCrossentropy", _p, {"label_smoothing": 0.1}),
    ("SparseCategoricalCrossentropy", _sparse, {"from_logits": True}),
    ("SparseCategoricalCrossentropy", _image, {"from_logits": True}),
    ("BinaryCrossentropy", _logits, {"from_logits": True}), ("Hinge", _column, {}), ("MeanSquaredError", _line, {}),
)  # fmt: skip


def cases() -> list[Case]:
    found = []
    for weighted in (False, True):
        mark = " weighted" if weighted else ""

        def add(name: str, cls: str, make: Any, kwargs: dict[str, Any], *, weighted=weighted, mark=mark, **more: Any):
            found.append(Case(f"{name}{mark}", cls, _batches(make, weighted=weighted), kwargs, **more))

        for cls, name, make, kwargs in ACCURACIES:
            # tf_keras takes (N,) labels of (N, 1) predictions for one sample, but inside of fit
            generations = ("keras",) if name == "line" else BOTH
            add(f"{cls} {name}", cls, make, kwargs, generations=generations)
        for cls in COUNTS:
            for make in (_column, _multilabel, _never, _line):
                generations = ("keras",) if make is _line else BOTH
                add(f"{cls} {make.__name__}", cls, make, {}, generations=generations)
                add(f"{cls} {make.__name__} 3", cls, make, {"thresholds": [0.0, 0.5, 1.0]}, generations=generations)
                add(f"{cls} {make.__name__} 2", cls, make, {"thresholds": [0.25, 0.6]}, generations=generations)
        for make in (_column, _multilabel, _sharp, _never):
            for curve in ("ROC", "PR"):
                for method in ("interpolation", "minoring", "majoring"):
                    kwargs = {"curve": curve, "summation_method": method}
                    add(f"AUC {make.__name__} {curve} {method}", "AUC", make, kwargs)
                add(f"AUC {make.__name__} {curve} 1000", "AUC", make, {"curve": curve, "num_thresholds": 1000})
                add(f"AUC {make.__name__} {curve} own", "AUC", make, {"curve": curve, "thresholds": [0.9, 0.1, 0.5]})
        add("AUC logits", "AUC", _logits, {"from_logits": True})
        add("AUC two", "AUC", _column, {"num_thresholds": 2})
        add("Precision logits", "Precision", _logits, {"thresholds": 0})
        add("RootMeanSquaredError", "RootMeanSquaredError", _real, {})
        add("Cosine", "CosineSimilarityMetric", _real, {}, keras="CosineSimilarity", generations=("keras",))
        add("Cosine Keras2", "CosineSimilarityMetricKeras2", _real, {}, keras="CosineSimilarity",
            generations=("tf_keras",))  # fmt: skip
        for index, (loss, make, kwargs) in enumerate(LOSSES):
            generations = ("keras",) if make is _line else BOTH
            add(f"MeanLoss {loss} {index}", "MeanLoss", make, kwargs, loss=loss, generations=generations)
            if not (weighted and make is _image):
                add(f"EpochLoss {loss} {index}", "EpochLoss", make, kwargs, loss=loss, generations=generations)
    ignoring = {"from_logits": True, "ignore_class": 2}
    found.append(
        Case("EpochLoss ignore", "EpochLoss", _batches(_sparse), ignoring, loss="SparseCategoricalCrossentropy")
    )
    return [*found, *_means()]


def _means() -> list[Case]:
    """``Mean`` has values and weights alone."""
    random = np.random.RandomState(9)

    def array(*shape: int) -> np.ndarray:
        return random.rand(*shape).astype(np.float32)

    alike = [(array(5),), (array(3),)], [(array(5), array(5)), (array(3), array(3))], [(array(5, 4), array(5, 4))]
    alike += [(array(5, 4), array(5)), (array(3, 4), array(3))], [(array(5, 1), array(5))], [(array(5), array(5, 1))]
    other = [(array(5, 4),), (array(3, 2),)], [(np.float32(2.5),), (np.float32(1.0),)], [(array(5), np.float32(3))]
    return [
        *(Case(f"Mean {index}", "Mean", batches) for index, batches in enumerate(alike)),
        *(Case(f"Mean other {index}", "Mean", batches, generations=("keras",)) for index, batches in enumerate(other)),
    ]
