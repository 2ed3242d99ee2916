"""The code of a notebook as one Python text, and what was made of that text back in its cells.

The cells stand one behind the other, as they run from top to bottom, each behind a comment that marks its beginning.
A result that does not come back to exactly the text it was made from is no result.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import TypeVar

from tf2ms_opt.diagnostics import Finding
from tf2ms_opt.neighbours import LINE, Mentions
from tf2ms_opt.notebooks.document import Cell, DocumentError, code_cells, written
from tf2ms_opt.notebooks.magics import CellCode, is_python, plain, stand_ins
from tf2ms_opt.notebooks.pinned import Told, told
from tf2ms_opt.offers import Passing, Reach
from tf2ms_opt.outcomes import Site
from tf2ms_opt.source import SourceText, UndecodableError

Placed = TypeVar("Placed", Passing, Reach)
_NEWLINE = re.compile(r"\r\n|\r|\n")
#: how messages name a line of the text
#: the comment in front of a cell: its index, and the number of lines in its head
_MARK = re.compile(rb"(?<![^\r\n])(#_magic\d*_)cell (\d+) (\d+)(?:\r\n|\r|\n)")


class NotRestoredError(Exception):
    """A converted text cannot be put back into the cells: a bug of ours, found before anything is written."""


class NotebookText(SourceText):
    """The code cells as one Python text, each behind a comment that says which it is and how many lines it lacks."""

    def with_data(self, data: bytes) -> NotebookText:
        return NotebookText(data, self.encoding, self.bom)

    def worded(self, message: str) -> str:
        """A message that names lines of this text, with the cells' lines instead."""
        return LINE.sub(lambda match: "line {1} of cell {0}".format(*self.inside(int(match[1]))), message)

    def inside(self, line: int) -> tuple[int, int]:
        """The cell of a line, and the line in it."""
        number = max(bisect_right(self._begin, line, key=lambda one: one[0]) - 1, 0)
        begin, cell, head = self._begin[number]
        return cell, line - begin + 1 + head

    @cached_property
    def _begin(self) -> list[tuple[int, int, int]]:
        """Of every cell its first line in this text, its index, and the lines of its head, which are not in it."""
        marks = list(_MARK.finditer(self.data))
        # a comment of the notebook's own that looks like a mark has another name than the first one, which is ours
        ours = [match for match in marks if match[1] == marks[0][1]]
        return [(self.line_of(match.end()), int(match[2]), int(match[3])) for match in ours]


@dataclass(frozen=True)
class Notebook:
    """A notebook's file, and its Python cells as one text."""

    text: str
    cells: tuple[tuple[Cell, CellCode], ...]
    #: code cells in another language, by cell magic
    others: tuple[Cell, ...]
    name: str

    @classmethod
    def of(cls, data: bytes) -> Notebook:
        """Read a notebook.  Raises ``DocumentError`` and ``UndecodableError``."""
        try:
            text = data.decode()
            cells = code_cells(text)
            sources = [cell.source.text for cell in cells]
            for source in sources:
                source.encode()
        except UnicodeDecodeError as error:
            raise UndecodableError(str(error)) from error
        except UnicodeEncodeError as error:
            raise DocumentError("a cell has half of a surrogate pair") from error
        name = stand_ins("".join(sources))
        numbers = count()
        python = tuple((cell, plain(cell.source.text, name, numbers)) for cell in cells if is_python(cell.source.text))
        others = tuple(cell for cell in cells if not is_python(cell.source.text))
        return cls(text, python, others, name)

    @cached_property
    def code(self) -> NotebookText:
        """The Python text."""
        parts = (f"{self._mark(cell, own)}{_newline(own)}{own.python}{_added(own)}" for cell, own in self.cells)
        return NotebookText("".join(parts).encode(), "utf-8", bom=False)

    @cached_property
    def told(self) -> Told | None:
        """The generation that the notebook itself tells."""
        return told((cell.index, magic.text) for cell, own in self.cells for magic in own.magics)

    def place(self, line: int, column: int) -> tuple[int, int, int]:
        """The cell, and the line and column in it, of a place in the Python text."""
        index, inside = self.code.inside(line)
        own = next(own for cell, own in self.cells if cell.index == index)
        shift = sum(magic.shifts(inside - len(_NEWLINE.findall(own.head))) for magic in own.magics)
        return index, inside, max(column - shift, 1) + len(own.indent)

    def holding(self, code: str) -> tuple[bytes, tuple[Cell, ...]]:
        """The file with its cells as they are in ``code``, and the cells that changed.  Raises ``NotRestoredError``."""
        changed = self._changed(code)
        after = written(self.text, {cell.source: new for cell, new in changed}).encode()
        if Notebook.of(after).code.data != code.encode():
            raise NotRestoredError("the cells do not hold what was made of them")
        return after, tuple(cell for cell, _ in changed)

    def located(self, one: Finding) -> Finding:
        """A finding on the Python text as one on its cell."""
        cell, line, column = self.place(one.line, one.column)
        details = tuple((name, self._worded_detail(name, text)) for name, text in one.details)
        return replace(one, cell=cell, line=line, column=column, message=self.worded(one.message), details=details)

    def _worded_detail(self, name: str, text: str) -> str:
        """What was filled into a message, worded as the message is."""
        return self.worded(f"line {text}").removeprefix("line ") if name == "line" else self.worded(text)

    def inside(self, cell: Cell, own: CellCode, one: Finding) -> Finding:
        """A finding on the Python of one cell as one on that cell."""
        return replace(
            one, cell=cell.index, line=one.line + len(_NEWLINE.findall(own.head)), column=one.column + len(own.indent)
        )

    def placed(self, site: Site) -> Site:
        """A site of the Python text as one of its cell."""
        cell, line, column = self.place(site.line, site.column)
        return replace(site, cell=cell, line=line, column=column)

    def mentioned(self, known: Mentions) -> Mentions:
        """What the Python text has to do with other files, with the lines of the cells."""
        uses = []
        for use in known.uses:
            cell, line, _ = self.place(use.line, 1)
            uses.append(replace(use, cell=cell, line=line))
        return replace(known, uses=tuple(uses))

    def placed_at(self, one: Placed) -> Placed:
        """What stands at a line of the Python text as what stands in its cell."""
        cell, line, _ = self.place(one.line, 1)
        return replace(one, cell=cell, line=line)

    def worded(self, message: str) -> str:
        """A message about the Python text as one about the cells."""
        message = self.code.worded(message)
        for _, own in self.cells:
            for magic in own.magics:
                message = message.replace(magic.stand_in, magic.text)
        return message

    def _mark(self, cell: Cell, own: CellCode) -> str:
        return f"#{self.name}cell {cell.index} {len(_NEWLINE.findall(own.head))}"

    def _changed(self, code: str) -> tuple[tuple[Cell, str], ...]:
        """The cells that are not as they were, and what they are now."""
        found = re.split(rf"(?<![^\r\n])(#{self.name}cell \d+ \d+)(?:\r\n|\r|\n)", code)
        if found[0] or found[1::2] != [self._mark(cell, own) for cell, own in self.cells]:
            raise NotRestoredError("an edit crosses the end of a cell")
        changed: list[tuple[Cell, str]] = []
        for (cell, own), python in zip(self.cells, found[2::2], strict=True):
            text = own.cell(python.removesuffix(_added(own)))
            if text is None:
                raise NotRestoredError(f"a magic of cell {cell.index} is lost")
            if text != cell.source.text:
                changed.append((cell, text))
        return tuple(changed)


def _newline(own: CellCode) -> str:
    """The line break that the cell uses."""
    match = _NEWLINE.search(own.python) or _NEWLINE.search(own.head)
    return match.group() if match else "\n"


def _added(own: CellCode) -> str:
    """What the last line of a cell lacks to be one."""
    return "" if own.python.endswith(("\n", "\r")) or not own.python else _newline(own)
