"""Applies the splices of a plan to a file's text.

Calls and import lists are rewritten from their own slice of the file, so nothing outside of a splice is ever touched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tf2ms_opt.facts import CallRewrite, Keep, NameList, NewCall, Part, Splice
from tf2ms_opt.source import SourceText
from tf2ms_opt.syntax.calls import new_call, rewrite_call
from tf2ms_opt.syntax.names import without_names


class OverlapError(Exception):
    """Two splices of a plan meet: a bug of the planner, found before anything is written."""


def in_order(splices: Sequence[Splice]) -> list[Splice]:
    """The splices from the top of the file to its end.  Raises ``OverlapError``."""
    ordered = sorted(splices, key=lambda splice: (splice.start, splice.end, splice.rank))
    for before, after in zip(ordered, ordered[1:], strict=False):
        if before.end > after.start:
            raise OverlapError(f"edits at {before.start}:{before.end} and {after.start}:{after.end} overlap")
    return ordered


def apply(source: SourceText, splices: Sequence[Splice]) -> bytes:
    """The file's text (UTF-8) after the splices.  Raises ``OverlapError``."""
    pieces: list[bytes] = []
    done = 0
    for splice in in_order(splices):
        pieces.append(source.data[done : splice.start])
        pieces += (_render(source, part).encode() for part in splice.parts)
        done = splice.end
    return b"".join([*pieces, source.data[done:]])


def _render(source: SourceText, part: Part) -> str:
    match part:
        case str():
            return part
        case Keep(start, end):
            return source.data[start:end].decode()
        case NewCall():
            return new_call(part)
        case NameList(start, end, without):
            return without_names(source.data[start:end].decode(), without)
        case CallRewrite(start, end):
            return _shifted(rewrite_call(source.data[start:end].decode(), part), part.shift)


def _shifted(text: str, columns: int) -> str:
    """``text`` with its continuation lines moved to the left, as far as they have white space to give."""
    if columns <= 0:
        return text
    return re.sub(r"(\r\n|\r|\n)([ \t]*)", lambda match: match[1] + match[2][min(columns, len(match[2])) :], text)
