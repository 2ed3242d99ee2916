"""A file as people are shown it: of a notebook the code, with the cells one below the other."""

from __future__ import annotations

from dataclasses import dataclass

from tf2ms_opt.notebooks.document import DocumentError, code_cells
from tf2ms_opt.source import is_notebook


@dataclass(frozen=True, slots=True)
class Shown:
    """The text, and the line of it below which each cell begins."""

    data: bytes
    starts: dict[int, int]

    def line(self, line: int, cell: int | None) -> int:
        """The line of the text for one of the file, or of one of its cells."""
        return line if cell is None else self.starts.get(cell, 0) + line


def shown(data: bytes, path: str) -> Shown:
    """What is shown of the file ``data``."""
    try:
        cells = code_cells(data.decode()) if is_notebook(data, path) else None
    except (UnicodeDecodeError, DocumentError):
        cells = None
    if cells is None:
        return Shown(data, {})
    lines: list[str] = []
    starts: dict[int, int] = {}
    for cell in cells:
        lines.append(f"# cell {cell.index}")
        starts[cell.index] = len(lines)
        lines += cell.source.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Shown("\n".join(lines).encode("utf-8", "replace"), starts)
