"""The JSON text of a notebook: where the source of each code cell stands in it, and how another one is written there.

The file is never printed anew: all but the string literals that change keeps its bytes.  What a cell's lines mean is
for others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

_SPACE = re.compile(r"[ \t\n\r]*")
#: one character of a string literal, as it is written there; characters without a backslash come in runs
_SPELLED = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]+")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_PYTHON = re.compile(r"i?python\d*", re.IGNORECASE)
_decode = json.JSONDecoder().raw_decode

#: reads the value at an offset, and says where it ends
Reader: TypeAlias = Callable[[str, int], tuple[Any, int]]


class DocumentError(ValueError):
    """The text is not a notebook; ``line`` and ``column`` are those of the file."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Literal:
    """A string literal at ``start:end``, with its quotes, and what it says."""

    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a cell at ``start:end`` of the file's text: a list of strings, or one string."""

    start: int
    end: int
    literals: tuple[Literal, ...]
    listed: bool

    @property
    def text(self) -> str:
        return "".join(literal.value for literal in self.literals)


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell in Python: its place among all cells of the notebook, its source, and whether it has outputs."""

    index: int
    source: Source
    has_outputs: bool


def code_cells(text: str) -> tuple[Cell, ...]:
    """The code cells of a notebook; none for one in another language.  Raises ``DocumentError``."""
    try:
        found = _whole(text)
    except json.JSONDecodeError as error:
        raise DocumentError(f"its JSON is broken: {error.msg}", error.lineno, error.colno) from error
    except ValueError as error:  # a number of thousands of digits
        raise DocumentError("its JSON has a number that cannot be read") from error
    except RecursionError as error:
        raise DocumentError("its JSON is nested too deeply") from error
    if "nbformat" not in found:
        raise DocumentError('it has no "nbformat"')
    # format 3 has worksheets of cells, format 4 the cells alone
    sheets = found.get("worksheets") or [found]
    cells = [cell for sheet in sheets for cell in sheet.get("cells") or ()]
    if not _is_python(found.get("metadata")):
        return ()
    return tuple(_code(cells))


def code_of(data: bytes) -> bytes:
    """The code of a notebook, to search for words; all of a file that cannot be read as one."""
    try:
        cells = code_cells(data.decode())
    except (UnicodeDecodeError, DocumentError):
        return data
    return "\n".join(cell.source.text for cell in cells).encode("utf-8", "surrogatepass")


def written(text: str, sources: Mapping[Source, str]) -> str:
    """The file's ``text`` with other sources in the place of these."""
    pieces: list[str] = []
    done = 0
    for source, new in sorted(sources.items(), key=lambda item: item[0].start):
        pieces += (text[done : source.start], _rewritten(text, source, new))
        done = source.end
    return "".join([*pieces, text[done:]])


def _code(cells: list[dict[str, Any]]) -> Iterator[Cell]:
    for index, cell in enumerate(cells):
        source = cell.get("source", cell.get("input"))
        if cell.get("cell_type") != "code" or not isinstance(source, Source):
            continue
        # format 3 names each cell's language, and some editors still do
        named = _at(cell, "metadata", "vscode", "languageId") or cell.get("language") or "python"
        if _PYTHON.fullmatch(str(named)):
            yield Cell(index, source, bool(cell.get("outputs")))


def _is_python(metadata: object) -> bool:
    language = _at(metadata, "kernelspec", "language") or _at(metadata, "language_info", "name")
    return language is None or _PYTHON.fullmatch(str(language)) is not None


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _whole(text: str) -> dict[str, Any]:
    found, end = _notebook(text, _after_space(text, 1 if text.startswith("\ufeff") else 0))
    if _after_space(text, end) != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return found if isinstance(found, dict) else {}


def _object(text: str, at: int, readers: Mapping[str, Reader]) -> tuple[dict[str, Any], int]:
    """An object, whose members of these names are read in their own way."""
    found: dict[str, Any] = {}
    at = _opened(text, at, "{")
    while not text.startswith("}", at):
        key, at = _literal(text, at)
        at = _expected(text, at, ":")
        found[key.value], at = readers.get(key.value, _decoded)(text, at)
        at = _next(text, at, "}")
    return found, at + 1


def _array(text: str, at: int, item: Reader) -> tuple[list[Any], int]:
    found: list[Any] = []
    at = _opened(text, at, "[")
    while not text.startswith("]", at):
        value, at = item(text, at)
        found.append(value)
        at = _next(text, at, "]")
    return found, at + 1


def _opened(text: str, at: int, bracket: str) -> int:
    if not text.startswith(bracket, at):
        raise json.JSONDecodeError(f"Expecting '{bracket}'", text, at)
    return _after_space(text, at + 1)


def _expected(text: str, at: int, sign: str) -> int:
    at = _after_space(text, at)
    if not text.startswith(sign, at):
        raise json.JSONDecodeError(f"Expecting '{sign}' delimiter", text, at)
    return _after_space(text, at + 1)


def _next(text: str, at: int, closing: str) -> int:
    """The next member or element behind a comma, or the closing bracket."""
    at = _after_space(text, at)
    if text.startswith(closing, at):
        return at
    at = _expected(text, at, ",")
    if text.startswith(closing, at):
        raise json.JSONDecodeError("Illegal trailing comma", text, at)
    return at


def _decoded(text: str, at: int) -> tuple[Any, int]:
    value, end = _decode(text, at)
    return value, end


def _literal(text: str, at: int) -> tuple[Literal, int]:
    if not text.startswith('"', at):
        raise json.JSONDecodeError("Expecting a string", text, at)
    value, end = _decode(text, at)
    return Literal(at, end, value), end


def _source(text: str, at: int) -> tuple[Source, int]:
    listed = text.startswith("[", at)
    if listed:
        literals, end = _array(text, at, _literal)
    else:
        literal, end = _literal(text, at)
        literals = [literal]
    return Source(at, end, tuple(literals), listed), end


_cells: Reader = partial(_array, item=partial(_object, readers={"source": _source, "input": _source}))
_sheets: Reader = partial(_array, item=partial(_object, readers={"cells": _cells}))
_notebook: Reader = partial(_object, readers={"cells": _cells, "worksheets": _sheets})


def _rewritten(text: str, source: Source, new: str) -> str:
    """``new`` in the shape of ``source``, with lines that it has already spelled as they are."""
    spelling = _Spelling(text.isascii())
    for literal in source.literals:
        spelling.learn(text[literal.start + 1 : literal.end - 1])
    lines = [spelling.of(line) for line in _LINE.findall(new)]
    if not source.listed:
        return f'"{"".join(lines)}"'
    if not lines or not source.literals:
        return json.dumps(lines and [new])
    first, last = source.literals[0], source.literals[-1]
    opening, closing = text[source.start + 1 : first.start], text[last.end : source.end - 1]
    if len(source.literals) > 1:
        separator = text[first.end : source.literals[1].start]
    else:
        separator = "," + (opening or " ")
        if "\n" in first.value[:-1]:  # a list of one string for the whole cell
            lines = ["".join(lines)]
    return "[" + opening + separator.join(f'"{line}"' for line in lines) + closing + "]"


class _Spelling:
    """How a cell writes its lines and characters in JSON; what it does not have is written as most programs do."""

    def __init__(self, ascii_only: bool) -> None:
        self._ascii = ascii_only
        self._lines: dict[str, str] = {}
        self._characters: dict[str, str] = {}

    def learn(self, raw: str) -> None:
        """Take the spellings of ``raw``, the inside of a literal."""
        value, spelled = "", ""
        for match in _SPELLED.finditer(raw):
            piece = match.group()
            meant = json.loads(f'"{piece}"')
            if piece.startswith("\\"):
                self._characters.setdefault(meant, piece)
            value, spelled = value + meant, spelled + piece
            if meant == "\n":
                self._lines.setdefault(value, spelled)
                value, spelled = "", ""
        self._lines.setdefault(value, spelled)

    def of(self, line: str) -> str:
        return self._lines.get(line) or "".join(map(self._character, line))

    def _character(self, character: str) -> str:
        return self._characters.get(character) or json.dumps(character, ensure_ascii=self._ascii)[1:-1]
