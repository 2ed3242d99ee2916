"""The schema of the step table (``rules/base/step.toml``): Keras' losses, metrics, callbacks and model methods.

Every target is a class of the runtime module; nothing in the table is evaluated.
"""

from __future__ import annotations

from functools import cached_property

import msgspec


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of the file: an unknown key is an error."""


class Counterpart(_Table, frozen=True):
    """A class of Keras and the class of the runtime module that computes the same.

    ``names`` are its class names below ``losses``, ``metrics`` or ``callbacks``; ``functions`` its function forms,
    which are strings of ``compile`` as well.
    """

    target: str
    names: tuple[str, ...]
    functions: tuple[str, ...] = ()
    #: the class for generations before Keras 3, where it computes something else
    keras2: str = ""
    #: parameters in Keras' positional order; they have the same names and defaults in the target
    positional: tuple[str, ...] = ()
    #: parameters that are only taken by keyword
    keywords: tuple[str, ...] = ()
    #: parameter -> the literals for which it does nothing; for any other value the step is left
    inert: dict[str, tuple[str, ...]] = {}
    #: the name that Keras gives to a metric object, where it is not the class name in lower case with underscores
    key: str = ""
    #: Keras numbers the objects of this class, so that a second one has another name
    numbered: bool = False
    #: Keras 3 does not align the ranks of predictions and labels where the loss is a metric
    broadcast: bool = False
    #: the argument that says that the predictions come out of the network's own softmax or sigmoid
    behind: str = ""
    #: the activation of the network's last layer for which that holds
    activation: str = ""


class Method(_Table, frozen=True):
    """A method of Keras' model that the trainer has as well."""

    positional: tuple[str, ...]
    keywords: tuple[str, ...] = ()
    #: Keras' older name of a parameter -> today's
    renamed: dict[str, str] = {}
    #: parameters without any part in the result, which go
    dropped: tuple[str, ...] = ()
    #: parameter -> why the step is left when it is given
    refused: dict[str, str] = {}


class Operation(_Table, frozen=True):
    """An operator of TensorFlow inside of a tape, and the one of ``mindspore.ops`` that computes the same."""

    #: dotted names below ``tensorflow``, or with ``keras.`` in front below Keras
    names: tuple[str, ...]
    #: the operator; ``{name}`` stands for the last part of the source's name
    target: str
    #: parameter of the source -> parameter of the target, in the source's positional order
    takes: dict[str, str]
    #: the target's parameters in their positional order
    order: tuple[str, ...]
    #: the target is a function of the runtime module
    runtime: bool = False
    #: its first argument is a sequence of tensors
    sequence: bool = False
    #: parameters of the target that have another default there -> the source's default
    pinned: dict[str, str] = {}


class StepTable(_Table, frozen=True):
    """The whole file."""

    loss: tuple[Counterpart, ...]
    metric: tuple[Counterpart, ...]
    callback: tuple[Counterpart, ...]
    operation: tuple[Operation, ...]
    method: dict[str, Method]
    #: callbacks, methods and attributes without a counterpart: name -> why
    without: dict[str, str]
    #: names below TensorFlow, or with ``keras.`` in front below Keras, that may stay around a converted tape
    stays: tuple[str, ...]
    #: packages with model classes that have a ``train_step`` of their own
    own_train_step: tuple[str, ...]
    #: attributes of the model that belong to the network, and are ported with it
    network: tuple[str, ...]
    #: methods of the model that store or copy weights: name -> what MindSpore has instead
    weights: dict[str, str]
    #: arguments of ``compile`` that change nothing in MindSpore -> the literals for which they change nothing in Keras
    compile_inert: dict[str, tuple[str, ...]]

    def classes(self) -> frozenset[str]:
        """Every class of the runtime module that the table names."""
        every = (*self.loss, *self.metric, *self.callback)
        named = {name for one in every for name in (one.target, one.keras2) if name}
        operators = {
            one.target.format(name=name.rpartition(".")[2])
            for one in self.operation if one.runtime for name in one.names
        }  # fmt: skip
        return frozenset(named | operators)

    def operator(self, name: str) -> Operation | None:
        """The operator that a dotted name below TensorFlow (or ``keras.``) stands for."""
        return next((one for one in self.operation if name in one.names), None)


class Lookup:
    """The counterparts of one kind, by class name and by function name."""

    def __init__(self, every: tuple[Counterpart, ...]) -> None:
        self._every = every

    @cached_property
    def by_class(self) -> dict[str, Counterpart]:
        return {name: one for one in self._every for name in one.names}

    @cached_property
    def by_function(self) -> dict[str, Counterpart]:
        return {name: one for one in self._every for name in one.functions}

    def string(self, text: str) -> Counterpart | None:
        """What a string of ``compile`` stands for."""
        return self.by_function.get(text) or self.by_class.get(text)
