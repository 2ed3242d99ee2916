"""What legacy Keras (up to TensorFlow 2.10) and tensorflow_addons on it do around every update rule."""

from __future__ import annotations

from mindspore import jit, ops

from tf2ms_opt.runtime.dense import _unless_named
from tf2ms_opt.runtime.keras_base import _KerasBase


class _Legacy(_KerasBase):
    """Clipping as both have it."""

    def __init__(self, optimizer, clipnorm, clipvalue, global_clipnorm, weight_decay=None):
        if any(one is not None and one < 0 for one in (clipnorm, clipvalue, global_clipnorm)):
            raise ValueError("a limit of the gradients is negative")
        super().__init__(optimizer, clipnorm, clipvalue, global_clipnorm, weight_decay)

    def _clip(self, gradients):
        if self.clipvalue is not None:
            gradients = self._clip_by_value(gradients)
        if self.clipnorm is not None:
            gradients = self._clip_by_norm(gradients)
        if self.global_clipnorm is not None:
            gradients = self._clip_by_global_norm(gradients)
        return gradients


class KerasOptimizerLegacy(_Legacy):
    """What ``tf.keras.optimizers`` up to TensorFlow 2.10 and ``optimizers.legacy`` do around every rule.

    In this order, each where it is given: ``clipvalue``, then ``clipnorm`` of each gradient, then ``global_clipnorm``
    of all.  A limit of 0 makes every gradient 0.  Raises ``ValueError`` for both norms, and for a negative limit.

    Source: ``tf_keras/src/optimizers/legacy/optimizer_v2.py`` of tf_keras 2.21, ``_transform_gradients``.
    """

    def __init__(self, optimizer, clipnorm=None, clipvalue=None, global_clipnorm=None):
        super().__init__(optimizer, clipnorm, clipvalue, global_clipnorm)

    @jit
    def construct(self, gradients):
        self.inner(self._clip(gradients))
        return True


class KerasOptimizerAddons(_Legacy):
    """What ``AdamW`` and ``SGDW`` of tensorflow_addons, and the base class of all its optimizers, do around every rule.

    Clipping as in :class:`KerasOptimizerLegacy`, and then, before the rule, whatever the learning rate is::

        w = w - weight_decay * w

    but for the parameters in whose name one of ``exclude_from_weight_decay`` is found.  These are regular expressions,
    and are looked for in MindSpore's names: a ``kernel`` is a ``weight`` there.

    Raises ``TypeError`` for a ``weight_decay`` that is a schedule or a function.
    Source: ``tensorflow_addons/optimizers/weight_decay_optimizers.py`` of tensorflow_addons 0.23,
    ``_resource_apply_dense``.
    """

    def __init__(
        self, optimizer, clipnorm=None, clipvalue=None, global_clipnorm=None, weight_decay=None,
        exclude_from_weight_decay=None,
    ):  # fmt: skip
        if callable(weight_decay):
            raise TypeError("weight_decay has to be a number, and not a schedule or a function")
        super().__init__(optimizer, clipnorm, clipvalue, global_clipnorm, weight_decay)
        self.weight_decay = weight_decay
        self.decays = _unless_named(optimizer.parameters, exclude_from_weight_decay)

    @jit
    def construct(self, gradients):
        gradients = self._clip(gradients)
        if self.weight_decay is not None:
            for index in range(len(self.decays)):
                if self.decays[index]:
                    weight = self.inner.parameters[index]
                    ops.assign(weight, weight - weight * self.weight_decay)
        self.inner(gradients)
        return True
