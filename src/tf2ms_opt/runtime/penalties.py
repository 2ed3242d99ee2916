"""The penalties that Keras' regularizers add to the loss."""

from __future__ import annotations

from mindspore import ParameterTuple, nn, ops


class KernelPenalty(nn.Cell):
    """``l1 * sum(|w|) + l2 * sum(w ** 2)`` of every kernel ``w``: a scalar to be added to the loss.

    Kernels are those of ``parameters`` that have more than one dimension.  ``l1`` and ``l2`` are numbers, or lists of
    one number for each kernel in the order of ``parameters``; a list of another length raises ``ValueError``.

    Source: ``keras/src/regularizers/regularizers.py`` of Keras 3.15.
    """

    def __init__(self, parameters, l1=0.0, l2=0.0):
        super().__init__(auto_prefix=False)  # the parameters keep their names
        kernels = [one for one in parameters if one.ndim > 1]
        self.l1 = self._each(l1, len(kernels))
        self.l2 = self._each(l2, len(kernels))
        self.kernels = ParameterTuple(kernels)

    def _each(self, factor, kernels):
        if not isinstance(factor, (list, tuple)):
            return (float(factor),) * kernels
        if len(factor) != kernels:
            raise ValueError(f"{len(factor)} factors are given, and the network has {kernels} kernels")
        return tuple(float(one) for one in factor)

    def construct(self):
        total = 0.0
        for index in range(len(self.kernels)):
            kernel = self.kernels[index]
            if self.l1[index] != 0.0:
                total = total + self.l1[index] * ops.abs(kernel).sum()
            if self.l2[index] != 0.0:
                total = total + self.l2[index] * ops.square(kernel).sum()
        return total
