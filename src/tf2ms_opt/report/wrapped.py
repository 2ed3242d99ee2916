"""Printing a text beside an indentation: wrapped there on a terminal, one line in a file or a pipe.

It prints source text and paths as text: rich's markup and a terminal's commands are never obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from tf2ms_opt.report.places import visible

if TYPE_CHECKING:
    from rich.console import Console

#: columns left for the text, below which wrapping would only make it worse
_NARROWEST = 20
#: what stays on one line: a word, or one character of Chinese, with the punctuation that may not be parted from it
_WIDE = "\u2e80-\u2fff\u3040-\ua4cf\uf900-\ufaff"
_OPENING, _CLOSING = "（《“「『【", "，。、；：！？）》”」』】"
_PIECE = rf"\s+|[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}{_OPENING}{_CLOSING}]+)[{_CLOSING}]*|[{_OPENING}{_CLOSING}]+"


def columns(text: str) -> int:
    """The columns that ``text`` takes on a terminal; a Chinese character takes two."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, width: int) -> str:
    """``text`` and the spaces that make it ``width`` columns."""
    return text + " " * (width - columns(text))


def print_wrapped(
    console: Console, lead: str, text: str, *, style: str = "", span: tuple[int, int, str] = (0, 0, "")
) -> None:
    """Print ``lead`` and ``text``; ``span`` is the start, the length and the style of a part of the lead."""
    from rich.text import Text  # noqa: PLC0415 -- a run without news never needs it

    lead, text = visible(lead), visible(text)
    width = console.width - columns(lead)
    wide = re.search(f"[{_WIDE}]", text)
    # a name or an address is left whole, for the terminal to break
    wraps = console.is_terminal and width >= _NARROWEST and (" " in text or wide)
    if wraps and wide:
        lines = [Text(line, style) for line in _broken(text, width)]
    else:
        lines = [*Text(text, style).wrap(console, width)] if wraps else [Text(text, style)]
    for number, line in enumerate(lines):
        head = Text(" " * columns(lead) if number else lead)
        if not number:
            start, length, colour = span
            head.stylize(colour, start, start + length)
        line.rstrip()
        console.print(head + line, soft_wrap=True, markup=False, highlight=False)


def _broken(text: str, width: int) -> Iterator[str]:
    """Lines of text that holds Chinese, which has no spaces and may be broken between any two characters."""
    line = ""
    for piece in re.findall(_PIECE, text):
        if line and columns(line + piece.rstrip()) > width:
            yield line
            line = ""
        line += piece if line else piece.lstrip()
    yield line
