"""Where the runtime module of converted files goes, what it holds, and when it is written.

It knows directories and packages; the text of the module is composed by ``runtime_module``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tf2ms_opt import regular
from tf2ms_opt.outcomes import Runtime
from tf2ms_opt.runtime_module import NAME, compose, held
from tf2ms_opt.walk import Found
from tf2ms_opt.write import ChangedError, supply

#: other runs that may write the same module before this one gives up
_OTHERS = 20


class TakenError(Exception):
    """Another module has the place of the runtime module; the text is its path."""


@dataclass(frozen=True, slots=True)
class RuntimeFile:
    """A runtime module that converted files need: its path in reports, its classes, and whether its text changes."""

    path: str
    classes: tuple[str, ...]
    changed: bool

    def texts(self) -> tuple[bytes, bytes]:
        """The module as it is (empty where there is none), and as it is to be."""
        file = Path(self.path)
        return regular.read(file) if file.exists() else b"", compose(self.classes).encode()


@dataclass(slots=True)
class RuntimeFiles:
    """The runtime modules of a run.

    ``name`` is the module's dotted name where the user gave one: it stands below the directory that was given, and
    else beside each file.  Below ``output_dir`` it stands as the converted files do.  ``dry`` writes nothing.
    """

    name: str | None = None
    output_dir: Path | None = None
    dry: bool = False
    #: real path -> the module; nothing is kept but names
    _known: dict[str, RuntimeFile] = field(default_factory=dict)

    def __iter__(self) -> Iterator[RuntimeFile]:
        return iter(sorted(self._known.values(), key=lambda file: file.path))

    def supply(self, file: Found, need: Runtime) -> None:
        """See that the module of the converted ``file`` holds what it needs.

        Raises ``TakenError`` and ``OSError``, with nothing written.
        """
        for _ in range(_OTHERS):
            with suppress(ChangedError):  # what another run has put there stays, and is looked at anew
                self._supply(file, need)
                return
        self._supply(file, need)

    def _supply(self, file: Found, need: Runtime) -> None:
        origin = _beside(file) if self.name is None else _below(file, self.name)
        place = origin if self.output_dir is None else self.output_dir / self._relative(file)
        known = self._known.get(os.path.realpath(place))
        there = _text(place)
        classes = {*need.classes, *(known.classes if known else ())}
        if known is None or there is None or there.replace(b"\r\n", b"\n") != compose(known.classes).encode():
            classes |= _held(place, there)  # else it is as this run has left it, and holds what is known
        if place != origin:
            classes |= _held(origin, _text(origin))
        text = compose(classes).encode()
        changed = there is None or there.replace(b"\r\n", b"\n") != text
        if changed and not self.dry:
            supply(place, text, like=Path(file.real), was=there)
        ever = changed or (known is not None and known.changed)
        self._known[os.path.realpath(place)] = RuntimeFile(place.as_posix(), tuple(sorted(classes)), ever)

    def holds(self, place: Path) -> bool:
        """Whether this run has seen to the module at ``place``."""
        return os.path.realpath(place) in self._known

    def _relative(self, file: Found) -> Path:
        return Path(file.relative).parent / f"{NAME}.py" if self.name is None else _path(self.name)


def package_of(directory: Path) -> str | None:
    """The dotted name of the package that ``directory`` is, by the ``__init__.py`` files there and above."""
    names: list[str] = []
    # not resolved: a package goes by the name that it is reached by
    place = Path(os.path.abspath(directory))  # noqa: PTH100
    while (place / "__init__.py").is_file() and place.name.isidentifier():
        names.append(place.name)
        place = place.parent
    return ".".join(reversed(names)) or None


def _beside(file: Found) -> Path:
    """In the directory of the file; of a link, in that of the file which it leads to and which is rewritten."""
    directory = Path(file.path).parent
    if os.path.realpath(directory) != os.path.dirname(file.real):  # noqa: PTH120
        directory = Path(file.real).parent
    return directory / f"{NAME}.py"


def _below(file: Found, name: str) -> Path:
    """Below the directory that was given, or that of a file that was."""
    return Path(file.path.removesuffix(file.relative)) / _path(name)


def _path(name: str) -> Path:
    return Path(*name.split(".")).with_suffix(".py")


def _text(place: Path) -> bytes | None:
    """What stands at ``place``; None where nothing does.  Raises ``TakenError`` for what is no file."""
    if not os.path.lexists(place):
        return None
    if not place.is_file():
        raise TakenError(place.as_posix())
    return regular.read(place)


def _held(place: Path, text: bytes | None) -> frozenset[str]:
    """The classes in the module at ``place``, which need not exist."""
    if text is None:
        return frozenset()
    try:
        classes = held(text.decode())
    except UnicodeDecodeError:
        classes = None
    if classes is None:
        raise TakenError(place.as_posix())
    return classes
