"""Comments of ours above what is left: which a file has, and which it is to have.

An annotation is one or more comment lines above a statement and belongs to the next statement below it::

    # tf2ms: TMO302 left: **options hides which arguments are passed; next: Write the arguments out
    # tf2ms:   by name and run again.

This module decides on lines of comments alone; what is left is for the plan to know.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tf2ms_opt.comments import Comments, LogicalLine
from tf2ms_opt.diagnostics import Finding, Severity
from tf2ms_opt.facts import Splice
from tf2ms_opt.source import SourceText

_LEAD = "# tf2ms: "
_FOLLOWING = "# tf2ms:   "
#: a word that is too long for the line stands alone in the next one
_HEAD = re.compile(rf"{_LEAD}(TMO\d{{3}} {Severity.LEFT.value}:(?: .*)?)")
_WIDTH = 88
_NARROWEST = 40


@dataclass(frozen=True, slots=True)
class Annotation:
    """The comment lines ``first`` to ``last``, which say ``text``, above the logical line ``below``."""

    first: int
    last: int
    text: str
    below: LogicalLine | None


def annotations_in(comments: Comments) -> tuple[Annotation, ...]:
    """The annotations of a file."""
    found: list[Annotation] = []
    for comment in comments.all:
        if not comment.alone:
            continue
        if head := _HEAD.fullmatch(comment.text):
            found.append(Annotation(comment.line, comment.line, head[1], comments.below(comment.line)))
        elif found and found[-1].last == comment.line - 1 and comment.text.startswith(_FOLLOWING):
            one = found.pop()
            text = f"{one.text} {comment.text.removeprefix(_FOLLOWING).strip()}"
            found.append(Annotation(one.first, comment.line, text, one.below))
    return tuple(found)


def edits(
    source: SourceText, comments: Comments, left: Iterable[Finding], wanted: Iterable[Finding] | None
) -> tuple[Splice, ...]:
    """The edits after which the annotations are those of ``wanted``.

    Those of other statements with something ``left`` stay as they are, and all others go.  ``wanted`` is None where
    none are to be written.
    """
    known: dict[LogicalLine | None, list[Annotation]] = {}
    for one in annotations_in(comments):
        known.setdefault(one.below, []).append(one)
    remaining = {comments.at(one.line) for one in left}
    new = _texts(source, comments, wanted or ())
    splices: list[Splice] = []
    for place, group in known.items():
        says = [one.text for one in group]
        if place is None or place not in remaining or says != new.get(place, says):
            splices += (_removal(source, one) for one in group)
        else:
            new.pop(place, None)
    splices += (_addition(source, place, texts) for place, texts in new.items())
    return tuple(splices)


def _texts(source: SourceText, comments: Comments, findings: Iterable[Finding]) -> dict[LogicalLine, list[str]]:
    """What is to be said above each logical line, in the file's own encoding."""
    found: dict[LogicalLine, list[str]] = {}
    for one in sorted(findings, key=lambda one: (one.line, one.column, one.code)):
        place = comments.at(one.line)
        text = " ".join(f"{one.code} {one.severity.value}: {source.worded(one.message)}; next: {one.help}".split())
        text = text.encode(source.encoding, "replace").decode(source.encoding)
        if place is not None and text not in found.setdefault(place, []):
            found[place].append(text)
    return found


def _removal(source: SourceText, one: Annotation) -> Splice:
    return Splice(source.line_starts[one.first - 1], source.line_end(source.line_starts[one.last - 1]), ())


def _addition(source: SourceText, place: LogicalLine, texts: Sequence[str]) -> Splice:
    """The annotations above a logical line, and above what a backslash joins to it."""
    start = source.line_starts[place[0] - 1]
    indentation = source.indentation(start)
    while source.is_continued(start):
        start = source.line_start(start - 1)
    newline = source.newline(start)
    lines = (line for text in texts for line in _wrapped(text, _WIDTH - len(indentation.expandtabs())))
    return Splice(start, start, ("".join(f"{indentation}{line}{newline}" for line in lines),))


def _wrapped(text: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(
        text,
        max(width, _NARROWEST),
        initial_indent=_LEAD,
        subsequent_indent=_FOLLOWING,
        break_long_words=False,
        break_on_hyphens=False,
    )
