"""Applies the splices of a plan to a file's text.

Calls and import lists are rewritten from their own slice of the file, so nothing outside of a splice is ever touched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from tf2ms_opt.facts import CallRewrite, Keep, NameList, NewCall, Part, Splice
from tf2ms_opt.source import SourceText
from tf2ms_opt.syntax.calls import new_call, rewrite_call
from tf2ms_opt.syntax.names import without_names


class OverlapError(Exception):
    """Two splices of a plan meet: a bug of the planner, found before anything is written."""


def in_order(splices: Sequence[Splice]) -> list[Splice]:
    """The splices from the top of the file to its end.  Raises ``OverlapError``."""
    ordered = sorted(splices, key=lambda splice: (splice.start, splice.end, splice.rank))
    for before, after in pairwise(ordered):
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
            before = source.data[start:end].decode()
            column = len(source.data[source.line_start(start) : start].decode())
            return _aligned(before, rewrite_call(before, part), column, part)


def _aligned(before: str, after: str, column: int, call: CallRewrite) -> str:
    """The rewritten call with its continuation lines where the source had them, relative to the call.

    Arguments that were aligned with the opening bracket are aligned with the new one; others move with the line.
    """
    if "\n" not in before and "\r" not in before:
        return after
    columns = call.outdent
    opened = _bracket(before)
    if opened is not None and call.callee is not None:
        target = column if call.column is None else call.column
        columns = column + opened - target - len(call.callee)
    return _shifted(after, columns)


def _bracket(text: str) -> int | None:
    """The place of the opening bracket if the arguments are aligned with it, i.e. the first one stands on its line."""
    match = re.match(r"[\w.\s]*?\((?=[^\r\n]*\S)", text)
    if match is None or re.match(r"\s*(#|$)", text[match.end() :].splitlines()[0]):
        return None
    return match.end() - 1


def _shifted(text: str, columns: int) -> str:
    """``text`` with its continuation lines moved to the left, as far as they have white space to give."""

    def moved(match: re.Match[str]) -> str:
        indent = match[2][min(columns, len(match[2])) :] if columns > 0 else match[2] + " " * -columns
        return match[1] + indent

    return re.sub(r"(\r\n|\r|\n)([ \t]*)", moved, text) if columns else text
