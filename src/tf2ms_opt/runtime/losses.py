"""The losses of Keras, each with its own labels, weights and reduction, in plain MindSpore operators.

They are called as MindSpore calls losses, ``loss(predictions, labels)``, and ``loss(predictions, labels, weights)``.
Where Keras 2 (``tf.keras`` up to TensorFlow 2.15) computes something else than Keras 3, it has a class of its own.
"""

from __future__ import annotations

import mindspore
from mindspore import nn, ops


class _KerasLoss(nn.LossBase):
    """What all losses share: ``per_sample`` values, behind the mean or the sum over the last axis, and their reduction.

    ``reduction="mean"`` is Keras' ``sum_over_batch_size``: the sum of the per-sample values, which ``weights``
    multiply, over their number, which ``weights`` do not change.  ``"sum"`` and ``"none"`` are Keras' as well.
    Predictions and labels are cast to float32, and an axis of length 1 is added or dropped where their ranks differ by
    one.  Other shapes are broadcast where Keras does so, and raise ``ValueError`` where it does not.  Weights have the
    shape of the per-sample values, or lack or have a last axis of length 1.

    Source: ``loss.py`` in ``keras/src/losses`` of Keras 3.15, and ``losses.py`` there for the formulas of all classes;
    ``compute_weighted_loss`` in ``tf_keras/src/utils/losses_utils.py`` of tf_keras 2.21.
    """

    def __init__(self, reduction="mean"):
        super().__init__(reduction)
        self.reduction = reduction

    def construct(self, logits, labels, weights=None):
        values = self.per_sample(logits, labels)
        if weights is not None:
            values = _weighted(values, weights)
        if self.reduction == "none":
            return values
        if self.reduction == "sum":
            return values.sum()
        return values.sum() / self._divisor(values, labels)

    def per_sample(self, logits, labels):
        """The loss of every sample, unweighted; of every pixel or time step where there are such."""
        predictions, labels = _same_rank(ops.cast(logits, mindspore.float32), ops.cast(labels, mindspore.float32))
        return self._values(predictions, labels)

    def _divisor(self, values, labels):  # noqa: ARG002 - a class that ignores labels needs them
        return values.size


def _same_rank(first, second):
    """``squeeze_or_expand_to_same_rank`` of ``keras/src/losses/loss.py`` of Keras 3.15."""
    if first.ndim == second.ndim + 1 and first.shape[-1] == 1:
        if second.ndim == 1:
            second = second.reshape((-1, 1))
        else:
            first = first.squeeze(-1)
    elif second.ndim == first.ndim + 1 and second.shape[-1] == 1:
        if first.ndim == 1:
            first = first.reshape((-1, 1))
        else:
            second = second.squeeze(-1)
    return first, second


def _weighted(values, weights):
    """``values`` times ``weights``; one weight a sample is good for all of its time steps, as in Keras 2."""
    values, weights = _same_rank(values, ops.cast(weights, values.dtype))
    if 0 < weights.ndim == values.ndim - 1:
        weights = weights.reshape((*weights.shape, 1))
    return values * weights


def _same_shape(predictions, labels):
    if predictions.shape != labels.shape:
        raise ValueError(f"predictions and labels differ in shape: {predictions.shape} and {labels.shape}")


def _limited(values, low, high):
    """``values`` between the limits.  The gradient on a limit is 1, and NaN stays NaN, as in TensorFlow."""
    return ops.where(values < low, low, ops.where(values > high, high, values))


def _at_least(values, low):
    return ops.where(values < low, low, values)


class MeanSquaredError(_KerasLoss):
    """``mean((predictions - labels) ** 2)``."""

    def _values(self, predictions, labels):
        return ops.square(predictions - labels).mean(-1)


class MeanAbsoluteError(_KerasLoss):
    """``mean(abs(predictions - labels))``."""

    def _values(self, predictions, labels):
        return ops.abs(predictions - labels).mean(-1)


class MeanAbsolutePercentageError(_KerasLoss):
    """``100 * mean(abs((labels - predictions) / max(abs(labels), 1e-7)))``."""

    def _values(self, predictions, labels):
        return 100.0 * ops.abs((labels - predictions) / _at_least(ops.abs(labels), 1e-7)).mean(-1)


class MeanSquaredLogarithmicError(_KerasLoss):
    """``mean((log(max(predictions, 1e-7) + 1) - log(max(labels, 1e-7) + 1)) ** 2)``."""

    def _values(self, predictions, labels):
        difference = ops.log(_at_least(predictions, 1e-7) + 1.0) - ops.log(_at_least(labels, 1e-7) + 1.0)
        return ops.square(difference).mean(-1)


class Huber(_KerasLoss):
    """``mean(error ** 2 / 2)`` up to an error of ``delta``, and ``mean(delta * abs(error) - delta ** 2 / 2)`` above."""

    def __init__(self, delta=1.0, reduction="mean"):
        super().__init__(reduction)
        self.delta = float(delta)

    def _values(self, predictions, labels):
        error = predictions - labels
        size = ops.abs(error)
        line = self.delta * size - 0.5 * self.delta * self.delta
        return ops.where(size <= self.delta, 0.5 * ops.square(error), line).mean(-1)


class LogCosh(_KerasLoss):
    """``mean(error + softplus(-2 * error) - log(2))``."""

    def _values(self, predictions, labels):
        error = predictions - labels
        return (error + ops.softplus(-2.0 * error) - 0.6931471805599453).mean(-1)


class KLDivergence(_KerasLoss):
    """``sum(labels * log(labels / predictions))``, with both between 1e-7 and 1."""

    def _values(self, predictions, labels):
        labels = _limited(labels, 1e-7, 1.0)
        return (labels * ops.log(labels / _limited(predictions, 1e-7, 1.0))).sum(-1)


class Poisson(_KerasLoss):
    """``mean(predictions - labels * log(predictions + 1e-7))``."""

    def _values(self, predictions, labels):
        return (predictions - labels * ops.log(predictions + 1e-7)).mean(-1)


class Hinge(_KerasLoss):
    """``mean(max(1 - labels * predictions, 0))``; labels that are all 0 or 1 become -1 and 1."""

    def _margin(self, predictions, labels):
        binary = ops.logical_or(ops.equal(labels, 0.0), ops.equal(labels, 1.0)).all()
        return _at_least(1.0 - ops.where(binary, 2.0 * labels - 1.0, labels) * predictions, 0.0)

    def _values(self, predictions, labels):
        return self._margin(predictions, labels).mean(-1)


class SquaredHinge(Hinge):
    """The mean of the squares of what :class:`Hinge` takes the mean of."""

    def _values(self, predictions, labels):
        return ops.square(self._margin(predictions, labels)).mean(-1)


class CategoricalHinge(_KerasLoss):
    """``max(max((1 - labels) * predictions) - sum(labels * predictions) + 1, 0)``."""

    def _values(self, predictions, labels):
        other = ops.amax((1.0 - labels) * predictions, -1)
        return _at_least(other - (labels * predictions).sum(-1) + 1.0, 0.0)


class CosineSimilarity(_KerasLoss):
    """``-sum(unit(labels) * unit(predictions))``, from -1 for the same direction to 1 for the opposite one.

    ``unit(x)`` is ``x * min(rsqrt(sum(x ** 2)), 1e7)``.
    Source: ``_normalize`` in ``keras/src/ops/nn.py`` of Keras 3.15.
    """

    floor = 1e-14

    def _unit(self, values):
        return values * ops.rsqrt(_at_least(ops.square(values).sum(-1, keepdims=True), self.floor))

    def _values(self, predictions, labels):
        return -(self._unit(labels) * self._unit(predictions)).sum(-1)


class CosineSimilarityKeras2(CosineSimilarity):
    """:class:`CosineSimilarity` with ``unit(x) = x * rsqrt(max(sum(x ** 2), 1e-12))``.

    Source: ``tf_keras/src/losses.py`` of tf_keras 2.21, and ``tf.linalg.l2_normalize``.
    """

    floor = 1e-12
