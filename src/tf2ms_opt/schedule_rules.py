"""The schema of the table of schedules (``rules/base/schedules.toml``): what a schedule of a file's own may consist of.

Nothing in the table is evaluated.
"""

from __future__ import annotations

import msgspec


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of the file: an unknown key is an error."""


class Operator(_Table, frozen=True):
    """An operator of TensorFlow, and the one of ``mindspore.ops`` that computes the same for a learning rate."""

    #: dotted names below ``tensorflow``, or with ``keras.`` in front below Keras
    names: tuple[str, ...]
    #: the operator; ``{name}`` stands for the last part of the source's name
    target: str
    #: the source's parameters; the target takes them in the same order
    takes: tuple[str, ...]
    #: the result is a truth value
    truth: bool = False
    #: the operands are truth values
    logical: bool = False
    #: the result jumps, so that one rounding more of an operand can be another result
    jumps: bool = False


class CellNames(_Table, frozen=True):
    """What is taken in every Cell."""

    names: tuple[str, ...]


class ScheduleTable(_Table, frozen=True):
    """The whole file."""

    #: the base class, below Keras
    base: str
    operator: tuple[Operator, ...]
    cell: CellNames

    def find(self, name: str) -> Operator | None:
        """The operator that a dotted name below TensorFlow stands for."""
        return next((one for one in self.operator if name in one.names), None)
