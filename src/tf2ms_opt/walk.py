"""Which files a run is about: the paths of the command line, walked, filtered, sorted and without duplicates.

It opens no file but ``.gitignore``, and reports what it cannot read instead of raising.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EINVAL
from pathlib import Path

from tf2ms_opt.ignored import GITIGNORE, Layer, Layers, above, excluding, gitignore, ignores, with_separator

_SUFFIXES = (".py", ".ipynb")
#: what a run that is killed while it writes files that change together leaves beside one of them
NOTE = ".tf2ms-unfinished-"
_VIRTUAL_ENVIRONMENT = "pyvenv.cfg"
#: directories without code of the project's own; a virtual environment of any name is known by its pyvenv.cfg
_PRUNED = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".tox",
        ".nox",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        "site-packages",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".ipynb_checkpoints",
        "build",
        "dist",
        ".eggs",
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """A file to process.

    ``path`` is its name in reports, ``relative`` its place below the directory that was given (of a file that
    was given: its name), ``real`` its place after all links, ``named`` whether the command line names it.
    """

    path: str
    relative: str
    real: str
    named: bool = False
    link: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A path that could not be walked or is not there."""

    path: str
    error: OSError


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk brought: the files and the problems, each sorted by path."""

    files: tuple[Found, ...]
    problems: tuple[Problem, ...]
    #: links that lead out of the given paths: what they lead to was not asked for
    outside: tuple[str, ...] = ()
    #: notes of runs that may have been killed while they wrote
    unfinished: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    """One walk under way."""

    skip: str
    roots: tuple[str, ...]
    found: dict[str, Found] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    #: the link -> where it leads
    outside: dict[str, str] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)

    def offer(self, file: Found) -> None:
        """Take a file that is not there yet; its own name goes before a link's, a name given before one found."""
        known = self.found.get(file.real)
        if known is None or (not file.named, file.link) < (not known.named, known.link):
            self.found[file.real] = file


@dataclass(frozen=True, slots=True)
class _Directory:
    """A directory to read: its name in reports and its real one, both ready to be prefixed to an entry's name."""

    shown: str
    relative: str
    real: str
    layers: Layers
    excluded: Layer | None


def walk(paths: Iterable[Path], *, exclude: Sequence[str] = (), skip: Path | None = None) -> Walked:
    """Every file of ``paths``; of a directory, the modules and notebooks not ignored, excluded or below ``skip``.

    A link is followed to a file, but not to a directory, and not out of ``paths``.

    Raises ``ValueError`` for an ``exclude`` pattern that is none.
    """
    given = tuple(paths)
    roots = tuple(with_separator(os.path.realpath(path)) for path in given)
    state = _Walk("" if skip is None else with_separator(os.path.realpath(skip)), roots)
    for path in given:
        if os.path.isdir(path):  # noqa: PTH112 -- Path.is_dir raises where a directory above is closed to us
            _walk_root(path, exclude, state)
        else:
            _take_named(path, state)
    for directory in {os.path.dirname(file.real) for file in state.found.values() if file.named}:  # noqa: PTH120
        with suppress(OSError), os.scandir(directory) as scan:
            state.unfinished.update(entry.path for entry in scan if entry.name.startswith(NOTE))
    return Walked(
        tuple(sorted(state.found.values(), key=lambda file: file.path)),
        tuple(sorted(state.problems, key=lambda problem: problem.path)),
        tuple(sorted(link for link, real in state.outside.items() if real not in state.found)),
        tuple(sorted(state.unfinished)),
    )


def _take_named(path: Path, state: _Walk) -> None:
    try:
        real = os.path.realpath(path, strict=True)
        regular = Path(real).is_file()
    except OSError as error:
        state.problems.append(Problem(path.as_posix(), error))
        return
    if regular:
        state.offer(Found(path.as_posix(), path.name, real, named=True))
    else:
        state.problems.append(Problem(path.as_posix(), OSError(EINVAL, "not a regular file")))


def _walk_root(root: Path, exclude: Sequence[str], state: _Walk) -> None:
    real = with_separator(os.path.realpath(root))
    try:
        layers = above(Path(real))
    except OSError as error:
        state.problems.append(Problem(str(error.filename), error))
        layers = ()
    shown = "" if root == Path() else root.as_posix().rstrip("/") + "/"
    pending = [_Directory(shown, "", real, layers, excluding(real, exclude) if exclude else None)]
    while pending:
        pending.extend(_read(pending.pop(), state))


def _read(directory: _Directory, state: _Walk) -> Iterator[_Directory]:
    """Take the files of a directory; yield the directories in it that are to be read."""
    try:
        with os.scandir(directory.real) as scan:
            entries = {entry.name: entry for entry in sorted(scan, key=lambda entry: entry.name)}
    except OSError as error:
        state.problems.append(Problem(directory.shown.rstrip("/") or ".", error))
        return
    if _VIRTUAL_ENVIRONMENT in entries and directory.relative:
        return
    layers = directory.layers
    if GITIGNORE in entries:
        try:
            layers = (*layers, gitignore(directory.real))
        except OSError as error:
            state.problems.append(Problem(directory.shown + GITIGNORE, error))
    for name, entry in entries.items():
        real = directory.real + name
        if entry.is_dir(follow_symlinks=False):
            real += os.sep
            if name not in _PRUNED and real != state.skip and not _left_out(real, layers, directory.excluded):
                shown, relative = directory.shown + name + "/", directory.relative + name + "/"
                yield _Directory(shown, relative, real, layers, directory.excluded)
        elif name.lower().endswith(_SUFFIXES) and not _left_out(real, layers, directory.excluded):
            _take(entry, directory, state)
        elif name.startswith(NOTE):
            state.unfinished.add(real)


def _left_out(path: str, layers: Layers, excluded: Layer | None) -> bool:
    return (excluded is not None and excluded.verdict(path) is True) or (bool(layers) and ignores(layers, path))


def _take(entry: os.DirEntry[str], directory: _Directory, state: _Walk) -> None:
    """Offer a regular file, or a link to one; a link that leads nowhere (an editor's lock) is none of ours."""
    link = entry.is_symlink()
    with suppress(OSError):
        if not entry.is_file():
            return
        real = os.path.realpath(entry.path) if link else entry.path
        if link and not real.startswith(state.roots):
            state.outside[directory.shown + entry.name] = real
        else:
            state.offer(Found(directory.shown + entry.name, directory.relative + entry.name, real, link=link))
