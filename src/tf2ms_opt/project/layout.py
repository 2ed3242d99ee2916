"""Which file of a run a dotted name of an import leads to; the file system is not asked, nothing is imported."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from tf2ms_opt.neighbours import Mentions

#: a file -> itself, and the files of which it has everything
Starred = Callable[[str], "tuple[str, ...]"]
_DEEP = 8  # a name that is imported from a module that imports it from another one, and so on


@dataclass(frozen=True)
class Layout:
    """The files of a run by their real paths."""

    files: frozenset[str]
    #: a name, and the directory of who imports it -> the files that it may be
    _known: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, files: Iterable[str]) -> Layout:
        return cls(frozenset(files))

    def modules(self, name: str, importer: str) -> Sequence[str]:
        """Every file that the module ``name`` may be, as ``importer`` would import it; ``.a`` is relative to it.

        Python looks beside the script, and where ``sys.path`` leads: any directory above, or a ``src`` in one.
        """
        key = (name, os.path.dirname(importer))  # noqa: PTH120 -- asked for every use of a name
        if key not in self._known:
            self._known[key] = tuple(self._modules(name, _above(importer)))
        return self._known[key]

    def _modules(self, name: str, above: Sequence[str]) -> Iterator[str]:
        stripped = name.lstrip(".")
        level = len(name) - len(stripped)
        if level:
            yield from self._in(above[level - 1], stripped) if level <= len(above) else ()
            return
        for directory in above if stripped else ():
            yield from self._in(directory, stripped)
            yield from self._in(f"{directory}{os.sep}src", stripped)

    def _in(self, directory: str, name: str) -> Iterator[str]:
        place = f"{directory}{os.sep}{name.replace('.', os.sep)}" if name else directory
        if (package := f"{place}{os.sep}__init__.py") in self.files:  # as for Python, the package goes first
            yield package
        elif name and (module := f"{place}.py") in self.files:
            yield module


def definitions(
    layout: Layout, name: str, importer: str, known: Mapping[str, Mentions], starred: Starred | None = None
) -> set[tuple[str, str]]:
    """Every (file, name in it) that the dotted ``name`` may be when ``importer`` uses it, imports followed.

    ``known`` says what files import under which names, and ``starred`` what each takes everything from.
    """
    found: set[tuple[str, str]] = set()
    pending = [(name, importer)]
    seen = set(pending)
    around = starred or (lambda file: with_stars(layout, file, known))
    for _ in range(_DEEP):
        further = [one for name, importer in pending for one in _further(layout, name, importer, known, around, found)]
        pending = [one for one in dict.fromkeys(further) if one not in seen]
        seen.update(pending)
    return found


def with_stars(layout: Layout, file: str, known: Mapping[str, Mentions]) -> tuple[str, ...]:
    """The file, and all of which it has everything: packages may import everything from each other in a circle."""
    found = [file]
    for one in found:
        for star in known[one].stars if one in known else ():
            found += [other for other in layout.modules(star.rstrip(".") or star, one) if other not in found]
    return tuple(found)


def _further(
    layout: Layout,
    name: str,
    importer: str,
    known: Mapping[str, Mentions],
    around: Starred,
    found: set[tuple[str, str]],
) -> Iterator[tuple[str, str]]:
    """The names, in the files that use them, that ``name`` may stand for; where it may be defined goes to ``found``."""
    level = len(name) - len(name.lstrip("."))
    parts = name.lstrip(".").split(".")
    for length in range(len(parts)):
        module = "." * level + ".".join(parts[:length])
        rest = parts[length:]
        places = [one for file in layout.modules(module, importer) for one in around(file)] if module else []
        for file in dict.fromkeys(places):
            again = known[file].imports.get(rest[0]) if file in known else None
            if again is not None:
                yield ".".join([again, *rest[1:]]), file
            else:
                found.add((file, ".".join(rest)))


def _above(file: str) -> list[str]:
    """The directories above a file, from the one that it is in; without a separator at their ends."""
    found = []
    while (above := file.rpartition(os.sep)[0]) != file:
        found.append(above)
        file = above
    return found


def stem(file: str) -> str:
    """The last word of the name by which a file is imported."""
    path = PurePath(file)
    return path.parent.name if path.stem == "__init__" else path.stem
