"""IPython's own syntax in a cell: magics, shell lines and questions become Python that stands for them, and come back.

What stands for them keeps the lines of the cell, and names what they name, so that nothing they need is taken away.
The stand-ins are for the analysis alone; they are never written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, count

from tf2ms_opt.selfcheck import parse

_NEWLINE = re.compile(r"\r\n|\r|\n")
#: how every stand-in begins, up to its number
_STAND_IN = re.compile(r"(?:from )?_magic\d*_\d+")
#: where a line begins that has more than white space
_NOT_BLANK = re.compile(r"(?<![^\r\n])(?=[ \t\f]*[^ \t\f\r\n])")
_INDENT = re.compile(r"[ \t\f]*")
#: a line with those that a backslash at its end joins to it
_JOINED = re.compile(r"(?:\\(?:\r\n|\r|\n)|[^\r\n])*")
#: what of Python has to be told apart to find the end of a statement's line
_PIECE = re.compile(
    r'"""(?:[^"\\]+|\\.|"(?!""))*(?:"""|\Z)'
    r"|'''(?:[^'\\]+|\\.|'(?!''))*(?:'''|\Z)"
    r'|"(?:[^"\\\r\n]|\\(?:\r\n|.))*"?'
    r"|'(?:[^'\\\r\n]|\\(?:\r\n|.))*'?"
    r"|(?P<comment>\#[^\r\n]*)|(?P<open>[(\[{])|(?P<close>[)\]}])"
    r"|\\(?:\r\n|\r|\n)|(?P<newline>\r\n|\r|\n)|[^\"'#()\[\]{}\\\r\n]+|.",
    re.DOTALL,
)
#: cell magics whose cell is Python in the notebook's own namespace; any other cell is another language's or a file
_CELL_OF_PYTHON = frozenset({"capture", "memit", "prun", "snakeviz", "time", "timeit", "wandb"})
_CELL_MAGIC = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*[ \t]*%%(?P<name>\w+)[^\r\n]*(?:\r\n|\r|\n|\Z)")
#: signs that begin no statement of Python
_ESCAPE = re.compile(r"[%!?,;/]")
_ASSIGNED = re.compile(r"[A-Za-z_*(][\w.,*()\[\] \t]*=[ \t]*(?=!|%[A-Za-z_])")
_QUESTION = re.compile(r"[\w.*%\[\]]+\?{1,2}[ \t]*(?=[\r\n]|\Z)")
#: magics in front of a statement, and their options
_BEFORE_CODE = re.compile(
    r"%(?:time|timeit|prun|memit|snakeviz)(?:[ \t]+-(?:[sTDl][ \t]*\S+|[A-Za-z]+(?:[ \t]*[\d.]+)?))*[ \t]+(?=\S)"
)
#: commands that IPython takes without a sign, where the line is no Python
_AUTOMATIC = re.compile(
    r"(?:pip3?|conda|ls|cd|cat|cp|mv|rm|mkdir|rmdir|echo|head|matplotlib|load_ext|run)[ \t]+(?=[\w./~*\"'-])"
)
_RUN = re.compile(r"%?(?:run|pylab|load)\b")
_RUN_WITH_NAMES = re.compile(r"%?run\b[^\r\n]*?[ \t]-[a-hj-z]*i\b")
_TIMED = re.compile(r"%(?:time|timeit|prun|memit)\b[^\r\n]*\(")
_WORD = re.compile(r"[^\W\d]\w*")
_INTERPOLATED = re.compile(r"\{([^{}]*)\}|\$(\w+)")


@dataclass(frozen=True, slots=True)
class Magic:
    """A stretch of a cell that is no Python, and what stands for it."""

    text: str
    stand_in: str
    #: its first line in the Python of its cell, from 1
    line: int = 1

    def shifts(self, line: int) -> int:
        """By how much the stand-in moves columns on this line: only a magic before a statement has any behind it."""
        return len(self.stand_in) - len(self.text) if self.line == line and self.stand_in.endswith(";") else 0


@dataclass(frozen=True, slots=True)
class CellCode:
    """A cell as Python: ``head`` is the lines of its cell magics, which stand above ``python``.

    ``indent`` is the white space that all its lines begin with, and that IPython takes away.
    """

    head: str
    python: str
    magics: tuple[Magic, ...]
    indent: str = ""

    def cell(self, python: str) -> str | None:
        """The text of the cell with this in the place of its ``python``; None where a magic is not in it."""
        waiting = {_name(magic): magic for magic in self.magics}
        pieces: list[str] = []
        done = 0
        for match in _STAND_IN.finditer(python):
            magic = waiting.pop(match.group(), None)
            if magic is not None and python.startswith(magic.stand_in, match.start()):
                pieces += (python[done : match.start()], magic.text)
                done = match.start() + len(magic.stand_in)
        if waiting:
            return None
        python = "".join([*pieces, python[done:]])
        return self.head + _NOT_BLANK.sub(self.indent, python)


def is_python(cell: str) -> bool:
    """Whether the cell is Python in the notebook's namespace, and not another language's or a file's text."""
    return _head(cell) is not None


def split(cell: str) -> tuple[str, str]:
    """The first line of a cell in another language, ``%%name``, and the text below it."""
    match = _CELL_MAGIC.match(cell)
    return (match.group().strip(), cell[match.end() :]) if match else ("", cell)


def runs_with_names(magic: Magic) -> bool:
    """Whether the magic runs a file that sees the names of the notebook, as ``%run`` does with ``-i`` alone."""
    return _RUN_WITH_NAMES.match(magic.text) is not None


def holds_code(magic: Magic) -> bool:
    """Whether the magic runs Python that is part of an assignment: ``history = %time model.fit(x, y)``."""
    return _TIMED.match(magic.text) is not None


def plain(cell: str, name: str, numbers: Iterator[int]) -> CellCode:
    """The cell as Python, with names of ``name`` and the next of ``numbers`` for what is none."""
    head = _head(cell) or ""
    indent, text = _dedented(cell[len(head) :])
    lines = [match.end() for match in _NEWLINE.finditer(text)]
    pieces: list[str] = []
    magics: list[Magic] = []
    at = 0
    while at < len(text):
        begin = _end(_INDENT, text, at)
        pieces.append(text[at:begin])
        found = _magic(text, begin, name, numbers)
        if found is not None:
            magic, start, at = found
            pieces += (text[begin:start], magic.stand_in)
            magics.append(replace(magic, line=bisect_right(lines, start) + 1))
            begin = at
        at = _statement_end(text, begin)
        pieces.append(text[begin:at])
    return CellCode(head, "".join(pieces), tuple(magics), indent)


def stand_ins(text: str) -> str:
    """A beginning of names that nothing in ``text`` has."""
    return next(name for number in count() if (name := f"_magic{number or ''}_") not in text)


def _name(magic: Magic) -> str:
    match = _STAND_IN.match(magic.stand_in)
    return match.group() if match else magic.stand_in


def _head(cell: str) -> str | None:
    """The lines of the cell magics; None where they make the cell something else than Python."""
    at = 0
    while match := _CELL_MAGIC.match(cell, at):
        if match["name"] not in _CELL_OF_PYTHON:
            return None
        at = match.end()
    return cell[:at]


def _dedented(text: str) -> tuple[str, str]:
    """The indentation of the first line, where all others have it, and the text without it; blank lines keep theirs."""
    first = _NOT_BLANK.search(text)
    indent = text[first.start() : _end(_INDENT, text, first.start())] if first else ""
    if not indent or any(not text.startswith(indent, line.start()) for line in _NOT_BLANK.finditer(text)):
        return "", text
    return indent, re.sub(rf"{_NOT_BLANK.pattern}{indent}", "", text)


def _magic(text: str, at: int, name: str, numbers: Iterator[int]) -> tuple[Magic, int, int] | None:
    """The magic in the statement that begins at ``at``, and where its own text begins and ends."""
    end = _end(_JOINED, text, at)
    if _ESCAPE.match(text, at):
        return _escaped(text, at, end, name, numbers)
    if match := _ASSIGNED.match(text, at):
        start = match.end()
        return _standing_for(text[start:end], name, numbers), start, end
    automatic = _AUTOMATIC.match(text, at) and not _parses(text[at:end])
    if automatic or _QUESTION.match(text, at):
        return _standing_for(text[at:end], name, numbers), at, end
    return None


def _escaped(text: str, at: int, end: int, name: str, numbers: Iterator[int]) -> tuple[Magic, int, int]:
    if (before := _BEFORE_CODE.match(text, at, end)) and _parses("_;" + text[before.end() : end]):
        return Magic(before.group(), f"{name}{next(numbers)};"), at, before.end()
    if _RUN.match(text, at):  # brings the names of another file, as a star import does
        line_breaks = "".join("\\" + one for one in _NEWLINE.findall(text, at, end))
        return Magic(text[at:end], f"from {name}{next(numbers)} import {line_breaks}*"), at, end
    return _standing_for(text[at:end], name, numbers), at, end


def _standing_for(text: str, name: str, numbers: Iterator[int]) -> Magic:
    """A call that nothing is known of, with the names that the magic uses as strings."""
    # of a command only what IPython puts into it is Python
    parts = [*chain(*_INTERPOLATED.findall(text))] if text.startswith("!") else [text]
    words = ", ".join(f'"{word}"' for word in dict.fromkeys(_WORD.findall(" ".join(parts))))
    return Magic(text, f"{name}{next(numbers)}({words}{''.join(_NEWLINE.findall(text))})")


def _statement_end(text: str, at: int) -> int:
    """The offset behind the line break that ends the statement's line; one in brackets or a string ends none."""
    depth = 0
    for match in _PIECE.finditer(text, at):
        match match.lastgroup:
            case "open":
                depth += 1
            case "close":
                depth = max(depth - 1, 0)
            case "newline" if not depth:
                return match.end()
            case _:
                continue
    return len(text)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _parses(code: str) -> bool:
    try:
        parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True
