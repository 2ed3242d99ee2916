"""What the base classes of Keras' optimizers do around every update rule, and its loss scaling.

The classes are built around any optimizer of MindSpore, hold no parameters or rates of their own, and go wherever it
goes: ``optimizer(gradients)``, ``nn.TrainOneStepCell``, ``mindspore.train.Model``.
"""

from __future__ import annotations

import re

import mindspore
import numpy as np
from mindspore import Parameter, Tensor, jit, nn, ops


class _KerasWrapper(nn.Optimizer):
    """An optimizer around ``inner``, whose parameters, rates, step and other state are its own as well.

    ``unscales`` says that ``optimizer(gradients)`` takes the gradients of ``optimizer.scale_loss(loss)`` as they are.
    """

    unscales = True

    def __init__(self, optimizer):
        if not isinstance(optimizer, nn.Optimizer):
            raise TypeError(f"an optimizer of mindspore.nn is needed, not {type(optimizer).__name__}")
        nn.Cell.__init__(self, auto_prefix=False)  # that of nn.Optimizer would make a second rate and a second step
        self.inner = optimizer
        self.add_flags(skip_auto_parallel_compile=True)

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name == "inner":
                raise
            return getattr(self.inner, name)

    def get_lr(self):
        """The learning rate of the next update; one for each parameter where groups have their own."""
        return self.inner.get_lr()

    def scale_loss(self, loss):
        """What the gradients are to be taken of."""
        return loss

    def finalize(self):
        """Keras' ``finalize_variable_values``, with which ``fit`` ends: averaged weights become the weights."""
        if isinstance(self.inner, _KerasWrapper):
            self.inner.finalize()

    def _product(self, gradients, factor):
        return tuple([gradient * ops.cast(factor, gradient.dtype) for gradient in gradients])

    def _quotient(self, gradients, divisor):
        return tuple([gradient / ops.cast(divisor, gradient.dtype) for gradient in gradients])

    def _finite(self, gradients):
        return ops.stack([ops.isfinite(gradient).all() for gradient in gradients]).all()


class _KerasBase(_KerasWrapper):
    """Clipping, which is all that the three base classes have in common."""

    def __init__(self, optimizer, clipnorm, clipvalue, global_clipnorm, weight_decay=None):
        super().__init__(optimizer)
        if clipnorm is not None and global_clipnorm is not None:
            raise ValueError("clipnorm and global_clipnorm exclude each other")
        if optimizer.need_scale:
            raise ValueError("a loss_scale of the inner optimizer would divide behind the clipping")
        coupled = optimizer.exec_weight_decay and not isinstance(optimizer, (nn.AdamWeightDecay, nn.Lamb))
        if coupled and any(one is not None for one in (clipnorm, clipvalue, global_clipnorm, weight_decay)):
            raise ValueError("a weight_decay of the inner optimizer would come too late: add the penalty to the loss")
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.one = Tensor(1.0, mindspore.float32)
        self.inverse = Tensor(self._inverse(global_clipnorm) if global_clipnorm else float("inf"), mindspore.float32)

    def _inverse(self, number):
        """``1 / number`` as ``tf.clip_by_global_norm`` has it: a quotient of float32."""
        return np.float32(1.0) / np.float32(number)

    def _clip(self, gradients):
        """The first that is above 0, of the norm, the norm of all and the value."""
        if self.clipnorm and self.clipnorm > 0:
            return self._clip_by_norm(gradients)
        if self.global_clipnorm and self.global_clipnorm > 0:
            return self._clip_by_global_norm(gradients)
        if self.clipvalue and self.clipvalue > 0:
            return self._clip_by_value(gradients)
        return gradients

    def _clip_by_norm(self, gradients):
        """``tf.clip_by_norm`` of each gradient."""
        norms = [ops.sqrt(ops.square(gradient).sum()) for gradient in gradients]
        limit = self.clipnorm
        return tuple([g * limit / ops.maximum(norm, limit) for g, norm in zip(gradients, norms)])  # noqa: B905

    def _clip_by_global_norm(self, gradients):
        """``tf.clip_by_global_norm``, which makes all gradients NaN where their norm is not finite."""
        norm = ops.sqrt(ops.stack([ops.square(gradient).sum() for gradient in gradients]).sum())
        scale = self.global_clipnorm * ops.minimum(self.one / norm, self.inverse)
        return self._product(gradients, scale + (norm - norm))

    def _clip_by_value(self, gradients):
        return tuple([ops.clip_by_value(gradient, -self.clipvalue, self.clipvalue) for gradient in gradients])


class _KerasAveraging(_KerasBase):
    """Decoupled weight decay and averages of the weights, which the newer base classes have besides."""

    def __init__(
        self, optimizer, clipnorm=None, clipvalue=None, global_clipnorm=None, weight_decay=None,
        exclude_from_weight_decay=(), use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None,
    ):  # fmt: skip
        super().__init__(optimizer, clipnorm, clipvalue, global_clipnorm, weight_decay)
        self.weight_decay = weight_decay
        excluded = tuple(exclude_from_weight_decay)
        self.exclude_from_weight_decay(
            [one for one in excluded if isinstance(one, Parameter)], [one for one in excluded if isinstance(one, str)]
        )
        self.use_ema = bool(use_ema)
        self.ema_momentum = ema_momentum
        self.ema_rest = 1 - ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        if self.use_ema:
            if not 0 <= ema_momentum <= 1:
                raise ValueError(f"ema_momentum has to be between 0 and 1, and is {ema_momentum}")
            if ema_overwrite_frequency and not (type(ema_overwrite_frequency) is int and ema_overwrite_frequency >= 1):
                raise ValueError(f"ema_overwrite_frequency has to be a number of steps, not {ema_overwrite_frequency}")
            self.averages = optimizer.parameters.clone(prefix="average", init="same")
            self.ema_started = Parameter(Tensor(False), name="ema_started", requires_grad=False)

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """No decay for the parameters of ``var_list``, nor where one of ``var_names`` is found in the name.

        The names are regular expressions, and are looked for in MindSpore's names: a ``kernel`` is a ``weight`` there.
        To be called before the first step; every call replaces the one before.  The argument of the same name takes
        both, parameters and names.
        """
        self.decays = tuple(
            not any(one is parameter for one in var_list or ())
            and not any(re.search(name, parameter.name) for name in var_names or ())
            for parameter in self.inner.parameters
        )

    def finalize(self):
        if self.use_ema:
            self._overwrite()

    def _update(self, gradients):
        """One step of the inner optimizer: clipping, then decay with this step's rate, then the rule."""
        gradients = self._clip(gradients)
        if self.weight_decay is not None:
            rates = self.inner.get_lr()
            for index in range(len(self.decays)):
                if self.decays[index]:
                    weight = self.inner.parameters[index]
                    rate = rates[index] if self.inner.is_group_lr else rates
                    ops.assign(weight, weight - weight * self.weight_decay * ops.cast(rate, weight.dtype))
        self.inner(gradients)

    def _average(self, step, momentum, rest):
        """The averages one step further; at every ``ema_overwrite_frequency``-th step they become the weights."""
        for index in range(len(self.averages)):
            average = self.averages[index]
            updated = momentum * average + rest * self.inner.parameters[index]
            ops.assign(average, ops.cast(updated, average.dtype))
        if self.ema_overwrite_frequency and step % self.ema_overwrite_frequency == 0:
            self._overwrite()

    def _overwrite(self):
        for index in range(len(self.averages)):
            ops.assign(self.inner.parameters[index], self.averages[index])


class KerasOptimizerTF211(_KerasAveraging):
    """What the optimizers of ``tf.keras`` and Keras in TensorFlow 2.11 to 2.15 do around every rule.

    A step is, each where it is asked for::

        gradients = clipped by clipnorm, else by global_clipnorm, else by clipvalue
        w         = w - w * weight_decay * learning_rate                (but where excluded: see the method)
        w         = rule(w, gradients)
        average   = ema_momentum * average + (1 - ema_momentum) * w     (use_ema; at first the initial weights)
        w         = average                     (where ``global_step`` is a multiple of ema_overwrite_frequency)

    The default of ``ema_overwrite_frequency`` is that of the base class and of all optimizers but ``RMSprop``, which
    has 100, to be given here.  Raises ``ValueError`` for both norms.
    Source: ``tf_keras/src/optimizers/optimizer.py`` of tf_keras 2.21, ``apply_gradients``.
    """

    @jit
    def construct(self, gradients):
        if self.use_ema:
            for index in range(len(self.averages)):
                average = self.averages[index]
                ops.assign(average, ops.where(self.ema_started, average, self.inner.parameters[index]))
            ops.assign(self.ema_started, True)
        self._update(gradients)
        if self.use_ema:
            self._average(self.inner.global_step, self.ema_momentum, self.ema_rest)
        return True


class KerasOptimizer(_KerasAveraging):
    """What the optimizers of Keras 3, which is ``tf.keras`` from TensorFlow 2.16 on, do around every rule.

    A step is, each where it is asked for::

        gradients = gradients / loss_scale_factor                       (of ``optimizer.scale_loss(loss)``)
        gradients = mean of those of ``gradient_accumulation_steps`` calls; other calls skip the three lines below
        gradients = clipped by clipnorm, by global_clipnorm or by clipvalue
        w         = w - w * weight_decay * learning_rate                (but where excluded: see the method)
        w         = rule(w, gradients)
        average   = ema_momentum * average + (1 - ema_momentum) * w     (use_ema; w until the first update is over)
        w         = average                                             (ema_overwrite_frequency)

    With ``gradient_accumulation_steps`` the last two lines are for every call, as in Keras: averages move on calls that
    update nothing, and all calls that lead to an update whose number is a multiple of ``ema_overwrite_frequency``
    overwrite the weights.  ``global_step`` counts updates, as Keras' ``iterations`` does, while a schedule of rates
    counts calls: the inner optimizer's ``learning_rate`` is wrapped for that.

    Raises ``ValueError`` for more than one way to clip.
    Source: ``keras/src/optimizers/base_optimizer.py`` and ``keras/src/backend/tensorflow/optimizer.py`` of Keras 3.15.
    """

    def __init__(
        self, optimizer, clipnorm=None, clipvalue=None, global_clipnorm=None, weight_decay=None,
        exclude_from_weight_decay=(), use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None,
        loss_scale_factor=None, gradient_accumulation_steps=None,
    ):  # fmt: skip
        if sum(one is not None for one in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError("clipnorm, clipvalue and global_clipnorm exclude each other")
        super().__init__(
            optimizer, clipnorm, clipvalue, global_clipnorm, weight_decay, exclude_from_weight_decay, use_ema,
            ema_momentum, ema_overwrite_frequency,
        )  # fmt: skip
        self.loss_scale_factor = loss_scale_factor
        self.divisor = Tensor(loss_scale_factor or 1.0, mindspore.float32)
        self.calls = steps = gradient_accumulation_steps
        if not steps:
            return
        if steps < 2:  # noqa: PLR2004 - Keras' own limit
            raise ValueError(f"gradient_accumulation_steps has to be at least 2, and is {steps}")
        self.count = Tensor(steps, mindspore.float32)
        self.accumulation_call = Parameter(Tensor([0], mindspore.int32), name="accumulation_call", requires_grad=False)
        self.accumulated = optimizer.parameters.clone(prefix="gradient_accumulator", init="zeros")
        if optimizer.dynamic_lr and optimizer.is_group_lr:
            rates = [_EveryNthRate(one, steps) for one in optimizer.learning_rate]
            optimizer.learning_rate = nn.CellList(rates, auto_prefix=False)
        elif optimizer.dynamic_lr:
            optimizer.learning_rate = _EveryNthRate(optimizer.learning_rate, steps)

    def _inverse(self, number):
        """``1 / number`` as Keras' own ``clip_by_global_norm`` has it: a quotient of Python's."""
        return 1.0 / number

    def scale_loss(self, loss):
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    @jit
    def construct(self, gradients):
        if self.loss_scale_factor is not None:
            gradients = self._quotient(gradients, self.divisor)
        if self.calls:
            self._accumulate(gradients)
        else:
            self._update(gradients)
        if self.use_ema:
            step = self.inner.global_step  # behind the rule: see LossScaleOptimizer.construct
            if self.calls:
                step = step + ops.cast(self.accumulation_call != 0, step.dtype)
            momentum = ops.cast(step != 1, mindspore.float32) * self.ema_momentum
            self._average(step, momentum, self.one - momentum)
        return True

    def _accumulate(self, gradients):
        total = tuple([one + other for one, other in zip(gradients, self.accumulated)])  # noqa: B905
        ops.assign(self.accumulation_call, (self.accumulation_call + 1) % self.calls)
        if self.accumulation_call == 0:
            self._update(self._quotient(total, self.count))
            for one in self.accumulated:
                ops.assign(one, ops.zeros_like(one))
        else:
            for index in range(len(self.accumulated)):
                ops.assign(self.accumulated[index], total[index])


class _EveryNthRate(nn.Cell):
    """The rates of a schedule whose steps are calls, at the calls that end in an update."""

    def __init__(self, schedule, calls):
        super().__init__(auto_prefix=False)
        self.schedule = schedule
        self.calls = calls

    def construct(self, global_step):
        return self.schedule(global_step * self.calls + (self.calls - 1))
