"""The text of one file: its bytes, their encoding, and the arithmetic between offsets, lines and columns.

Everything is counted in UTF-8 bytes, as ``ast`` does.  This module knows nothing of Python's syntax.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

_NEWLINE = re.compile(rb"\r\n|\r|\n")
#: what every comment to this program has
SIGN = b"tf2ms:"
_BEGINS_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\{")
_BOM = b"\xef\xbb\xbf"


def is_notebook(data: bytes, path: str) -> bool:
    """By the name, and by what stands in it where the name does not tell (standard input)."""
    name = path.lower()
    if name.endswith((".ipynb", ".py")):
        return name.endswith(".ipynb")
    return _BEGINS_OBJECT.match(data) is not None and b'"nbformat"' in data


class UndecodableError(Exception):
    """The bytes are not text in the encoding that the file declares."""


@dataclass(frozen=True)
class SourceText:
    """A file's text as UTF-8 ``data`` without its byte-order mark, and how to get back to the file's own bytes."""

    data: bytes
    encoding: str
    bom: bool

    @classmethod
    def of(cls, raw: bytes) -> SourceText:
        """Decode as Python itself would.  Raises ``UndecodableError``."""
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
            bom = raw.startswith(_BOM)
            found = cls(raw.decode(encoding).encode(), "utf-8" if bom else encoding, bom)
            same = found.encode(found.data) == raw
        except (SyntaxError, UnicodeError, LookupError) as error:
            raise UndecodableError(str(error)) from error
        if not same:
            raise UndecodableError(f"{encoding} does not give back the bytes that were read")
        return found

    def encode(self, data: bytes) -> bytes:
        """``data`` (UTF-8) as bytes of this file's encoding."""
        raw = data if self.encoding in ("utf-8", "utf-8-sig") else data.decode().encode(self.encoding)
        return _BOM + raw if self.bom else raw

    def with_data(self, data: bytes) -> SourceText:
        """Another text in this file's encoding."""
        return SourceText(data, self.encoding, self.bom)

    def worded(self, message: str) -> str:
        """A message that names lines of this text, as people know them."""
        return message

    @cached_property
    def line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _NEWLINE.finditer(self.data))]

    @property
    def text(self) -> str:
        return self.data.decode()

    def offset(self, line: int, column: int) -> int:
        """The offset of ``ast``'s 1-based line and 0-based UTF-8 column."""
        return self.line_starts[line - 1] + column

    def start(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias | ast.excepthandler) -> int:
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias | ast.excepthandler) -> int:
        if node.end_lineno is None or node.end_col_offset is None:
            raise ValueError("a node without a place in the file")
        return self.offset(node.end_lineno, node.end_col_offset)

    def slice(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias) -> str:
        return self.data[self.start(node) : self.end(node)].decode()

    def line_of(self, offset: int) -> int:
        return bisect_right(self.line_starts, offset)

    def line_start(self, offset: int) -> int:
        """The offset at which the line of ``offset`` begins."""
        return self.line_starts[self.line_of(offset) - 1]

    def line_end(self, offset: int) -> int:
        """The offset just behind the newline of the line of ``offset`` (the end of the file without one)."""
        line = self.line_of(offset)
        return self.line_starts[line] if line < len(self.line_starts) else len(self.data)

    def logical_end(self, offset: int) -> int:
        """The offset behind the newline of the line of ``offset``, and behind those that a backslash joins to it."""
        end = self.line_end(offset)
        while end < len(self.data) and self.is_continued(end):
            end = self.line_end(end)
        return end

    def is_continued(self, offset: int) -> bool:
        """Whether a backslash joins the line of ``offset`` to the one above."""
        start = self.line_start(offset)
        above = self.data[self.line_start(start - 1) : start] if start else b""
        return above.rstrip(b"\r\n").endswith(b"\\") and not _ends_in_a_comment(above)

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of ``offset``, the column in characters."""
        start = self.line_start(offset)
        return self.line_of(offset), len(self.data[start:offset].decode()) + 1

    def newline(self, offset: int = 0) -> str:
        """The newline of the line of ``offset``, or the first one of the file."""
        line = self.data[self.line_start(offset) : self.line_end(offset)]
        match = _NEWLINE.search(line) or _NEWLINE.search(self.data)
        return match.group().decode() if match else "\n"

    def indentation(self, offset: int) -> str:
        """The white space before the first character of the line of ``offset``."""
        start = self.line_start(offset)
        line = self.data[start : self.line_end(offset)]
        return line[: len(line) - len(line.lstrip(b" \t\f"))].decode()


def _ends_in_a_comment(line: bytes) -> bool:
    """Whether a line ends in a comment, in which a backslash is a letter; as far as the line itself tells."""
    found = False
    if b"#" in line:
        with suppress(tokenize.TokenError, SyntaxError):
            for token in tokenize.generate_tokens(io.StringIO(line.decode().rstrip("\r\n")).readline):
                found |= token.type == tokenize.COMMENT
    return found
