"""Cross-entropies of Keras, from probabilities and from logits."""

from __future__ import annotations

import mindspore
from mindspore import ops

from tf2ms_opt.runtime.losses import _at_least, _KerasLoss, _limited, _same_shape


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
