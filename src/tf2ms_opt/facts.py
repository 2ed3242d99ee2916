"""The edits of a plan, as values: what planning hands to the writer of syntax.

A plan is a set of splices that do not overlap.  A splice replaces a span of the file by parts: literal text,
spans kept from the file, and calls whose argument list is rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Given:
    """An argument's value as the source wrote it, by its place in the call.

    ``wrap`` names a builtin around it (``float``); ``text`` replaces a literal by another spelling (``0`` -> ``0.0``).
    """

    index: int
    wrap: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A value written by us."""

    text: str


@dataclass(frozen=True, slots=True)
class Build:
    """A call made of other values, some of them the source's: ``nn.InverseDecayLR(lr, decay, 1)``."""

    callee: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """An argument of the source that is itself a call to be rewritten."""

    index: int
    call: CallRewrite


@dataclass(frozen=True, slots=True)
class Mixed:
    """An argument of the source with calls in it to be rewritten: text, and texts of calls with what they become."""

    index: int
    pieces: tuple[str | tuple[str, CallRewrite], ...]


Value: TypeAlias = "Given | Text | Build | Rebuilt | Mixed"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a rewritten call, in the order in which it is written; no keyword means by position.

    ``origin`` is the place of the source argument whose line, comments and spacing it takes over.
    """

    keyword: str | None
    value: Value
    origin: int | None = None


def origins(value: Value) -> tuple[int, ...]:
    """The places of the source arguments that ``value`` is made of."""
    match value:
        case Given(index=index) | Rebuilt(index=index) | Mixed(index=index):
            return (index,)
        case Build(values=values):
            return tuple(index for inner in values for index in origins(inner))
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class CallRewrite:
    """The call at ``start:end`` with another callee and other arguments; ``callee`` None keeps the source's.

    Where the call moves, ``column`` is its new column and ``outdent`` what its line loses in indentation.
    """

    start: int
    end: int
    callee: str | None
    arguments: tuple[Argument, ...]
    column: int | None = None
    outdent: int = 0


@dataclass(frozen=True, slots=True)
class Keep:
    """A span of the file as it was."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call that the source had not written as one (a registry string)."""

    callee: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class NameList:
    """The import statement at ``start:end`` without the names at these places (0-based)."""

    start: int
    end: int
    without: tuple[int, ...]


Part: TypeAlias = "str | Keep | CallRewrite | NewCall | NameList"


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace ``start:end`` (UTF-8 offsets) by ``parts``; ``start == end`` inserts.

    Insertions at one offset keep the order of ``rank``, then that in which they were planned.
    """

    start: int
    end: int
    parts: tuple[Part, ...]
    rank: int = 0
