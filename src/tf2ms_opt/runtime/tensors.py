"""Values of the outside world as tensors, and operators of TensorFlow that MindSpore has in another form."""

from __future__ import annotations

import mindspore
import numpy as np
from mindspore import Tensor, ops


def to_tensor(value, dtype=None):
    """``value`` (a tensor, an array of any shape, numbers) as a tensor; a tensor of the right type is handed back.

    Without ``dtype`` a float64 becomes float32, which a Keras model casts its inputs to; everything else keeps its
    type.  Copies, as ``tf.constant`` does.
    """
    if not isinstance(value, Tensor):
        value = Tensor(np.asarray(value))
    if dtype is None and value.dtype == mindspore.float64:
        dtype = mindspore.float32
    return value if dtype is None or value.dtype == dtype else value.astype(dtype)


def one_hot(indices, depth):
    """``tf.one_hot``: float32, of shape ``indices.shape + (depth,)``; an index out of range gives zeros."""
    return ops.one_hot(
        ops.cast(indices, mindspore.int32), depth, Tensor(1.0, mindspore.float32), Tensor(0.0, mindspore.float32)
    )


def l2_loss(values):
    """``tf.nn.l2_loss``: half of the sum of squares."""
    return ops.square(values).sum() / 2


def sigmoid_cross_entropy_with_logits(labels, logits):
    """``tf.nn.sigmoid_cross_entropy_with_logits``, of the shape of ``logits``.

    Without a reduction: that of MindSpore has a wrong gradient in PYNATIVE when the size of a batch changes.
    """
    one = ops.ones_like(logits)
    return ops.binary_cross_entropy_with_logits(logits, ops.cast(labels, logits.dtype), one, one, reduction="none")


def softmax_cross_entropy_with_logits(labels, logits):
    """``tf.nn.softmax_cross_entropy_with_logits`` along the last axis."""
    return -(labels * ops.log_softmax(logits, -1)).sum(-1)


def sparse_softmax_cross_entropy_with_logits(labels, logits):
    """``tf.nn.sparse_softmax_cross_entropy_with_logits``, of the shape of ``labels``."""
    flat = ops.cross_entropy(
        logits.reshape(-1, logits.shape[-1]), ops.cast(labels, mindspore.int32).reshape(-1), reduction="none"
    )
    return flat.reshape(labels.shape)


def random_normal(shape, mean=0.0, stddev=1.0):
    """``tf.random.normal``: other numbers of the same distribution, float32."""
    return ops.standard_normal(tuple(shape)) * stddev + mean


def random_uniform(shape, minval=0.0, maxval=1.0):
    """``tf.random.uniform``: other numbers of the same distribution, float32."""
    return ops.rand(*shape, dtype=mindspore.float32) * (maxval - minval) + minval


def transpose(values, perm=None):
    """``tf.transpose``: the axes in the order ``perm``, backwards without it."""
    return ops.permute(values, tuple(perm) if perm is not None else tuple(range(values.ndim))[::-1])


def maximum(first, second):
    """``tf.maximum``: the gradient of a tie goes to ``first``, where MindSpore's own halves it."""
    return ops.where(first >= second, first, second)


def minimum(first, second):
    """``tf.minimum``: the gradient of a tie goes to ``first``, where MindSpore's own halves it."""
    return ops.where(first <= second, first, second)


def squared_difference(first, second):
    """``tf.math.squared_difference``."""
    return ops.square(first - second)


def tile(values, multiples):
    """``tf.tile``."""
    return ops.tile(values, tuple(multiples))


def gather(values, indices, axis=0):
    """``tf.gather`` along one axis."""
    return ops.gather(values, ops.cast(indices, mindspore.int32), axis)


def categorical_accuracy(labels, predictions):
    """``keras.metrics.categorical_accuracy``: 1 where the largest of both stand at the same place, of every sample."""
    return ops.cast(ops.equal(ops.argmax(labels, -1), ops.argmax(predictions, -1)), mindspore.float32)


def sparse_categorical_accuracy(labels, predictions):
    """``keras.metrics.sparse_categorical_accuracy``: 1 where the largest prediction is at the place of the label."""
    found = ops.argmax(predictions, -1)
    if labels.ndim == predictions.ndim and labels.shape[-1] == 1:
        labels = labels.squeeze(-1)
    return ops.cast(ops.equal(ops.cast(labels, found.dtype), found), mindspore.float32)
