"""Which file of a run a dotted name of an import leads to; the file system is not asked, nothing is imported."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from tf2ms_opt.neighbours import Mentions

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
            self._known[key] = tuple(self._modules(name, [*PurePath(importer).parents]))
        return self._known[key]

    def _modules(self, name: str, above: Sequence[PurePath]) -> Iterator[str]:
        stripped = name.lstrip(".")
        level = len(name) - len(stripped)
        parts = stripped.split(".") if stripped else []
        if level:
            yield from self._in(above[level - 1], parts) if level <= len(above) else ()
            return
        for directory in above if parts else ():
            yield from self._in(directory, parts)
            yield from self._in(directory / "src", parts)

    def _in(self, directory: PurePath, parts: list[str]) -> Iterator[str]:
        place = directory.joinpath(*parts)
        candidates = [str(place / "__init__.py")] + ([f"{place}.py"] if parts else [])
        yield from [one for one in candidates if one in self.files][:1]  # as for Python, the package goes first


def definitions(layout: Layout, name: str, importer: str, known: Mapping[str, Mentions]) -> set[tuple[str, str]]:
    """Every (file, name in it) that the dotted ``name`` may be when ``importer`` uses it, imports followed.

    ``known`` says what files import under which names.
    """
    return set(_definitions(layout, name, importer, known, _DEEP))


def _definitions(
    layout: Layout, name: str, importer: str, known: Mapping[str, Mentions], depth: int
) -> Iterator[tuple[str, str]]:
    level = len(name) - len(name.lstrip("."))
    parts = name.lstrip(".").split(".")
    for length in range(len(parts) if depth else 0):
        module = "." * level + ".".join(parts[:length])
        rest = parts[length:]
        for file in layout.modules(module, importer) if module else ():
            imports = known[file] if file in known else Mentions()
            again = dict(imports.imports).get(rest[0])
            if again is not None:
                longer = ".".join([again, *rest[1:]])
                yield from _definitions(layout, longer, file, known, depth - 1)
            else:
                yield file, ".".join(rest)
                for star in imports.stars:
                    separator = "" if star.endswith(".") else "."
                    yield from _definitions(layout, f"{star}{separator}{'.'.join(rest)}", file, known, depth - 1)
