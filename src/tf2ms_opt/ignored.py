"""Gitignore patterns: those of ``.gitignore`` files, layer by layer, and those of ``--exclude``.

It judges paths and never walks a tree; pathspec is imported only once there is a pattern.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tf2ms_opt.regular import read

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

GITIGNORE = ".gitignore"


@dataclass(frozen=True, slots=True)
class Layer:
    """Patterns and the directory (with a trailing separator) that they are relative to."""

    base: str
    spec: GitIgnoreSpec

    def verdict(self, path: str) -> bool | None:
        """Whether these patterns ignore ``path`` (absolute; a directory ends with a separator), or say nothing."""
        return self.spec.check_file(path[len(self.base) :]).include


#: from the outermost directory to the innermost
Layers: TypeAlias = tuple[Layer, ...]


def ignores(layers: Layers, path: str) -> bool:
    """Whether ``path`` is ignored: the innermost layer that says anything decides."""
    verdicts = (layer.verdict(path) for layer in reversed(layers))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def excluding(base: str, patterns: Sequence[str]) -> Layer:
    """The patterns of ``--exclude``; raises ``ValueError`` for one that is none."""
    return Layer(base, spec_of(patterns))


def spec_of(patterns: Sequence[str]) -> GitIgnoreSpec:
    """``patterns``, ready to be asked; raises ``ValueError`` for one that is none."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 -- most runs have no pattern

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except re.error as error:  # of a range like [z-a]
        raise ValueError(str(error)) from error


def gitignore(base: str) -> Layer:
    """The ``.gitignore`` in the directory ``base``; raises ``OSError`` when it cannot be read."""
    text = read(Path(base, GITIGNORE)).decode("utf-8", "surrogateescape")
    lines = text.removeprefix("\ufeff").splitlines()
    try:
        return Layer(base, spec_of(lines))
    except ValueError:
        return Layer(base, spec_of([line for line in lines if _is_pattern(line)]))


def above(directory: Path) -> tuple[Layer, ...]:
    """The layers of the directories above ``directory``, up to the repository's root; none outside of a repository.

    None either where they ignore the directory itself: whoever names an ignored directory wants it walked.
    """
    if (directory / ".git").exists():
        return ()
    chain: list[Path] = []
    for parent in directory.parents:
        chain.append(parent)
        if (parent / ".git").exists():
            break
    else:
        return ()
    layers = tuple(
        gitignore(with_separator(str(parent))) for parent in reversed(chain) if (parent / GITIGNORE).is_file()
    )
    return () if _swallows(layers, directory, len(chain)) else layers


def _swallows(layers: Layers, directory: Path, depth: int) -> bool:
    """Whether ``directory`` or one of the ``depth - 1`` directories above it is ignored."""
    for path in (directory, *directory.parents[: depth - 1]):
        name = with_separator(str(path))
        if ignores(tuple(layer for layer in layers if len(layer.base) < len(name)), name):
            return True
    return False


def with_separator(path: str) -> str:
    """``path`` ending in exactly one separator."""
    return path.rstrip(os.sep) + os.sep


def _is_pattern(line: str) -> bool:
    try:
        spec_of([line])
    except ValueError:
        return False
    return True
