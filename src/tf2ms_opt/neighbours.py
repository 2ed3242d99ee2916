"""What the other files of a run say to one file: who calls its functions, and which of its calls gain an argument.

Plain values, so that the engine stays pure: ``project`` works them out before any file is converted for good.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """A function that gains the parameters of the optimizer which it returns, by its name inside of its file.

    Or, where it is not ``called``, a name that holds such functions: no use of it in another file can be changed.
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
class Neighbours:
    """``callers`` holds functions of the file with calls in other files, and why those cannot be changed (or nothing).

    ``gains`` are the file's own calls of such functions.  With ``assumed``, every function of the file's top level is
    taken for one that other files call, and can be changed: so it is asked which functions would be changed at all.
    """

    callers: tuple[tuple[str, str], ...] = ()
    gains: tuple[Gain, ...] = ()
    assumed: bool = False

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
    cell: int | None = None

    @property
    def place(self) -> str:
        return f"line {self.line}" if self.cell is None else f"line {self.line} of cell {self.cell}"


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a file has to do with functions of some names: their uses, and what it imports under which name."""

    uses: tuple[Mention, ...] = ()
    #: name at the top level of the file -> dotted name of what is imported
    imports: tuple[tuple[str, str], ...] = ()
    #: modules of which everything is imported
    stars: tuple[str, ...] = ()
    #: lines in which a module itself is a value, and its dotted name
    modules: tuple[tuple[int, str], ...] = ()
