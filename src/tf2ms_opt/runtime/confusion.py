"""Metrics of Keras that count right and wrong predictions at thresholds."""

from __future__ import annotations

import numpy as np
from mindspore.train import Metric

from tf2ms_opt.runtime.metrics import _array, _equal_shapes, _quotient


class _Confusion(Metric):
    """True and false positives and negatives at every threshold: ``predictions > threshold`` are positive.

    Source: ``confusion_metrics.py`` and ``metrics_utils.py`` in ``keras/src/metrics`` of Keras 3.15.
    """

    def __init__(self, thresholds):
        super().__init__()
        self.thresholds = np.atleast_1d(np.asarray(thresholds, np.float64))
        last = len(self.thresholds) - 1
        self.even = last > 1 and np.allclose(self.thresholds, np.arange(last + 1) / last, atol=1e-7)
        self.clear()

    def clear(self):
        self.tp, self.fp, self.tn, self.fn = np.zeros((4, len(self.thresholds)))

    def update(self, predictions, labels, weights=None):
        predictions, labels = _equal_shapes(_array(predictions), _array(labels))
        if weights is None:
            weights = np.ones(predictions.shape)
        else:
            weights = _array(weights, np.float64)[..., None]
            weights = weights[..., 0] if weights.ndim == labels.ndim + 1 else weights
            weights = np.broadcast_to(weights, predictions.shape)
        predictions, labels, weights = predictions.ravel(), labels.ravel() != 0, weights.ravel()
        true, false = self._above(predictions, labels * weights), self._above(predictions, ~labels * weights)
        self.tp += true
        self.fp += false
        self.fn += (labels * weights).sum() - true
        self.tn += (~labels * weights).sum() - false

    def _above(self, predictions, weights):
        """The sum of the weights above every threshold."""
        if not self.even:
            return (predictions > self.thresholds.astype(np.float32)[:, None]) @ weights
        last = len(self.thresholds) - 1
        buckets = np.ceil(np.clip(predictions, 0, 1) * np.float32(last)).astype(np.int64) - 1
        if self.thresholds[0] < 0 or self.thresholds[-1] > 1:
            buckets = np.maximum(buckets, 0)
        inside = buckets >= 0
        return np.bincount(buckets[inside], weights[inside], last + 1)[::-1].cumsum()[::-1]

    def eval(self):
        result = self._result()
        return float(result[0]) if len(self.thresholds) == 1 else result


class _Counts(_Confusion):
    """The counts with a ``threshold`` or several, each of which makes a number of the result."""

    def __init__(self, thresholds=None):
        super().__init__(0.5 if thresholds is None else thresholds)


class TruePositives(_Counts):
    """The weight of the labels that are not 0, and whose predictions are above the threshold."""

    def _result(self):
        return self.tp


class FalsePositives(_Counts):
    """The weight of the labels that are 0, and whose predictions are above the threshold."""

    def _result(self):
        return self.fp


class TrueNegatives(_Counts):
    """The weight of the labels that are 0, and whose predictions are not above the threshold."""

    def _result(self):
        return self.tn


class FalseNegatives(_Counts):
    """The weight of the labels that are not 0, and whose predictions are not above the threshold."""

    def _result(self):
        return self.fn


class Precision(_Counts):
    """``true positives / (true positives + false positives)``, 0 without any."""

    def _result(self):
        return _quotient(self.tp, self.tp + self.fp)


class Recall(_Counts):
    """``true positives / (true positives + false negatives)``, 0 without any."""

    def _result(self):
        return _quotient(self.tp, self.tp + self.fn)


class AUC(_Confusion):
    """The area under the curve ``"ROC"`` or ``"PR"``, from counts at ``num_thresholds`` thresholds, or at those given.

    ``summation_method`` is ``"interpolation"``, ``"minoring"`` or ``"majoring"``.  All labels of a sample are taken
    together: what Keras has as ``multi_label`` is not here.
    """

    def __init__(
        self, num_thresholds=200, curve="ROC", summation_method="interpolation", thresholds=None, from_logits=False
    ):
        if curve.upper() not in ("ROC", "PR"):
            raise ValueError(f'curve has to be "ROC" or "PR", and is {curve!r}')
        if summation_method.lower() not in ("interpolation", "minoring", "majoring"):
            raise ValueError(f"summation_method is none of Keras': {summation_method!r}")
        inner = np.arange(1, num_thresholds - 1) / (num_thresholds - 1) if thresholds is None else sorted(thresholds)
        super().__init__([-1e-7, *inner, 1.0 + 1e-7])
        self.curve = curve.upper()
        self.summation_method = summation_method.lower()
        self.from_logits = bool(from_logits)

    def update(self, predictions, labels, weights=None):
        if self.from_logits:
            predictions = 1.0 / (1.0 + np.exp(-_array(predictions, np.float64)))
        super().update(predictions, labels, weights)

    def eval(self):
        recall = _quotient(self.tp, self.tp + self.fn)
        if self.curve == "ROC":
            return self._area(_quotient(self.fp, self.fp + self.tn), recall)
        if self.summation_method != "interpolation":
            return self._area(recall, _quotient(self.tp, self.tp + self.fp))
        return self._interpolated()

    def _area(self, x, y):
        heights = {
            "interpolation": (y[:-1] + y[1:]) / 2,
            "minoring": np.minimum(y[:-1], y[1:]),
            "majoring": np.maximum(y[:-1], y[1:]),
        }
        return float(((x[:-1] - x[1:]) * heights[self.summation_method]).sum())

    def _interpolated(self):
        """The area under the curve of precision and recall, with the true and false positives interpolated."""
        positive = self.tp + self.fp
        steps = self.tp[:-1] - self.tp[1:]
        slope = _quotient(steps, np.maximum(positive[:-1] - positive[1:], 0))
        intercept = self.tp[1:] - slope * positive[1:]
        both = (positive[:-1] > 0) & (positive[1:] > 0)
        ratio = np.where(both, _quotient(positive[:-1], positive[1:]), 1.0)
        parts = slope * (steps + intercept * np.log(ratio))
        return float(_quotient(parts, (self.tp + self.fn)[1:]).sum())
