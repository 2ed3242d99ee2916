"""The metrics of Keras as metrics of MindSpore: ``clear``, ``update(predictions, labels, weights)`` and ``eval``.

They take tensors of MindSpore and arrays, and compute in float64 but where Keras' rounding decides on a class.
"""

from __future__ import annotations

import numpy as np
from mindspore import Tensor
from mindspore.train import Metric


def _array(values, kind=np.float32):
    return np.asarray(values.asnumpy() if isinstance(values, Tensor) else values).astype(kind)


def _equal_ranks(first, second):
    """``squeeze_or_expand_to_same_rank`` of ``keras/src/losses/loss.py`` of Keras 3.15."""
    if first.ndim == second.ndim + 1 and first.shape[-1] == 1:
        return (first, second[:, None]) if second.ndim == 1 else (first[..., 0], second)
    if second.ndim == first.ndim + 1 and second.shape[-1] == 1:
        return (first[:, None], second) if first.ndim == 1 else (first, second[..., 0])
    return first, second


def _equal_shapes(predictions, labels):
    predictions, labels = _equal_ranks(predictions, labels)
    if predictions.shape != labels.shape:
        raise ValueError(f"predictions and labels differ in shape: {predictions.shape} and {labels.shape}")
    return predictions, labels


def _quotient(above, below):
    """``divide_no_nan``: 0 where ``below`` is 0."""
    return np.divide(above, below, out=np.zeros(np.shape(above)), where=np.asarray(below) != 0)


class _WeightedMean(Metric):
    """``sum(weights * values) / sum(weights)`` over all updates; values of a sample are first averaged.

    Source: ``keras/src/metrics/reduction_metrics.py`` of Keras 3.15.
    """

    def __init__(self):
        super().__init__()
        self.clear()

    def clear(self):
        self.total = 0.0
        self.count = 0.0

    def _add(self, values, weights):
        values = _array(values, np.float64)
        if weights is None:
            self.total += values.reshape((values.shape[0], -1)).mean(1).sum() if values.ndim else float(values)
            self.count += values.shape[0] if values.ndim else 1
            return
        values, weights = _equal_ranks(values, _array(weights, np.float64))
        values = values.mean(tuple(range(weights.ndim, values.ndim)))
        weights = np.broadcast_to(weights, values.shape)
        within = tuple(range(1, values.ndim))
        self.total += (values * weights).mean(within).sum()
        self.count += weights.mean(within).sum()

    def eval(self):
        return float(_quotient(self.total, self.count))


class Mean(_WeightedMean):
    """The mean of numbers, over the sum of the ``weights``; those of one sample are first averaged."""

    def update(self, values, weights=None):
        self._add(values, weights)


class _MeanOfSamples(_WeightedMean):
    """The mean of what ``_values`` of predictions and labels are.

    Source: ``accuracy_metrics.py`` and ``regression_metrics.py`` in ``keras/src/metrics`` of Keras 3.15.
    """

    def update(self, predictions, labels, weights=None):
        self._add(self._values(predictions, labels), weights)


class MeanLoss(_MeanOfSamples):
    """A loss as a metric: the mean of its values of every sample, over the sum of the ``weights``.

    ``loss`` is one of the losses of this module, whose own reduction is without effect.  One with ``ignore_class``
    raises ``ValueError``: Keras 2 and 3 divide it by different numbers.  What ``fit`` and ``evaluate`` show as
    ``loss`` is :class:`EpochLoss`, which is the same number where there are no weights.

    ``broadcast=True`` is for the functions whose ranks Keras 3 does not align as metrics (hinges, KL divergence,
    Poisson): predictions of shape ``(N, 1)`` and labels of ``(N,)`` make ``N * N`` values there.

    Source: ``MeanMetricWrapper`` in ``keras/src/metrics/reduction_metrics.py`` of Keras 3.15.
    """

    def __init__(self, loss, broadcast=False):
        super().__init__()
        if getattr(loss, "ignore_class", None) is not None:
            raise ValueError("a loss with ignore_class has no mean that all versions of Keras agree on")
        self.loss = loss
        self.broadcast = broadcast

    def _values(self, predictions, labels):
        predictions, labels = _array(predictions), _array(labels)
        if self.broadcast:
            predictions, labels = (one.copy() for one in np.broadcast_arrays(predictions, labels))
        return self.loss.per_sample(Tensor(_array(predictions)), Tensor(_array(labels)))


class EpochLoss(Metric):
    """``loss`` of ``fit`` and ``val_loss`` of Keras: the loss of every batch, by the number of its samples.

    Source: ``_loss_tracker`` in ``keras/src/trainers/trainer.py`` of Keras 3.15.
    """

    def __init__(self, loss):
        super().__init__()
        if loss.reduction == "none":
            raise ValueError("a loss with reduction='none' has no number for a batch")
        self.loss = loss
        self.clear()

    def clear(self):
        self.total = 0.0
        self.count = 0

    def update(self, predictions, labels, weights=None):
        predictions, labels = Tensor(_array(predictions)), Tensor(_array(labels))
        loss = self.loss(predictions, labels, None if weights is None else Tensor(_array(weights)))
        self.total += float(loss.asnumpy()) * predictions.shape[0]
        self.count += predictions.shape[0]

    def eval(self):
        return float(_quotient(self.total, self.count))


class RootMeanSquaredError(_MeanOfSamples):
    """``sqrt(mean((predictions - labels) ** 2))``, with the root behind the mean over all updates."""

    def _values(self, predictions, labels):
        predictions, labels = _equal_ranks(_array(predictions), _array(labels))
        return np.square(predictions - labels)

    def eval(self):
        return float(np.sqrt(super().eval()))


class CosineSimilarityMetric(_MeanOfSamples):
    """The mean of ``sum(unit(labels) * unit(predictions))``, with the sign that the loss has not.

    ``unit(x)`` is ``x * min(rsqrt(sum(x ** 2)), 1e7)``.
    """

    floor = 1e-14

    def _unit(self, values):
        return values / np.sqrt(np.maximum(np.square(values).sum(-1, keepdims=True), self.floor))

    def _values(self, predictions, labels):
        predictions, labels = _equal_ranks(_array(predictions, np.float64), _array(labels, np.float64))
        return (self._unit(predictions) * self._unit(labels)).sum(-1)


class CosineSimilarityMetricKeras2(CosineSimilarityMetric):
    """:class:`CosineSimilarityMetric` with ``unit(x) = x * rsqrt(max(sum(x ** 2), 1e-12))``.

    Source: ``tf_keras/src/metrics/regression_metrics.py`` of tf_keras 2.21, and ``tf.linalg.l2_normalize``.
    """

    floor = 1e-12


class BinaryAccuracy(_MeanOfSamples):
    """How often ``predictions > threshold`` is the label, with every label of a sample on its own."""

    def __init__(self, threshold=0.5):
        super().__init__()
        self.threshold = np.float32(threshold)

    def _values(self, predictions, labels):
        predictions, labels = _equal_ranks(_array(predictions), _array(labels))
        return (predictions > self.threshold) == labels


def _class_numbers(predictions, labels):
    """Predictions of shape (..., classes), and the numbers of the classes in the shape (...)."""
    predictions, labels = _array(predictions), _array(labels, np.int64)
    if labels.shape not in (predictions.shape[:-1], (*predictions.shape[:-1], 1)):
        raise ValueError(f"labels of shape {labels.shape} do not fit to predictions of shape {predictions.shape}")
    return predictions, labels.reshape(predictions.shape[:-1])


def _largest(predictions, labels):
    """Predictions, and the number of the class that is the largest label."""
    predictions, labels = _array(predictions), _array(labels)
    if predictions.shape != labels.shape:
        raise ValueError(f"predictions and labels differ in shape: {predictions.shape} and {labels.shape}")
    return predictions, labels.argmax(-1)


class SparseCategoricalAccuracy(_MeanOfSamples):
    """How often the largest prediction is that of the class whose number is the label."""

    def _values(self, predictions, labels):
        predictions, labels = _class_numbers(predictions, labels)
        return predictions.argmax(-1) == labels


class CategoricalAccuracy(_MeanOfSamples):
    """How often the largest prediction is that of the class with the largest label."""

    def _values(self, predictions, labels):
        predictions, labels = _largest(predictions, labels)
        return predictions.argmax(-1) == labels


class Accuracy(_MeanOfSamples):
    """What ``metrics=["accuracy"]`` is: one of three metrics, by the shapes of the first update alone.

    :class:`BinaryAccuracy` where predictions have one unit; :class:`SparseCategoricalAccuracy` where labels have fewer
    axes than predictions, or a last one of length 1; else :class:`CategoricalAccuracy`.
    Source: ``keras/src/trainers/compile_utils.py`` of Keras 3.15, ``get_metric``.
    """

    def __init__(self):
        super().__init__()
        self.kind = None

    def _values(self, predictions, labels):
        if self.kind is None:
            if np.shape(predictions)[-1] == 1:
                self.kind = BinaryAccuracy()
            elif len(np.shape(labels)) < len(np.shape(predictions)) or np.shape(labels)[-1] == 1:
                self.kind = SparseCategoricalAccuracy()
            else:
                self.kind = CategoricalAccuracy()
        return self.kind._values(predictions, labels)  # noqa: SLF001 - of the base class of both


def _among_largest(predictions, labels, k):
    """``tf.math.in_top_k``: fewer than ``k`` classes are above the label's; nothing is where a number is not finite."""
    own = np.take_along_axis(predictions, labels[..., None], -1)
    return ((predictions > own).sum(-1) < k) & np.isfinite(predictions).all(-1)


class SparseTopKCategoricalAccuracy(_MeanOfSamples):
    """How often the class whose number is the label is one of the ``k`` largest predictions; ties are in."""

    def __init__(self, k=5):
        super().__init__()
        self.k = k

    def _values(self, predictions, labels):
        predictions, labels = _class_numbers(predictions, labels)
        return _among_largest(predictions, labels, self.k)


class TopKCategoricalAccuracy(SparseTopKCategoricalAccuracy):
    """How often the class with the largest label is one of the ``k`` largest predictions; ties are in."""

    def _values(self, predictions, labels):
        predictions, labels = _largest(predictions, labels)
        return _among_largest(predictions, labels, self.k)
