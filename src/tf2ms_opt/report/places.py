"""How reports name files and places in them: one spelling for all formats.

It only spells; what is said about a place is for the formats.
"""

from __future__ import annotations


def printable(text: str) -> str:
    """``text`` on one line: control characters and bytes that are no text are escaped."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _escaped(char) for char in text)


def position(line: int, column: int, cell: int | None) -> str:
    """``line:column``, behind the cell in a notebook."""
    return f"{line}:{column}" if cell is None else f"cell {cell}:{line}:{column}"


def _escaped(char: str) -> str:
    return " " if char.isspace() and char != "\r" else char.encode("unicode_escape", "backslashreplace").decode("ascii")
