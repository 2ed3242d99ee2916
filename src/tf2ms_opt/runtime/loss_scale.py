"""Keras' dynamic scales of the loss."""

from __future__ import annotations

import mindspore
from mindspore import Parameter, Tensor, jit, ops

from tf2ms_opt.runtime.keras_base import _KerasBase, _KerasWrapper


class LossScaleOptimizer(_KerasWrapper):
    """Keras 3's ``LossScaleOptimizer``: a scale of the loss that follows the gradients.

    ``optimizer(gradients)`` takes the gradients of ``optimizer.scale_loss(loss)``, and divides them itself.  Where one
    of them is not finite, nothing happens but that the scale is halved, without a lower bound: the inner optimizer's
    step stays.  After ``dynamic_growth_steps`` updates in a row the scale is doubled.  A ``loss_scale_factor`` of the
    inner optimizer is set to None, as in Keras.

    Source: ``keras/src/optimizers/loss_scale_optimizer.py`` of Keras 3.15, ``_common_apply``.
    """

    def __init__(self, optimizer, initial_scale=2.0**15, dynamic_growth_steps=2000):
        super().__init__(optimizer)
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        scale = Tensor(initial_scale, mindspore.float32)
        self.dynamic_scale = Parameter(scale, name="dynamic_scale", requires_grad=False)
        self.step_counter = Parameter(Tensor(0, mindspore.int32), name="step_counter", requires_grad=False)
        if isinstance(optimizer, _KerasBase):
            optimizer.loss_scale_factor = None

    def scale_loss(self, loss):
        return loss * self.dynamic_scale

    @jit
    def construct(self, gradients):
        # In a branch, MindSpore 2.10 evaluates a schedule of rates behind the increment of ``global_step`` where a
        # wrapper has read ``global_step`` before it calls the rule: wrappers read it afterwards.
        if self._finite(gradients):
            self.inner(self._quotient(gradients, self.dynamic_scale))
            if self.step_counter == self.dynamic_growth_steps - 1:
                ops.assign(self.step_counter, ops.zeros_like(self.step_counter))
                ops.assign(self.dynamic_scale, self.dynamic_scale * 2.0)
            else:
                ops.assign(self.step_counter, self.step_counter + 1)
        else:
            ops.assign(self.step_counter, ops.zeros_like(self.step_counter))
            ops.assign(self.dynamic_scale, self.dynamic_scale * 0.5)
        return True


class LossScaleOptimizerKeras2(_KerasWrapper):
    """``tf.keras.mixed_precision.LossScaleOptimizer`` up to TensorFlow 2.15, around new and legacy optimizers.

    ``optimizer(gradients)`` takes gradients that the caller has unscaled, as ``apply_gradients`` does::

        gradients = gradients of optimizer.get_scaled_loss(loss)
        optimizer(optimizer.get_unscaled_gradients(gradients))

    With ``unscales=True`` it unscales them itself, as ``minimize`` and ``fit`` do: for ``TrainOneStepCell`` and all
    that passes the gradients of ``optimizer.scale_loss(loss)`` on as they are.

    Where a gradient is not finite the scale is halved, but never below 1, and the update skipped, though
    ``global_step`` counts it.  After ``dynamic_growth_steps`` updates in a row the scale is doubled, unless that is
    inf.  Without ``dynamic`` the scale stays ``initial_scale`` and every update is done.

    Source: ``tf_keras/src/mixed_precision/loss_scale_optimizer.py`` of tf_keras 2.21, ``apply_gradients``.
    """

    def __init__(self, optimizer, dynamic=True, initial_scale=None, dynamic_growth_steps=None, unscales=False):
        super().__init__(optimizer)
        if not isinstance(dynamic, bool):
            raise TypeError(f"dynamic has to be True or False, not {dynamic!r}")
        if not dynamic and (initial_scale is None or dynamic_growth_steps is not None):
            raise ValueError("a scale that is not dynamic needs an initial_scale, and takes no dynamic_growth_steps")
        self.dynamic = dynamic
        self.unscales = unscales
        self.initial_scale = float(2**15 if initial_scale is None else initial_scale)
        self.dynamic_growth_steps = 2000 if dynamic and dynamic_growth_steps is None else dynamic_growth_steps
        self.one = Tensor(1.0, mindspore.float32)
        scale = Tensor(self.initial_scale, mindspore.float32)
        self.current_loss_scale = Parameter(scale, name="current_loss_scale", requires_grad=False)
        self.dynamic_counter = Parameter(Tensor(0, mindspore.int32), name="good_steps", requires_grad=False)

    @property
    def loss_scale(self):
        return self.current_loss_scale

    def scale_loss(self, loss):
        return self.get_scaled_loss(loss)

    def get_scaled_loss(self, loss):
        """The loss times the scale, in the loss's type."""
        return loss * ops.cast(self.current_loss_scale, loss.dtype)

    def get_unscaled_gradients(self, gradients):
        """The gradients times the reciprocal of the scale, in their types."""
        return self._product(gradients, self.one / self.current_loss_scale)

    @jit
    def construct(self, gradients):
        if self.unscales:
            gradients = self.get_unscaled_gradients(gradients)
        if not self.dynamic:
            self.inner(gradients)
        elif self._finite(gradients):
            self.inner(gradients)
            if self.dynamic_counter + 1 >= self.dynamic_growth_steps:
                doubled = self.current_loss_scale * 2.0
                ops.assign(self.current_loss_scale, ops.where(ops.isfinite(doubled), doubled, self.current_loss_scale))
                ops.assign(self.dynamic_counter, ops.zeros_like(self.dynamic_counter))
            else:
                ops.assign(self.dynamic_counter, self.dynamic_counter + 1)
        else:
            ops.assign(self.inner.global_step, self.inner.global_step + 1)
            ops.assign(self.current_loss_scale, ops.maximum(self.current_loss_scale / 2.0, self.one))
            ops.assign(self.dynamic_counter, ops.zeros_like(self.dynamic_counter))
        return True
