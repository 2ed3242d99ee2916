"""Which files of a run may import which others, read from the words of their imports: nothing is parsed for it.

A file that cannot get at another one has nothing to do with it, whatever names the two have in common.  So what is
found here may be too much, and nothing that an import leads to is missing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tf2ms_opt.notebooks.code import Notebook
from tf2ms_opt.project.layout import Layout, stem
from tf2ms_opt.source import SourceText, UndecodableError, is_notebook

_IMPORT = b"import"
#: what stands in front of the word: ``from a.b``; in prose, too
_FROM = re.compile(rb"\bfrom((?:[.\w\x80-\xff \t\f]|\\\r?\n)*)\Z")
_FAR = 250  # bytes in which it is looked for
_NAMES = re.compile(rb"(?:[ \t\f]|\\\r?\n)*\((?:[^)#]|#[^\n\r]*)*|(?:\\\r?\n|[^\n\r;#])*")
#: the rest of ``import_module("a.b")`` and of ``__import__("a.b")``
_CALLED = re.compile(rb"(?:_module|__)\s*\(([^)]*)")
_DOTTED = re.compile(rb"[.\w\x80-\xff]+")
_COMMENT = re.compile(rb"#[^\n\r]*")


@dataclass(slots=True)
class Links:
    """The imports between the files of a run, by their real paths; ``read`` gives what is in one."""

    files: Collection[str]
    layout: Layout
    read: Callable[[str], bytes]
    _to: dict[str, frozenset[str]] = field(default_factory=dict)
    _from: dict[str, set[str]] = field(default_factory=dict)
    #: name -> the other names under which a file imports it
    _called: dict[str, set[str]] = field(default_factory=dict)
    _words: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        parts = {part for real in self.files for part in Path(real).parent.parts}
        self._words = frozenset(parts.union(map(stem, self.files)))
        backwards, called = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        for real in self.files:
            imports = tuple(_imports(self.read(real)))
            self._to[real] = frozenset(self._targets(real, imports)) - {real}
            for other in self._to[real]:
                backwards[other].add(real)
            for _, name, alias in imports:
                if alias:
                    called[name.rpartition(".")[2]].add(alias)
        self._from, self._called = dict(backwards), dict(called)

    def to(self, real: str) -> frozenset[str]:
        """The files that ``real`` may import."""
        return self._to[real]

    def reached(self, sources: Iterable[str]) -> frozenset[str]:
        """The files that one of ``sources`` may get at, through whatever other files."""
        return _followed(sources, self._to)

    def reaching(self, targets: Iterable[str]) -> frozenset[str]:
        """The files that may get at one of ``targets``, through whatever other files."""
        return _followed(targets, self._from)

    def with_aliases(self, words: Iterable[str]) -> frozenset[str]:
        """``words``, and the names under which some file imports what is called so."""
        first = frozenset(words)
        return first | _followed(first, self._called)

    def _targets(self, real: str, imports: Iterable[tuple[str, str, str]]) -> Iterator[str]:
        for base, name, _ in dict.fromkeys((base, name, "") for base, name, _ in imports):
            dots = base[: len(base) - len(base.lstrip("."))]
            parts = [*filter(None, base[len(dots) :].split(".")), *filter(None, name.split("."))]
            if not dots and parts and parts[0] not in self._words:
                continue
            for length in range(0 if dots else 1, len(parts) + 1):
                yield from self.layout.modules(dots + ".".join(parts[:length]), real)
                if length < len(parts) and parts[length] not in self._words:
                    break


def _followed(start: Iterable[str], edges: Mapping[str, Collection[str]]) -> frozenset[str]:
    """All that ``edges`` lead to, one or more of them behind each other."""
    found, pending = set[str](), list(start)
    while pending:
        new = [one for one in edges.get(pending.pop(), ()) if one not in found]
        found.update(new)
        pending += new
    return frozenset(found)


def _imports(data: bytes) -> Iterator[tuple[str, str, str]]:
    """What a file imports: from where, which name, and under which other name; empty where there is none."""
    try:
        if is_notebook(data, ""):
            data = Notebook.of(data).code.data
        elif not data.isascii():
            data = SourceText.of(data).data
    except (UndecodableError, ValueError, RecursionError):
        return  # it cannot be parsed either
    place = data.find(_IMPORT)
    while place >= 0:
        behind = place + len(_IMPORT)
        if called := _CALLED.match(data, behind):
            yield from (("", name, "") for name in _words(called[1]))
        elif match := _NAMES.match(data, behind):
            base = _FROM.search(data[max(place - _FAR, 0) : place])
            yield from _named("".join(_words(base[1])) if base else "", _words(_COMMENT.sub(b"", match[0])))
        place = data.find(_IMPORT, behind)


def _named(base: str, names: list[str]) -> Iterator[tuple[str, str, str]]:
    yield base, "", ""
    for place, name in enumerate(names):
        alias = names[place + 2] if names[place + 1 : place + 2] == ["as"] and place + 2 < len(names) else ""
        yield base, name, alias


def _words(data: bytes) -> list[str]:
    return [unicodedata.normalize("NFKC", one.decode(errors="replace")) for one in _DOTTED.findall(data)]
