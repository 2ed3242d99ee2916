"""What the base class of Keras' optimizers up to TensorFlow 2.10 does around every update rule."""

from __future__ import annotations

from mindspore import jit

from tf2ms_opt.runtime.keras_base import _KerasBase


class KerasOptimizerLegacy(_KerasBase):
    """What ``tf.keras.optimizers`` up to TensorFlow 2.10 and ``optimizers.legacy`` do around every rule.

    In this order, each where it is given: ``clipvalue``, then ``clipnorm`` of each gradient, then ``global_clipnorm``
    of all.  A limit of 0 makes every gradient 0.  Raises ``ValueError`` for both norms, and for a negative limit.

    Source: ``tf_keras/src/optimizers/legacy/optimizer_v2.py`` of tf_keras 2.21, ``_transform_gradients``.
    """

    def __init__(self, optimizer, clipnorm=None, clipvalue=None, global_clipnorm=None):
        if any(one is not None and one < 0 for one in (clipnorm, clipvalue, global_clipnorm)):
            raise ValueError("a limit of the gradients is negative")
        super().__init__(optimizer, clipnorm, clipvalue, global_clipnorm)

    @jit
    def construct(self, gradients):
        if self.clipvalue is not None:
            gradients = self._clip_by_value(gradients)
        if self.clipnorm is not None:
            gradients = self._clip_by_norm(gradients)
        if self.global_clipnorm is not None:
            gradients = self._clip_by_global_norm(gradients)
        self.inner(gradients)
        return True
