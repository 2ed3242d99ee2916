"""Values of the outside world as MindSpore tensors."""

from __future__ import annotations

import mindspore
import numpy as np
from mindspore import Tensor


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
