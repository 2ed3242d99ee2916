"""The change of a file in pieces that can be shown beside its sites, and the lines around a place that stays.

For people to read, so it is text and cut to a size; the patch that tools take is ``diff``'s.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from tf2ms_opt.source import SourceText, UndecodableError

#: unchanged lines shown on either side
_CONTEXT = 3
#: lines of one piece, and characters of one line, that are shown
_MOST_LINES = 60
_MOST_CHARACTERS = 300
_KINDS = {"equal": ("same",), "delete": ("gone",), "insert": ("new",), "replace": ("gone", "new")}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``same``, ``here``, ``gone`` or ``new``; a new one has its number in the file as it will be."""

    kind: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Changed lines with what stands around them; ``first`` to ``last`` are lines of the file as it was."""

    first: int
    last: int
    lines: tuple[Line, ...]
    #: lines that are not shown
    more: int = 0

    def holds(self, line: int) -> bool:
        return self.first <= line <= self.last


def hunks(before: bytes, after: bytes) -> tuple[Hunk, ...]:
    """The change from ``before`` to ``after``, from top to bottom."""
    old, new = _lines(before), _lines(after)
    groups = difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT)
    return tuple(_hunk(group, old, new) for group in groups)


def around(data: bytes, line: int) -> tuple[Line, ...]:
    """The lines around ``line``; none where the bytes are not text."""
    lines = _lines(data)
    first, last = max(line - _CONTEXT, 1), min(line + _CONTEXT, len(lines))
    return tuple(
        Line("here" if number == line else "same", number, _cut(lines[number - 1])) for number in range(first, last + 1)
    )


def _hunk(group: list[tuple[str, int, int, int, int]], old: list[str], new: list[str]) -> Hunk:
    lines: list[Line] = []
    for tag, old_start, old_end, new_start, new_end in group:
        for kind in _KINDS[tag]:
            texts, start = (new[new_start:new_end], new_start) if kind == "new" else (old[old_start:old_end], old_start)
            lines += [Line(kind, start + number, _cut(text)) for number, text in enumerate(texts, 1)]
    first, last = group[0][1] + 1, max(group[-1][2], group[0][1] + 1)
    return Hunk(first, last, tuple(lines[:_MOST_LINES]), max(len(lines) - _MOST_LINES, 0))


def _lines(data: bytes) -> list[str]:
    try:
        text = SourceText.of(data).text
    except UndecodableError:
        return []
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]} …"
