"""The text of ``tf2ms_runtime.py``: the classes that a project needs, copied from the parts in ``runtime/``.

The parts are read as text and never imported, so nothing here needs MindSpore.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

#: the name of the module, where nothing else is asked for
NAME = "tf2ms_runtime"

_WIDTH = 100
_PARTS = Path(__file__).parent / "runtime"
#: what tells a module of ours from another of its name
_MARK = "Written by tf2ms-opt"
_DOCSTRING = f'''"""What TensorFlow and Keras compute and MindSpore has no class for, in MindSpore: the same formulas.

{_MARK} for the code that imports these classes, and written anew when that code needs more of them:
put changes of your own elsewhere.  It imports MindSpore and numpy alone and may be kept under version control.

Classes and functions: {{classes}}
"""'''


@dataclass(frozen=True, slots=True)
class _Definition:
    """A top-level definition of a part: its lines, and every name in it."""

    part: str
    names: tuple[str, ...]
    text: str
    uses: frozenset[str]
    public: bool
    #: the names that have to be defined before it
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Import:
    """One imported name: ``import module as bound``, or ``from module import name as bound``."""

    module: str
    name: str | None
    bound: str


def known() -> frozenset[str]:
    """Every class that a module can be composed of."""
    return frozenset(name for one in _definitions() if one.public for name in one.names)


def compose(classes: Collection[str]) -> str:
    """The module with exactly ``classes`` and what they need; raises ``KeyError`` for a class that is none of ours."""
    if unknown := set(classes) - known():
        raise KeyError(*sorted(unknown))
    chosen = _needed(classes)
    public = sorted(name for one in chosen if one.public for name in one.names)
    docstring = _DOCSTRING.format(classes="\n    ".join(textwrap.wrap(", ".join(public), 100)))
    blocks = [one.text for one in _in_order([one for one in _definitions() if one in chosen])]
    return "\n\n\n".join([f"{docstring}\n\n{_import_lines(chosen)}", *blocks]) + "\n"


def held(text: str) -> frozenset[str] | None:
    """The classes of ours in the module ``text``; None for a module that is none of ours, or holds more than ours."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names = {name for node in tree.body for name in _names(node) if not name.startswith("_")}
    return frozenset(names) if _MARK in (ast.get_docstring(tree) or "") and names <= known() else None


def _in_order(chosen: Sequence[_Definition]) -> list[_Definition]:
    """``chosen`` with the base classes of each before it, and else in their own order."""
    by_name = {name: one for one in chosen for name in one.names}
    ordered: list[_Definition] = []
    pending = list(reversed(chosen))
    while pending:
        one = pending[-1]
        missing = [by_name[base] for base in one.bases if base in by_name and by_name[base] not in ordered]
        if missing:
            pending += missing
        else:
            pending.pop()
            ordered += [one] if one not in ordered else []
    return ordered


def _needed(classes: Collection[str]) -> frozenset[_Definition]:
    """The definitions of ``classes``, and of every name that these lead to."""
    by_name = {name: one for one in _definitions() for name in one.names}
    found: set[_Definition] = set()
    pending = [by_name[name] for name in classes]
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += [by_name[name] for name in one.uses if name in by_name]
    return frozenset(found)


def _import_lines(chosen: Collection[_Definition]) -> str:
    """What ``chosen`` use of their parts' imports, one statement a module: the standard library, then MindSpore."""
    used = {name for one in chosen for name in one.uses}
    parts = {one.part for one in chosen}
    wanted = {one for part in parts for one in _imports(part) if one.bound in used or one.module == "__future__"}
    groups: dict[int, set[str]] = {}
    for module in {one.module for one in wanted}:
        lines = groups.setdefault(_section(module), set())
        lines |= {_plain(one) for one in wanted if one.module == module and one.name is None}
        names = sorted((one for one in wanted if one.module == module and one.name is not None), key=_by_type)
        if names:
            lines.add(_wrapped(f"from {module} import (", [_listed(one) for one in names]))
    return "\n\n".join("\n".join(sorted(groups[section], key=_plain_first)) for section in sorted(groups))


def _wrapped(head: str, names: Sequence[str]) -> str:
    """An import on one line, or on as many as it takes."""
    line = head.removesuffix("(") + ", ".join(names)
    if len(line) <= _WIDTH:
        return line
    return "\n".join([head, *(f"    {part}" for part in textwrap.wrap(", ".join(names) + ",", _WIDTH - 4)), ")"])


def _plain_first(line: str) -> tuple[bool, str]:
    return line.startswith("from "), line


def _section(module: str) -> int:
    root = module.partition(".")[0]
    return 0 if root == "__future__" else 1 if root in sys.stdlib_module_names else 2


def _plain(one: _Import) -> str:
    return (
        f"import {one.module}" if one.bound == one.module.partition(".")[0] else f"import {one.module} as {one.bound}"
    )


def _listed(one: _Import) -> str:
    return one.bound if one.name == one.bound else f"{one.name} as {one.bound}"


def _by_type(one: _Import) -> tuple[bool, str]:
    """Classes before functions and modules, as import sorters have it."""
    name = one.name or ""
    return name[:1].islower(), name


@cache
def _definitions() -> tuple[_Definition, ...]:
    """Every definition of every part, in the order of the files and of their lines."""
    return tuple(one for part in _parts() for one in _defined(part))


@cache
def _parts() -> tuple[Path, ...]:
    return tuple(sorted(path for path in _PARTS.glob("*.py") if path.stem != "__init__"))


def _defined(part: Path) -> Iterator[_Definition]:
    text = part.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        names = tuple(_names(node))
        if names:
            uses = frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
            public = isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_")
            bases = [base.id for base in getattr(node, "bases", ()) if isinstance(base, ast.Name)]
            yield _Definition(part.name, names, _lines(node, lines), uses, public, tuple(bases))


def _names(node: ast.stmt) -> Iterable[str]:
    """What a top-level statement defines; nothing for an import, a docstring or anything else."""
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
        case ast.Assign(targets=targets):
            return (target.id for target in targets if isinstance(target, ast.Name))
        case _:
            return ()


def _lines(node: ast.stmt, lines: list[str]) -> str:
    """The statement as it is written, with its decorators and the comments directly above."""
    decorators = node.decorator_list if isinstance(node, (ast.ClassDef, ast.FunctionDef)) else []
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    return "\n".join(lines[first - 1 : node.end_lineno])


@cache
def _imports(part: str) -> tuple[_Import, ...]:
    found = []
    for node in ast.parse((_PARTS / part).read_text(encoding="utf-8")).body:
        match node:
            case ast.Import(names=names):
                found += [_Import(one.name, None, one.asname or one.name.partition(".")[0]) for one in names]
            case ast.ImportFrom(module=str(module)) if module.startswith("tf2ms_opt."):
                pass  # another part, whose definitions stand in the same module here
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found += [_Import(module, one.name, one.asname or one.name) for one in names]
            case _:
                pass
    return tuple(found)
