"""One notebook: its cells are converted as one text, and the outcome is told in the terms of its cells.

What becomes of Python is for the caller's converter to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.neighbours import NOBODY
from tf2ms_opt.notebooks.code import Notebook, NotRestoredError
from tf2ms_opt.notebooks.document import Cell, DocumentError
from tf2ms_opt.notebooks.magics import holds_code, runs_with_names, split
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import FileStatus, Outcome
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.selfcheck import parse, unparsable
from tf2ms_opt.source import SIGN, SourceText, UndecodableError

_UNREADABLE = "Mend the file (a merge conflict, a download that was cut off?) until Jupyter opens it, and run again."
_BROKEN = "Mend the cell, or make a raw cell of it, and run again."
#: converts a Python text, which is given as bytes as well
Converter: TypeAlias = Callable[[SourceText, Options, bytes], Outcome]


def convert_notebook(data: bytes, rules: RuleSet, options: Options, path: str, convert: Converter) -> Outcome:
    """The outcome of a notebook.  Never raises for bad input."""
    try:
        notebook = Notebook.of(data)
    except UndecodableError as error:
        return _failed(data, path, finding("undecodable-file", 1, 1, error=error))
    except DocumentError as error:
        return _failed(
            data, path, finding("unparsable-file/notebook", error.line, error.column, help=_UNREADABLE, error=error)
        )
    code = notebook.code
    unread = tuple(_unread(notebook, rules, options, convert))
    if not (rules.pattern.search(code.data) or SIGN in code.data or options.neighbours.concern):
        return Outcome(path, FileStatus.UNCHANGED, data, data, findings=unread)
    if (broken := _broken(notebook)) is not None:
        return _failed(data, path, broken)
    outcome = convert(code, own_options(options, notebook), code.data)
    if outcome.failed:
        return replace(outcome, before=data, after=data)
    after, changed = data, tuple[Cell, ...]()
    if outcome.changed:
        try:
            after, changed = notebook.holding(outcome.after.decode())
        except NotRestoredError as error:
            return _failed(data, path, finding("self-check-failed", 1, 1, problem=error))
    stale = not outcome.annotated
    findings = [
        *map(notebook.located, outcome.findings),
        *(replace(finding("output-stale", 1, 1), cell=cell.index) for cell in changed if stale and cell.has_outputs),
        *unread,
        *(_sharing(notebook) if outcome.sites else ()),
    ]
    return replace(
        outcome,
        before=data,
        after=after,
        sites=tuple(map(notebook.placed, outcome.sites)),
        findings=tuple(sorted(findings, key=lambda one: (one.cell or 0, one.line, one.column, one.code))),
        across=replace(
            outcome.across, refused=tuple((line, notebook.worded(why)) for line, why in outcome.across.refused)
        ),
        generation_from=notebook.worded(outcome.generation_from) if outcome.generation_from else None,
    )


def own_options(options: Options, notebook: Notebook) -> Options:
    """A notebook in a package's directory is no member of it; and it may say itself which TensorFlow it is for."""
    own = replace(options, package=None)
    told = notebook.told
    return own if told is None else replace(own, pinned_generation=told.generation, pinned_by=told.by)


def _broken(notebook: Notebook) -> Finding | None:
    """The first cell that does not parse: each runs by itself, whatever their texts come to together."""
    for cell, own in notebook.cells:
        if (found := _unparsable(own.python)) is not None:
            return replace(notebook.inside(cell, own, found), help=_BROKEN)
    return None


def _unparsable(python: str) -> Finding | None:
    try:
        parse(python)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return unparsable(error)
    return None


def _unread(notebook: Notebook, rules: RuleSet, options: Options, convert: Converter) -> Iterator[Finding]:
    """Cells that a magic takes out of the notebook's own code, where there is something to convert in them."""
    options = replace(options, neighbours=NOBODY)
    for cell in notebook.others:
        magic, text = split(cell.source.text)
        code = SourceText(text.encode(), "utf-8", bom=False)
        if rules.pattern.search(code.data) and (sites := convert(code, options, code.data).sites):
            found = finding("cell-not-read", 1, 1, magic=magic, source=sites[0].source)
            yield replace(found, cell=cell.index)


def _sharing(notebook: Notebook) -> Iterator[Finding]:
    """Files that run with the notebook's own names, and may use a model or an optimizer of it."""
    for cell, own in notebook.cells:
        for magic in own.magics:
            key = "shared" if runs_with_names(magic) else "code" if holds_code(magic) else ""
            if key:
                found = finding(f"cell-not-read/{key}", magic.line, 1, magic=magic.text.strip())
                yield notebook.inside(cell, own, found)


def _failed(data: bytes, path: str, why: Finding) -> Outcome:
    return Outcome(path, FileStatus.FAILED, data, data, (), (why,))
