"""The catalogue of findings: every code, its sentences and its next step live in ``findings.toml`` and nowhere else.

A code names a kind of outcome; the message under it says which case of that kind was met.
This module knows nothing of files, rules or rendering.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

import msgspec


class Severity(str, Enum):
    """How much a finding asks of a person; also the TMO range that its code comes from."""

    INFO = "info"
    REVIEW = "review"
    LEFT = "left"
    ERROR = "error"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One finding of the catalogue, as written in ``findings.toml``."""

    code: str
    severity: Severity
    title: str
    explanation: str
    next_step: str
    #: message key -> sentence with ``{named}`` places, filled in when the finding is made
    messages: dict[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """A catalogue entry met at a place of a file.

    ``line`` and ``column`` are 1-based and count characters of the file as it was; ``cell`` is the notebook
    cell, ``None`` in a module.  ``help`` overrides the catalogue's next step where a rule knows better.
    """

    code: str
    name: str
    severity: Severity
    line: int
    column: int
    message: str
    help: str
    cell: int | None = None
    #: which of the entry's sentences it is, and what was filled into it
    variant: str = "default"
    details: tuple[tuple[str, str], ...] = ()


@cache
def catalogue() -> dict[str, Entry]:
    """Every finding by its kebab-case name, in the order of the codes."""
    data = Path(__file__).with_name("findings.toml").read_bytes()
    return msgspec.toml.decode(data, type=dict[str, Entry])


def finding(key: str, line: int, column: int, /, *, help: str = "", **details: object) -> Finding:
    """Make the finding ``"name"`` or ``"name/message"`` at a place, its sentence filled in with ``details``.

    Raises ``KeyError`` for a name, a message or a detail that the catalogue does not have: a bug of ours.
    """
    name, _, message = key.partition("/")
    entry = catalogue()[name]
    return Finding(
        code=entry.code,
        name=name,
        severity=entry.severity,
        line=line,
        column=column,
        message=entry.messages[message or "default"].format(**details),
        help=help or entry.next_step,
        variant=message or "default",
        details=tuple((name, str(value)) for name, value in details.items()),
    )


def syntax_problem(error: Exception) -> Finding:
    """The finding on text that does not parse, where the parser gave up."""
    line = getattr(error, "lineno", None) or 1
    column = getattr(error, "offset", None) or 1
    message = getattr(error, "msg", None) or str(error) or type(error).__name__
    key = "unparsable-file/python2" if _looks_like_python2(message) else "unparsable-file"
    return finding(key, line, max(column, 1), error=message)


def _looks_like_python2(message: str) -> bool:
    signs = ("Missing parentheses in call to", "multiple exception types", "leading zeros in decimal", "mean print")
    return any(sign in message for sign in signs)


def is_code(text: str) -> bool:
    """Whether ``text`` is a finding's code or a prefix of codes, as ``--select`` and ``--ignore`` take them."""
    return text.startswith("TMO") and any(entry.code.startswith(text) for entry in catalogue().values())
