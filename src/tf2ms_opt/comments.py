"""The comments of a file and its logical lines, as the tokenizer sees them: never text in a string.

What a comment says is for others to know; most files are never tokenized.
"""

from __future__ import annotations

import tokenize
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from tf2ms_opt.source import SourceText

#: tokens that belong to no logical line
_BETWEEN = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NL,
}


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, with its 1-based line and column; ``alone`` when nothing else stands on its line."""

    line: int
    column: int
    text: str
    alone: bool


#: the first and the last line of a logical line: simple statements, a decorator, or the head of a compound statement
LogicalLine: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Comments:
    """All comments of a file and all its logical lines, in order.

    ``problem`` says why the tokenizer gave up; then they are those above that place.
    """

    all: tuple[Comment, ...]
    logical: tuple[LogicalLine, ...]
    problem: str | None = None

    def at(self, line: int) -> LogicalLine | None:
        """The logical line that ``line`` is part of; None for a line between two of them."""
        found = self.below(line)
        return found if found is not None and found[0] <= line else None

    def below(self, line: int) -> LogicalLine | None:
        """The logical line that ``line`` is part of or stands above."""
        place = bisect_left(self.logical, line, key=lambda one: one[1])
        return self.logical[place] if place < len(self.logical) else None


def comments_of(source: SourceText) -> Comments:
    """Tokenize the file."""
    found: list[Comment] = []
    logical: list[LogicalLine] = []
    first: int | None = None
    problem = None
    try:
        for token in _tokens(source):
            line, column = token.start
            if token.type == tokenize.COMMENT:
                alone = not token.line[:column].strip()
                found.append(Comment(line, column + 1, token.string.rstrip(), alone))
            elif token.type == tokenize.NEWLINE:
                if first is not None:  # else nothing but a backslash stands there
                    logical.append((first, line))
                first = None
            elif token.type not in _BETWEEN:
                first = first or line
    except (tokenize.TokenError, SyntaxError) as error:
        problem = str(error.args[0])
    return Comments(tuple(found), tuple(logical), problem)


def _tokens(source: SourceText) -> Iterator[tokenize.TokenInfo]:
    """The tokens of a file whose lines all end in a line feed: the tokenizer does not know a lone carriage return."""
    bounds = [*source.line_starts, len(source.data)]
    lines = (source.data[start:end].decode().rstrip("\r\n") + "\n" for start, end in pairwise(bounds) if end > start)
    return tokenize.generate_tokens(lambda: next(lines, ""))
