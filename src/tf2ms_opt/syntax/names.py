"""Takes names out of an import statement."""

from __future__ import annotations

import re
from collections.abc import Collection

import libcst as cst


def without_names(text: str, places: Collection[int]) -> str:
    """The import statement ``text`` without the names at ``places`` (0-based); at least one must remain."""
    newline = re.search(r"\r\n|\r|\n", text)
    module = cst.parse_module(re.sub(r"\r\n|\r", "\n", text))
    line = module.body[0]
    statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    if not isinstance(statement, (cst.Import, cst.ImportFrom)) or isinstance(statement.names, cst.ImportStar):
        raise TypeError(f"not a list of imported names: {text!r}")
    kept = [alias for place, alias in enumerate(statement.names) if place not in places]
    last = statement.names[-1].comma
    kept[-1] = kept[-1].with_changes(comma=last)
    result = cst.Module(body=[]).code_for_node(statement.with_changes(names=kept))
    return result.replace("\n", newline.group()) if newline else result
