"""What a file of a run has for the others, as plain values: builders of networks, learning rates, uses of objects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """A use of something that builds a network or a part of it, by its name; dotted, where another file has it.

    ``given`` are the arguments that are not None, by position or keyword, each with the parameter of the code around
    that is only handed through and may be None itself (or nothing).  It is None where anything may be given.
    """

    name: str
    given: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Penalty:
    """A regularizer of a layer, or a loss that a layer adds, and the parameter without which there is none."""

    line: int
    text: str
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class Builder:
    """A function, class or name at the top of a file: the penalties in it, and what it uses.

    ``parameters`` are the names of its arguments in their order; None where they are not told.
    """

    name: str
    parameters: tuple[str, ...] | None
    penalties: tuple[Penalty, ...]
    takes: tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class Lent:
    """What a name of a file gives; with brackets behind it, what its call gives.

    ``line`` is where the schedule is built, or the other value that is no number; 0 where there is none, or where it
    comes from further files, by the names ``via``.
    """

    name: str
    line: int
    schedule: bool
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """A class that builds its own optimizer: the attributes that hold its models and optimizers.

    ``methods`` are those that build an optimizer, or set a model.
    """

    name: str
    models: tuple[str, ...]
    optimizers: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """A place that reaches into an object, or a class that has a method again: what a class' own file does not show.

    ``classes`` are the names of the object's class, or of what holds the object; nothing, where none is told.
    ``path`` are the attributes, ``kind`` is ``sets``, ``uses`` or ``overrides``.  In a notebook ``line`` is that of
    the ``cell``.
    """

    classes: tuple[str, ...]
    path: str
    kind: str
    line: int
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Passing:
    """What a call gives to one parameter of a function of another file, by its position or name.

    ``rate`` is what it is as a learning rate, ``network`` as a network; in a notebook ``line`` is that of the ``cell``.
    """

    names: tuple[str, ...]
    key: str
    line: int
    rate: Lent
    network: Builder
    cell: int | None = None
