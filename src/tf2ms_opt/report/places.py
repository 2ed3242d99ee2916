"""How reports name files and places in them: one spelling for all formats.

It only spells; what is said about a place is for the formats.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

_COMMANDS = ("::", "##[")


def printable(text: str) -> str:
    """``text`` on one line: control characters and bytes that are no text are escaped."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _one_line(char) for char in text)


def visible(text: str) -> str:
    """``text`` with its lines, and all that a terminal would obey, or that would turn its letters around, escaped."""
    return "".join(char if char.isprintable() or char in "\n\t" else escaped(char) for char in text)


def named(path: str) -> str:
    """A file's name at the beginning of a line, where a runner of GitHub's would read some names as its commands."""
    text = printable(path)
    return f"./{text}" if text.lstrip().startswith(_COMMANDS) else text


def position(line: int, column: int, cell: int | None) -> str:
    """``line:column``, behind the cell in a notebook."""
    return f"{line}:{column}" if cell is None else f"cell {cell}:{line}:{column}"


def uri(path: str) -> tuple[str, bool]:
    """The address of a file, percent-encoded, and whether it is relative to the current directory."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 -- the name it goes by, not what it links to
    try:
        return quote(os.fsencode(absolute.relative_to(Path.cwd()).as_posix())), True
    except ValueError:
        return absolute.as_uri(), False


def escaped(char: str) -> str:
    """A character by its number, as Python writes it."""
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def _one_line(char: str) -> str:
    return " " if char.isspace() and char != "\r" else escaped(char)
