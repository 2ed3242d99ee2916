"""Which generation the project around a file is pinned to, told by the nearest requirement files.

It only looks; it never raises, and says nothing where the files allow more than one generation.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from tf2ms_opt.generations import generation_of_keras, generation_of_tensorflow
from tf2ms_opt.requirement_files import PATTERNS, TENSORFLOW, Statement, statements

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

#: releases X.Y that exist; patches are tried up to a number that no release has passed
_TENSORFLOW_RELEASES = (*((1, minor) for minor in range(16)), *((2, minor) for minor in range(22)))
_RELEASES = {
    "keras": (*((2, minor) for minor in range(16)), *((3, minor) for minor in range(16))),
    "tf-keras": tuple((2, minor) for minor in range(14, 22)),  # Keras 2, whatever TensorFlow it goes with
}
_PATCHES = 10
#: a directory that holds one of these is a project's root, and nothing above it speaks for the project
_ROOT_MARKERS = (".git", "pyproject.toml", "setup.py")


@dataclass(frozen=True, slots=True)
class Pin:
    """A generation and the requirement that tells it, as ``requirements.txt: tensorflow==2.4.1``."""

    generation: str
    by: str


@dataclass(frozen=True, slots=True)
class Pins:
    """The pins of a run; each directory is looked at once."""

    _known: dict[Path, Pin | None] = field(default_factory=dict)

    def pinned(self, path: Path) -> Pin | None:
        """What the project of the file ``path`` is pinned to; ``None`` when its files do not tell."""
        try:
            return self._of_directory(Path(os.path.abspath(path)).parent)  # noqa: PTH100 -- the project it is reached by
        except OSError:
            return None

    def _of_directory(self, directory: Path) -> Pin | None:
        if directory not in self._known:
            self._known[directory] = self._look(directory)
        return self._known[directory]

    def _look(self, directory: Path) -> Pin | None:
        found = tuple(_pins_of(directory))
        if found:
            # files that contradict each other tell nothing, and a directory further up does not settle it
            return found[0] if len({pin.generation for pin in found}) == 1 else None
        if directory == directory.parent or any((directory / marker).exists() for marker in _ROOT_MARKERS):
            return None
        return self._of_directory(directory.parent)


def _pins_of(directory: Path) -> Iterator[Pin]:
    for file in chain.from_iterable(sorted(directory.glob(pattern)) for pattern in PATTERNS):
        for statement in statements(file):
            generation = _generation(statement)
            if generation is not None:
                yield Pin(generation, f"{file.relative_to(directory).as_posix()}: {statement.text}")


def _generation(statement: Statement) -> str | None:
    """The one generation in which all releases lie that the statement allows, if there is one."""
    if not statement.versions:
        return None
    told = generation_of_tensorflow if statement.package in TENSORFLOW else generation_of_keras
    allowed = set(_allowed(statement.versions, _RELEASES.get(statement.package, _TENSORFLOW_RELEASES)))
    # a release that we do not know (a pre-release, a later patch) is told by its number
    allowed = allowed or {spec.version for spec in statement.versions if spec.operator in ("==", "===")}
    try:
        generations = {told(version) for version in allowed}
    except ValueError:
        return None
    return generations.pop() if len(generations) == 1 else None


def _allowed(versions: SpecifierSet, releases: Iterable[tuple[int, int]]) -> Iterator[str]:
    for major, minor in releases:
        if any(versions.contains(f"{major}.{minor}.{patch}") for patch in range(_PATCHES)):
            yield f"{major}.{minor}"
