"""The change of a file as a unified diff that ``git apply`` and ``patch`` take.

It works on bytes throughout: no decoding, no translation of newlines.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tf2ms_opt.report.places import visible

_RESET = b"\x1b[0m"
_COLOURS = {b"---": b"\x1b[1m", b"+++": b"\x1b[1m", b"@": b"\x1b[36m", b"-": b"\x1b[31m", b"+": b"\x1b[32m"}
#: what git writes with a backslash inside of a quoted name
_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def unified(before: bytes, after: bytes, path: str, *, new: bool = False) -> Iterator[bytes]:
    """The lines of the diff, each ending in a newline; ``new`` for a file that is not there yet."""
    name = _relative(path)
    old, now = b"/dev/null" if new else _header(f"a/{name}"), _header(f"b/{name}")
    for line in difflib.diff_bytes(difflib.unified_diff, _lines(before), _lines(after), old, now):
        if line.endswith(b"\n"):
            yield line
        else:
            yield line + b"\n"
            yield b"\\ No newline at end of file\n"


def shown(lines: Iterable[bytes]) -> Iterator[bytes]:
    """``lines`` as text for a terminal, which would obey what a file holds; a patch needs them as they are."""
    for line in lines:
        text = line.rstrip(b"\r\n")
        yield visible(text.decode("utf-8", "surrogateescape")).encode("utf-8", "replace") + line[len(text) :]


def coloured(lines: Iterable[bytes]) -> Iterator[bytes]:
    """``lines`` in the colours that git uses, for a terminal."""
    for line in lines:
        colour = next((code for start, code in _COLOURS.items() if line.startswith(start)), b"")
        text = line.rstrip(b"\r\n")
        yield colour + text + _RESET + line[len(text) :] if colour else line


def _lines(data: bytes) -> list[bytes]:
    """Split behind a line feed alone: a carriage return belongs to its line."""
    *whole, last = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([last] if last else [])


def _relative(path: str) -> str:
    """``path`` from the current directory; from the root of the file system where it lies outside."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 -- the name it goes by, not what it links to
    try:
        return absolute.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return absolute.relative_to(absolute.anchor).as_posix()


def _header(name: str) -> bytes:
    """The name as git writes it: in C's quotes where it holds control characters, with a tab behind a space."""
    raw = os.fsencode(name)
    if any(byte in _ESCAPES or _is_control(byte) for byte in raw):
        return b'"' + b"".join(_quoted(byte) for byte in raw) + b'"'
    return raw + b"\t" if b" " in raw else raw


def _quoted(byte: int) -> bytes:
    if byte in _ESCAPES:
        return f"\\{_ESCAPES[byte]}".encode()
    return f"\\{byte:03o}".encode() if _is_control(byte) else bytes([byte])


def _is_control(byte: int) -> bool:
    return byte < ord(" ") or byte == 0x7F  # noqa: PLR2004 -- ASCII's DEL
