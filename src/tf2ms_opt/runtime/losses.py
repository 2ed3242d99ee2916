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


class BinaryCrossentropy(_KerasLoss):
    """``-mean(labels * log(p) + (1 - labels) * log(1 - p))`` with ``p`` between 1e-7 and 1 - 1e-7, or from logits.

    ``label_smoothing`` makes the labels ``labels * (1 - label_smoothing) + label_smoothing / 2``.
    ``behind_sigmoid`` is for predictions of the network's own sigmoid, in whose place Keras takes the logits behind it.
    What float32 has left of them is enough for the gradient of logits from -87 to 16, which the clip would end at -16.
    Above, where ``p`` is 1, the gradient of labels below 1 is lost, and their value ends at 17.3; on the way there
    ``log(1 - p)`` is wrong by about ``exp(logit) * 6e-8``: 1e-3 for a logit of 10, 0.1 for one of 15.

    Source: ``binary_crossentropy`` in ``keras/src/backend/tensorflow/nn.py`` of Keras 3.15.
    """

    epsilon = 0.0

    def __init__(self, from_logits=False, label_smoothing=0.0, behind_sigmoid=False, reduction="mean"):
        super().__init__(reduction)
        self.from_logits = bool(from_logits)
        self.label_smoothing = float(label_smoothing)
        self.behind_sigmoid = bool(behind_sigmoid)

    def _values(self, predictions, labels):
        return self._elements(predictions, self._smooth(labels)).mean(-1)

    def _smooth(self, labels):
        if self.label_smoothing:
            return labels * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing
        return labels

    def _elements(self, predictions, labels):
        _same_shape(predictions, labels)
        if self.behind_sigmoid:
            positive, negative = _at_least(predictions, 2.0**-126), _at_least(1.0 - predictions, 2.0**-25)
        elif self.from_logits:
            ones = ops.ones_like(predictions)
            return ops.binary_cross_entropy_with_logits(predictions, labels, ones, ones, reduction="none")
        else:
            clipped = _limited(predictions, 1e-7, 1.0 - 1e-7)
            positive, negative = clipped + self.epsilon, 1.0 - clipped + self.epsilon
        return -(labels * ops.log(positive) + (1.0 - labels) * ops.log(negative))


class BinaryCrossentropyKeras2(BinaryCrossentropy):
    """:class:`BinaryCrossentropy` with ``log(p + 1e-7)`` and ``log(1 - p + 1e-7)``, behind the same limits of ``p``.

    Source: ``binary_crossentropy`` in ``tf_keras/src/backend.py`` of tf_keras 2.21.
    """

    epsilon = 1e-7


class BinaryFocalCrossentropy(BinaryCrossentropy):
    """The elements of :class:`BinaryCrossentropy`, each times ``(1 - p_t) ** gamma``, and their mean.

    ``p_t = labels * p + (1 - labels) * (1 - p)``; ``apply_class_balancing`` multiplies further by
    ``labels * alpha + (1 - labels) * (1 - alpha)``.
    """

    def __init__(
        self, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0,
        behind_sigmoid=False, reduction="mean",
    ):  # fmt: skip
        super().__init__(from_logits, label_smoothing, behind_sigmoid, reduction)
        self.apply_class_balancing = bool(apply_class_balancing)
        self.alpha = float(alpha)
        self.gamma = float(gamma)

    def _values(self, predictions, labels):
        labels = self._smooth(labels)
        values = self._elements(predictions, labels)
        if self.from_logits and not self.behind_sigmoid:
            predictions = ops.sigmoid(predictions)
        chance = labels * predictions + (1.0 - labels) * (1.0 - predictions)
        values = ops.pow(1.0 - chance, self.gamma) * values
        if self.apply_class_balancing:
            values = (labels * self.alpha + (1.0 - labels) * (1.0 - self.alpha)) * values
        return values.mean(-1)


class BinaryFocalCrossentropyKeras2(BinaryFocalCrossentropy):
    """:class:`BinaryFocalCrossentropy` of the elements of :class:`BinaryCrossentropyKeras2`.

    Source: ``binary_focal_crossentropy`` in ``tf_keras/src/backend.py`` of tf_keras 2.21.
    """

    epsilon = 1e-7


class CategoricalCrossentropy(_KerasLoss):
    """``-sum(labels * log(p))``, with ``p`` over its sum and between 1e-7 and 1 - 1e-7, or from logits.

    ``label_smoothing`` makes the labels ``labels * (1 - label_smoothing) + label_smoothing / classes``.
    From logits the gradient is ``softmax(logits) - labels``, also for labels whose sum is not 1, as in TensorFlow.
    ``behind_softmax`` is for predictions of the network's own softmax, in whose place Keras takes the logits behind it:
    nothing is clipped as long as ``p`` is a normal float32, which are logits up to 87 below the largest one.  It needs
    labels whose sum is 1.

    Source: ``categorical_crossentropy`` in ``keras/src/backend/tensorflow/nn.py`` of Keras 3.15.
    """

    def __init__(self, from_logits=False, label_smoothing=0.0, behind_softmax=False, reduction="mean"):
        super().__init__(reduction)
        self.from_logits = bool(from_logits)
        self.label_smoothing = float(label_smoothing)
        self.behind_softmax = bool(behind_softmax)

    def _values(self, predictions, labels):
        _same_shape(predictions, labels)
        if self.label_smoothing:
            labels = labels * (1.0 - self.label_smoothing) + self.label_smoothing / labels.shape[-1]
        if self.behind_softmax:
            return -(labels * ops.log(_at_least(predictions, 2.0**-126))).sum(-1)
        if self.from_logits:
            shifted = predictions - ops.stop_gradient(ops.amax(predictions, -1, True))
            total = ops.log(ops.exp(shifted).sum(-1))
            excess = (labels.sum(-1) - 1.0) * ops.stop_gradient(total)
            return total - (labels * shifted).sum(-1) + excess
        p = predictions / predictions.sum(-1, keepdims=True)
        return -(labels * ops.log(_limited(p, 1e-7, 1.0 - 1e-7))).sum(-1)


class SparseCategoricalCrossentropy(_KerasLoss):
    """``-log(p[label])``: from logits, or from the softmax of ``log(p)`` with ``p`` between 1e-7 and 1 - 1e-7.

    Labels are the numbers of the classes, of any type, with or without a last axis of length 1.  Those that are
    ``ignore_class`` count for 0, and the mean is over the others.  ``behind_softmax`` is that of
    :class:`CategoricalCrossentropy`, and without effect beside ``ignore_class``: Keras 3 takes no logits then.  A label
    that is no class raises an exception on a CPU, as in TensorFlow.

    Source: ``sparse_categorical_crossentropy`` in ``keras/src/backend/tensorflow/nn.py`` of Keras 3.15.
    """

    def __init__(self, from_logits=False, ignore_class=None, behind_softmax=False, reduction="mean"):
        super().__init__(reduction)
        self.from_logits = bool(from_logits)
        self.ignore_class = ignore_class
        self.behind_softmax = bool(behind_softmax) and ignore_class is None

    def per_sample(self, logits, labels):
        logits, labels = ops.cast(logits, mindspore.float32), ops.cast(labels, mindspore.int32)
        shape = logits.shape[:-1]
        if labels.shape not in (shape, (*shape, 1)):
            raise ValueError(f"labels of shape {labels.shape} do not fit to predictions of shape {logits.shape}")
        logits, labels = logits.reshape((-1, logits.shape[-1])), labels.reshape(-1)
        if self.ignore_class is None:
            return self._entropy(logits, labels).reshape(shape)
        valid = ops.not_equal(labels, self.ignore_class)
        values = self._entropy(ops.where(valid.reshape((-1, 1)), logits, 0.0), ops.where(valid, labels, 0))
        return ops.where(valid, values, 0.0).reshape(shape)

    def _entropy(self, logits, labels):
        if self.behind_softmax:
            logits = ops.log(_at_least(logits, 2.0**-126))
        elif not self.from_logits:
            logits = ops.log(_limited(logits, 1e-7, 1.0 - 1e-7))
        labels = ops.where(labels < 0, logits.shape[-1], labels)  # from the end, if MindSpore did not raise
        return ops.cross_entropy(logits, labels, reduction="none")

    def _divisor(self, values, labels):
        if self.ignore_class is None:
            return values.size
        valid = ops.not_equal(ops.cast(labels, mindspore.int32), self.ignore_class)
        return self._counted(ops.cast(valid, mindspore.float32).sum())

    def _counted(self, valid):
        """Where all labels are ignored the mean is 0."""
        return _at_least(valid, 1.0)


class SparseCategoricalCrossentropyKeras2(SparseCategoricalCrossentropy):
    """:class:`SparseCategoricalCrossentropy` that is NaN where all labels are ignored.

    ``behind_softmax`` has its effect beside ``ignore_class`` too.
    Source: ``sparse_categorical_crossentropy`` in ``tf_keras/src/backend.py`` of tf_keras 2.21.
    """

    def __init__(self, from_logits=False, ignore_class=None, behind_softmax=False, reduction="mean"):
        super().__init__(from_logits, ignore_class, behind_softmax, reduction)
        self.behind_softmax = bool(behind_softmax)

    def _counted(self, valid):
        return valid
