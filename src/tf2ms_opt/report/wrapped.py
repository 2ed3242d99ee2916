"""Printing a text beside an indentation: wrapped there on a terminal, one line in a file or a pipe.

It prints source text and paths as they are; rich's markup is never interpreted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

#: columns left for the text, below which wrapping would only make it worse
_NARROWEST = 20


def print_wrapped(
    console: Console, lead: str, text: str, *, style: str = "", span: tuple[int, int, str] = (0, 0, "")
) -> None:
    """Print ``lead`` and ``text``; ``span`` is the start, the length and the style of a part of the lead."""
    from rich.text import Text  # noqa: PLC0415 -- a run without news never needs it

    width = console.width - len(lead)
    whole = Text(text, style)
    # a name or an address is left whole, for the terminal to break
    wraps = console.is_terminal and width >= _NARROWEST and " " in text
    lines = whole.wrap(console, width) if wraps else (whole,)
    for number, line in enumerate(lines):
        head = Text(" " * len(lead) if number else lead)
        if not number:
            start, length, colour = span
            head.stylize(colour, start, start + length)
        line.rstrip()
        console.print(head + line, soft_wrap=True, markup=False, highlight=False)
