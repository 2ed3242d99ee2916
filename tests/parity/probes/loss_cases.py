"""The losses that both frameworks compute, and what of: numbers alone, imported by the probes and by the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

BOTH = ("keras", "tf_keras")
#: of the batches, none of which is a multiple of 8, and which change their size
ROWS, CLASSES = 13, 7
VARIANTS = (("mean", False), ("mean", True), ("sum", True), ("none", False), ("none", True))


@dataclass(frozen=True)
class Case:
    """One loss of one input; ``through`` is the activation that the predictions come from."""

    id: str
    cls: str
    predictions: np.ndarray
    labels: np.ndarray
    kwargs: dict[str, Any] = field(default_factory=dict)
    generations: tuple[str, ...] = BOTH
    variants: tuple[tuple[str, bool], ...] = VARIANTS
    through: str | None = None
    weights: np.ndarray | None = None
    graph: bool = True

    @property
    def keras(self) -> tuple[str, dict[str, Any]]:
        """Keras' class and its arguments."""
        kept = {name: value for name, value in self.kwargs.items() if not name.startswith("behind_")}
        return self.cls.removesuffix("Keras2"), kept

    @property
    def weight(self) -> np.ndarray:
        if self.weights is not None:
            return self.weights
        weights = np.random.RandomState(3).rand(*self.predictions.shape[:-1]) * 2
        weights.flat[0] = 0.0
        return weights.astype(np.float32)


def cotangent(shape: tuple[int, ...]) -> np.ndarray:
    """What the values without a reduction are multiplied with, to have a gradient."""
    return np.random.RandomState(4).rand(*shape).astype(np.float32) + np.float32(0.5)


def one_hot(labels: np.ndarray, classes: int = CLASSES) -> np.ndarray:
    return np.eye(classes, dtype=np.float32)[labels]


def softmax(logits: np.ndarray) -> np.ndarray:
    exponents = np.exp(logits - logits.max(-1, keepdims=True))
    return (exponents / exponents.sum(-1, keepdims=True)).astype(np.float32)


def repeated(values: list[float], rows: int, columns: int) -> np.ndarray:
    """``values`` in an array, over and over again."""
    return np.resize(np.asarray(values, np.float32), (rows, columns))


def cases() -> list[Case]:
    return [*_regression(), *_margins(), *_binary(), *_categorical(), *_behind(), *_shapes(), *_batches()]


def _random(seed: int, *shape: int) -> np.ndarray:
    return np.random.RandomState(seed).randn(*shape).astype(np.float32)


def _regression() -> list[Case]:
    shape = (ROWS, CLASSES)
    near, far = _random(0, *shape), _random(1, *shape)
    tied = repeated([0, 1, -1, 2, 1e4, -1e4, 1e-7, 0.5, 3, 1e-4, -2], *shape)
    tied_labels = repeated([0, 1, 1, 1, -1e4, 0, 0, -0.5, 3, 0, 1e-7, 2, 1], *shape)
    positive, counts = np.abs(near) + 0.1, np.random.RandomState(2).poisson(2.0, shape).astype(np.float32)
    zeros = repeated([0, 1e-7, 1e-8, 1, 50, 1e4, 0.5], *shape)
    zero_counts = repeated([0, 1, 3, 0, 2], *shape)
    negative = repeated([-1, 0, 1e-7, 1e-8, 1, 50, -1e-7, 1e4], *shape)
    flat = repeated([0, 0, 0, 0, 0, 0, 0, 1e-9, 0, 0, 0, 0, 0, 0, 2e-7, 1e-7, 0, 0, 0, 0, 0, 3e-6], *shape)
    flat[3:] = near[3:] * 1e-3
    flat[0] = 1e-20
    found = []
    for cls in ("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "Huber", "LogCosh"):
        found += [Case(f"{cls} random", cls, near, far), Case(f"{cls} extreme", cls, tied, tied_labels)]
    found += [
        Case("Huber delta", "Huber", near * 3, far, {"delta": 0.3}),
        Case("Huber delta extreme", "Huber", tied, tied_labels, {"delta": 0.5}),
        Case("MSLE random", "MeanSquaredLogarithmicError", positive, np.abs(far)),
        Case("MSLE extreme", "MeanSquaredLogarithmicError", negative, np.abs(tied_labels)),
        Case("Poisson random", "Poisson", positive, counts),
        Case("Poisson extreme", "Poisson", zeros, zero_counts),
        Case("KLDivergence random", "KLDivergence", softmax(near), softmax(far)),
        Case("KLDivergence extreme", "KLDivergence", np.minimum(negative, 1.5), np.minimum(zeros, 1.0)),
        Case("Cosine random", "CosineSimilarity", near, far),
        Case("Cosine small", "CosineSimilarity", flat, far, generations=("keras",)),
        Case("Cosine Keras2 random", "CosineSimilarityKeras2", near, far, generations=("tf_keras",)),
        Case("Cosine Keras2 small", "CosineSimilarityKeras2", flat, far, generations=("tf_keras",)),
    ]
    return found


def _margins() -> list[Case]:
    shape = (ROWS, CLASSES)
    near = _random(5, *shape)
    tied = repeated([0, 1, -1, 2, 0.5, -3, 1, 100, -100], *shape)
    binary, signs = (near > 0.2).astype(np.float32), np.where(near > 0.2, 1, -1).astype(np.float32)
    number = np.random.RandomState(6).randint(0, CLASSES, ROWS)
    found = []
    for cls in ("Hinge", "SquaredHinge"):
        found += [
            Case(f"{cls} random", cls, _random(7, *shape), signs),
            Case(f"{cls} binary", cls, _random(7, *shape), binary),
            Case(f"{cls} mixed", cls, _random(7, *shape), np.where(binary == 0, -0.5, binary).astype(np.float32)),
            Case(f"{cls} extreme", cls, tied, signs),
            Case(f"{cls} zero head", cls, np.zeros(shape, np.float32), binary),
        ]
    return [
        *found,
        Case("CategoricalHinge random", "CategoricalHinge", near, one_hot(number)),
        Case("CategoricalHinge extreme", "CategoricalHinge", tied, one_hot(number)),
        Case("CategoricalHinge zero head", "CategoricalHinge", np.zeros(shape, np.float32), one_hot(number)),
    ]


def _binary() -> list[Case]:
    shape = (ROWS, CLASSES)
    logits = _random(8, *shape) * 3
    inside = (1 / (1 + np.exp(-logits))).astype(np.float32)
    extreme = repeated([0, 1, 1e-7, 1 - 1e-7, 1e-8, 0.5, 1.2e-7, 1 - 6e-8, 2e-3], *shape)
    far = repeated([0, 80, -80, 1, -1, 30, -30, 1e-6, 16, -16], *shape)
    hard, soft = (_random(9, *shape) > 0).astype(np.float32), np.random.RandomState(10).rand(*shape).astype(np.float32)
    found = []
    for loss in ("BinaryCrossentropy", "BinaryFocalCrossentropy"):
        for suffix, generations in (("", ("keras",)), ("Keras2", ("tf_keras",))):
            cls = f"{loss}{suffix}"
            found += [
                Case(f"{cls} random", cls, inside, hard, generations=generations),
                Case(f"{cls} extreme", cls, extreme, hard, generations=generations),
                Case(f"{cls} soft extreme", cls, extreme, soft, generations=generations),
                Case(f"{cls} smooth", cls, inside, hard, {"label_smoothing": 0.1}, generations),
                Case(f"{cls} logits", cls, logits, hard, {"from_logits": True}, generations),
                Case(f"{cls} logits extreme", cls, far, hard, {"from_logits": True}, generations),
                Case(f"{cls} logits soft", cls, far, soft, {"from_logits": True, "label_smoothing": 0.2}, generations),
            ]
    balanced = {"apply_class_balancing": True, "alpha": 0.4, "gamma": 3.0}
    found += [
        Case("Focal balanced", "BinaryFocalCrossentropy", inside, hard, balanced, ("keras",)),
        Case("Focal balanced Keras2", "BinaryFocalCrossentropyKeras2", inside, hard, balanced, ("tf_keras",)),
        Case("Focal balanced logits", "BinaryFocalCrossentropy", logits, hard, {**balanced, "from_logits": True}),
        Case("Focal half", "BinaryFocalCrossentropy", inside, hard, {"gamma": 0.5}, ("keras",)),
    ]
    return found


def _categorical() -> list[Case]:
    shape = (ROWS, CLASSES)
    logits, number = _random(11, *shape) * 3, np.random.RandomState(12).randint(0, CLASSES, ROWS)
    hard, p = one_hot(number), softmax(logits)
    far = repeated([0, 60, -60, 1, 100, -100, 3, 1e-3], *shape)
    saturated = repeated([0, 1, 0, 0, 0.3, 0.7, 0, 1e-8, 1, 1e-7, 2, 0.4], *shape)
    odd = hard.copy()
    odd[0] = 0
    odd[1] = 1
    odd[2] = 0.3
    cls, sparse = "CategoricalCrossentropy", "SparseCategoricalCrossentropy"
    some = np.where(number == 3, 255, number)
    found = [
        Case(f"{cls} random", cls, p, hard),
        Case(f"{cls} unnormalised", cls, p * 3, softmax(_random(13, *shape))),
        Case(f"{cls} extreme", cls, saturated, hard),
        Case(f"{cls} smooth", cls, p, hard, {"label_smoothing": 0.1}),
        Case(f"{cls} logits", cls, logits, hard, {"from_logits": True}),
        Case(f"{cls} logits odd labels", cls, logits, odd, {"from_logits": True}),
        Case(f"{cls} logits extreme", cls, far, hard, {"from_logits": True}),
        Case(f"{cls} logits smooth", cls, far, hard, {"from_logits": True, "label_smoothing": 0.1}),
        Case(f"{sparse} random", sparse, p, number),
        Case(f"{sparse} unnormalised", sparse, p * 3, number),
        Case(f"{sparse} extreme", sparse, saturated, number),
        Case(f"{sparse} logits", sparse, logits, number, {"from_logits": True}),
        Case(f"{sparse} logits extreme", sparse, far, number, {"from_logits": True}),
    ]
    for suffix, generations in (("", ("keras",)), ("Keras2", ("tf_keras",))):
        ignoring = f"{sparse}{suffix}"
        # with weights tf_keras 2.21 fails in a tf.gather of its own where nothing is reduced
        found += [
            Case(f"{ignoring} ignore 255", ignoring, logits, some, {"from_logits": True, "ignore_class": 255},
                 generations),
            Case(f"{ignoring} ignore 2", ignoring, p, number, {"ignore_class": 2}, generations),
            Case(f"{ignoring} ignore -1", ignoring, p, np.where(number == 1, -1, number), {"ignore_class": -1},
                 generations),
            Case(f"{ignoring} ignore all", ignoring, p, np.full(ROWS, 4), {"ignore_class": 4}, generations,
                 variants=(("mean", False), ("sum", True), ("none", False))),
        ]  # fmt: skip
    return found


def _behind() -> list[Case]:
    number = np.random.RandomState(14).randint(0, CLASSES, ROWS)
    far = repeated([0, 40, -40, 1, 30, -20, 3, 1e-3, 12, 39], ROWS, CLASSES)  # gaps up to 80
    usual = _random(15, ROWS, CLASSES) * 3
    binary = np.linspace(-15, 15, ROWS * CLASSES).astype(np.float32).reshape(ROWS, CLASSES)
    below = np.linspace(-80, 12, ROWS * CLASSES).astype(np.float32).reshape(ROWS, CLASSES)
    hard = (_random(16, ROWS, CLASSES) > 0).astype(np.float32)
    categorical, sparse = {"behind_softmax": True}, "SparseCategoricalCrossentropy"
    found = []
    for name, logits in (("usual", usual), ("far", far)):
        found += [
            Case(f"behind softmax {name}", "CategoricalCrossentropy", logits, one_hot(number), categorical,
                 through="softmax"),
            Case(f"behind softmax {name} smooth", "CategoricalCrossentropy", logits, one_hot(number),
                 {**categorical, "label_smoothing": 0.1}, through="softmax"),
            Case(f"behind softmax {name} sparse", sparse, logits, number, categorical, through="softmax"),
            Case(f"behind softmax {name} ignore", sparse, logits, number, {**categorical, "ignore_class": 2},
                 ("keras",), through="softmax"),
            Case(f"behind softmax {name} ignore Keras2", f"{sparse}Keras2", logits, number,
                 {**categorical, "ignore_class": 2}, ("tf_keras",), through="softmax"),
        ]  # fmt: skip
    for name, logits in (("usual", usual), ("middle", binary), ("below", below)):
        found += [
            Case(f"behind sigmoid {name}", "BinaryCrossentropy", logits, hard, {"behind_sigmoid": True},
                 through="sigmoid"),
            Case(f"behind sigmoid {name} focal", "BinaryFocalCrossentropy", logits, hard, {"behind_sigmoid": True},
                 through="sigmoid"),
        ]  # fmt: skip
    return found


def _shapes() -> list[Case]:
    """Labels of other ranks and types than the predictions have, and predictions of other ranks."""
    column, line = _random(17, ROWS, 1), _random(18, ROWS)
    p, hard = (1 / (1 + np.exp(-column))).astype(np.float32), (line > 0).astype(np.float32)
    number = np.random.RandomState(19).randint(0, CLASSES, (5, 3, 2))
    image = _random(20, 5, 3, 2, CLASSES) * 3
    weights = np.random.RandomState(21).rand(ROWS).astype(np.float32)
    found = []
    for cls, predictions, labels in (
        ("MeanSquaredError", column, line), ("MeanAbsoluteError", column, line), ("Huber", column, line),
        ("LogCosh", column, line), ("MeanAbsolutePercentageError", column, line), ("Hinge", column, hard),
        ("MeanSquaredLogarithmicError", p, np.abs(line)), ("Poisson", p, np.abs(line)), ("KLDivergence", p, p[:, 0]),
        ("BinaryCrossentropy", p, hard),
    ):  # fmt: skip
        # tf_keras takes (N,) and (N, 1) for one sample of N units, but never inside of fit, which adds the axis
        mean = (("mean", False),)
        found += [
            Case(f"{cls} (N, 1) (N,)", cls, predictions, labels, generations=("keras",), weights=weights, graph=False),
            Case(f"{cls} (N,) (N, 1)", cls, predictions[:, 0], labels[:, None], generations=("keras",),
                 weights=weights, graph=False),
            Case(f"{cls} (N,) (N,)", cls, predictions[:, 0], labels, generations=("keras",), variants=mean,
                 graph=False),
        ]  # fmt: skip
    sparse, logits = "SparseCategoricalCrossentropy", {"from_logits": True}
    rows, of_rows = image[:, 0, 0], number[:, 0, 0]
    for kind in ("int32", "int64", "uint8", "float32", "float64"):
        found += [
            Case(f"labels {kind} (N,)", sparse, rows, of_rows.astype(kind), logits, graph=False),
            Case(f"labels {kind} (N, 1)", sparse, rows, of_rows[:, None].astype(kind), logits, graph=False),
            Case(f"labels {kind} one-hot", "CategoricalCrossentropy", rows, one_hot(of_rows).astype(kind), logits,
                 graph=False),
            Case(f"labels {kind} mse", "MeanSquaredError", rows, one_hot(of_rows).astype(kind), graph=False),
            Case(f"labels {kind} bce", "BinaryCrossentropy", rows, one_hot(of_rows).astype(kind), logits, graph=False),
        ]  # fmt: skip
    time = _random(22, 5, 4)
    return [
        *found,
        Case("image sparse", sparse, image, number, logits),
        Case("image sparse (.., 1)", sparse, image, number[..., None], logits),
        Case("image sparse p", sparse, softmax(image), number),
        Case("image ignore", sparse, softmax(image), number, {"ignore_class": 1}, ("keras",)),
        Case("image one-hot", "CategoricalCrossentropy", image, one_hot(number), logits),
        Case("image mse", "MeanSquaredError", image, _random(23, *image.shape)),
        Case("image mse (.., 1)", "MeanSquaredError", image[..., :1], image[..., 1], weights=_random(26, 5, 3)),
        Case("image bce", "BinaryCrossentropy", softmax(image), one_hot(number), generations=("keras",)),
        Case("weights (N, 1)", "MeanSquaredError", time, time[::-1].copy(), variants=(("mean", True), ("sum", True)),
             weights=_random(24, 5, 1)),
        Case("weights (N, 1) unreduced", "MeanSquaredError", time, time[::-1].copy(), variants=(("none", True),),
             weights=_random(24, 5, 1), generations=("keras",)),
        Case("weights (N,) of (N, T)", "MeanSquaredError", image[:, 0], image[:, 1], weights=_random(25, 5),
             generations=("tf_keras",)),
        Case("a broadcast of Keras' own", "MeanSquaredError", time, time[:, :1]),
    ]  # fmt: skip


def _batches() -> list[Case]:
    """One loss whose batches change their size: see the probe of MindSpore, which keeps losses of equal arguments."""
    found = []
    for cls, kwargs in (
        ("BinaryCrossentropy", {"from_logits": True}), ("SparseCategoricalCrossentropy", {"from_logits": True}),
        ("MeanSquaredError", {}),
    ):  # fmt: skip
        for index, rows in enumerate((32, 32, 7, 64, 32)):
            logits = _random(30 + index, rows, 5)
            labels = (logits[::-1] > 0).astype(np.float32)
            if cls.startswith("Sparse"):
                labels = np.arange(rows) % 5
            found.append(
                Case(f"{cls} batch {index} of {rows}", cls, logits, labels, kwargs, variants=(("mean", False),))
            )
    return found
