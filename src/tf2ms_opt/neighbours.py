"""What the other files of a run say to one file: who calls its functions, and which of its calls gain an argument.

Plain values, so that the engine stays pure: ``project`` works them out before any file is converted for good.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tf2ms_opt.offers import Taken

#: a line of a file that is not named yet
LINE = re.compile(r"\bline (\d+)\b(?! of )")


def placed(text: str, path: str) -> str:
    """``text``, which names lines of a file, for whoever reads it at another file."""
    return LINE.sub(lambda line: " of ".join((line[0], path)), text)


@dataclass(frozen=True, slots=True)
class Signature:
    """A function that gains the parameters of the optimizer which it returns, by its name inside of its file.

    Or, where it is not ``called``, a name that holds such functions: no use of it in another file can be changed.
    Of a ``table``, a dictionary of such functions, the calls of what is taken out of it can.
    ``rule``, ``generation``, ``scheduled`` and ``wrapped`` are the optimizer's; ``mixed`` says what else the function
    may return that is not converted, and is empty where there is nothing.
    """

    function: str
    rule: str
    generation: str
    scheduled: bool = False
    wrapped: bool = False
    mixed: str = ""
    called: bool = True
    table: bool = False
    #: a method of a class whose base class is of another file, where it may be called as well
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Gain:
    """A call, by its line and column (1-based), of a function in the file ``path`` that gains parameters."""

    line: int
    column: int
    path: str
    signature: Signature


@dataclass(frozen=True, slots=True)
class Handed:
    """What is known of a converted optimizer that is handed to a function of another file."""

    rule: str
    generation: str
    scheduled: bool = False
    wrapped: bool = False
    #: what else may be handed over, which is not converted; empty where there is nothing
    mixed: str = ""


@dataclass(frozen=True, slots=True)
class Handing:
    """A call, by its line and column (1-based), that hands an optimizer to a function that is not of this file.

    ``names`` are the dotted names of what is called, ``argument`` is the place of the optimizer: its keyword, or its
    position.  ``handed`` is None where the optimizer is not converted.  ``used`` and ``result`` are the lines where
    the file trains or asks a model that the call is given as well, or what the call returns; 0 for none.
    """

    line: int
    column: int
    names: tuple[str, ...]
    argument: str | int
    handed: Handed | None
    used: int = 0
    result: int = 0
    #: further arguments of the call that build losses of Keras, which the file can convert
    losses: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function, and its position as a caller counts; None if it is passed by name alone.

    ``kept`` tells that it is one of the constructor, and the object of the method keeps it.
    """

    name: str
    position: int | None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Taker:
    """A function or method in the file ``path``, or a class by its constructor, that trains ``models``.

    All of these are its parameters; what is trained are the trainable parameters of the models, in this order.
    ``call`` in ``line`` of that file takes the step, and ``left`` says why it stays TensorFlow's (empty: it does not).
    ``compiles`` tells that the step is a compile, and ``constructs`` that it is a class.
    ``unknown`` says why it cannot be told what is trained; then nothing else is known.
    """

    path: str
    function: str
    optimizer: Parameter
    models: tuple[Parameter, ...] = ()
    call: str = ""
    line: int = 0
    left: str = ""
    compiles: bool = False
    constructs: bool = False
    unknown: str = ""
    #: parameters that are called as a loss; where the step is converted, those that are converted with it
    losses: tuple[Parameter, ...] = ()
    #: attributes in which the object keeps the optimizer, its models, and its losses
    keeps: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = ((), (), ())


@dataclass(frozen=True, slots=True)
class Received:
    """A function of the file that gets ``handed`` for its ``parameter`` in every call of other files.

    ``losses`` are the parameters for which every such call builds a loss that is converted.
    """

    function: str
    parameter: str
    handed: Handed
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stepped:
    """What became of the step with an optimizer that is received: ``left`` says why it stays, ``losses`` as above."""

    function: str
    parameter: str
    left: str = ""
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoNumber:
    """What a name of another file gives: a schedule, or else another value that changes, and where that is built."""

    place: str
    schedule: bool


@dataclass(frozen=True, slots=True)
class Reached:
    """What another file does with the objects of a class (``owner``), as in ``Reach``, and where."""

    owner: str
    path: str
    kind: str
    where: str


@dataclass(frozen=True, slots=True)
class Told:
    """What other files tell a file, whatever becomes of them.

    ``penalties`` is what they add to the loss by a network that the file takes from them, each with its place;
    ``values`` are names of other files that give no number where the file takes a learning rate from them; ``reached``
    is what they do with the objects of its classes that build their own optimizers; ``freezes`` are the places where
    files that it has to do with say that a part of a network does not train, and ``settings`` those where they change
    what holds for all of Keras.
    """

    penalties: tuple[tuple[Taken, tuple[str, ...]], ...] = ()
    values: tuple[tuple[str, NoNumber], ...] = ()
    reached: tuple[Reached, ...] = ()
    freezes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


#: of a file whose neighbours have nothing that concerns it
UNTOLD = Told()


@dataclass(frozen=True, slots=True)
class Neighbours:
    """``callers`` holds functions of the file with calls in other files, and why those cannot be changed (or nothing).

    ``gains`` are the file's own calls of such functions.  With ``assumed``, every function of the file's top level is
    taken for one that other files call, and can be changed: so it is asked which functions would be changed at all.
    ``takers`` are the functions that the file's calls, by line and column, hand optimizers to, and ``received`` those
    of its own that are handed optimizers by others.
    """

    callers: tuple[tuple[str, str], ...] = ()
    gains: tuple[Gain, ...] = ()
    assumed: bool = False
    takers: tuple[tuple[tuple[int, int], Taker], ...] = ()
    received: tuple[Received, ...] = ()
    told: Told = UNTOLD

    def settled(self) -> Neighbours:
        """What is still to be said to the file once it was converted."""
        return replace(self, gains=(), takers=(), received=())

    @property
    def concern(self) -> bool:
        """Whether the file has to be looked at even if it has no site itself."""
        return bool(self.gains or self.received)

    def elsewhere(self, function: str) -> str | None:
        """Why calls in other files cannot be changed; empty where they can, None where there are none."""
        known = dict(self.callers)
        return known.get(function, "" if self.assumed and "." not in function else None)


#: of a file that is converted by itself
NOBODY = Neighbours()


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that may use a function of another file: its line, the dotted names it stands for, and the call of it.

    ``name`` is its last word.  ``call`` is the call's line and column, None where the function is not called;
    ``element`` is that of the call of what is taken out of a dictionary, and ``keys`` tells that only its keys are
    looked at;
    ``other`` tells that the place may stand for something else as well, ``on_self`` that it is an object's use, or a
    class's definition, of a method of its own.  In a notebook ``line`` is that
    of the ``cell``; ``call`` is that of its code.
    """

    line: int
    names: tuple[str, ...]
    call: tuple[int, int] | None
    other: bool
    name: str
    on_self: bool = False
    element: tuple[int, int] | None = None
    keys: bool = False
    cell: int | None = None

    @property
    def place(self) -> str:
        return f"line {self.line}" if self.cell is None else f"line {self.line} of cell {self.cell}"


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a file has to do with functions of some names: their uses, and what it imports under which name."""

    uses: tuple[Mention, ...] = ()
    #: name at the top level of the file -> dotted name of what is imported
    imports: Mapping[str, str] = field(default_factory=dict)
    #: modules of which everything is imported
    stars: tuple[str, ...] = ()
    #: lines in which a module itself is a value, and its dotted name
    modules: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Across:
    """What the plan of one file tells about others."""

    #: functions that gained a parameter, which callers in other files have to pass as well
    signatures: tuple[Signature, ...] = ()
    #: line of a call that was to pass one -> why it cannot
    refused: tuple[tuple[int, str], ...] = ()
    #: calls that hand an optimizer to a function of another file
    handings: tuple[Handing, ...] = ()
    #: the steps with optimizers that other files hand over
    stepped: tuple[Stepped, ...] = ()


NOTHING = Across()
