"""Writing results: in place, so that a file is either the old one or the new one whole, or into a tree of their own.

It decides nothing about contents: bytes in, bytes out.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from errno import EACCES
from pathlib import Path

from tf2ms_opt.walk import Found


class OutputCollisionError(Exception):
    """Results that would overwrite each other, or a file that was given."""


def replace(file: Path, data: bytes) -> None:
    """Put ``data`` in the place of ``file``, or of what it links to; raises ``OSError`` and leaves it as it was."""
    target = Path(os.path.realpath(file))
    status = target.stat()
    if not os.access(target, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        # renaming over a read-only file would succeed, against the wish of who made it read-only
        raise PermissionError(EACCES, os.strerror(EACCES), str(file))
    _write(target, data, status)


def destinations(files: Iterable[Found], output_dir: Path) -> dict[str, Path]:
    """Where each file (by its ``path``) goes below ``output_dir``: the tree of the given directories, mirrored.

    Raises ``OutputCollisionError`` before anything is written.
    """
    listed = tuple(files)
    originals = {file.real: file.path for file in listed}
    taken: dict[Path, str] = {}
    for file in listed:
        place = output_dir / file.relative
        if place in taken:
            raise OutputCollisionError(f"{taken[place]} and {file.path} would both be written to {place}")
        if (original := originals.get(os.path.realpath(place))) is not None:
            raise OutputCollisionError(f"{file.path} would be written over {original}, which is one of the sources")
        taken[place] = file.path
    return {path: place for place, path in taken.items()}


def create(file: Path, data: bytes, like: Path) -> None:
    """Write ``data`` to ``file`` with the mode of ``like``, making the directories above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(file, data, like.stat())


def supply(file: Path, data: bytes, like: Path) -> None:
    """Put ``data`` in the place of ``file``; a new one gets the mode of ``like``, but is not to be executed."""
    if file.exists():
        replace(file, data)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(file, data, like.stat(), stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def publish(file: Path, data: bytes) -> None:
    """Write a product of ours to ``file``, new or in the place of an earlier one; raises ``OSError``."""
    if file.exists():
        replace(file, data)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def _write(target: Path, data: bytes, status: os.stat_result, without: int = 0) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".tf2ms-", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        _own(temporary, status)
        temporary.chmod(stat.S_IMODE(status.st_mode) & ~without)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _own(temporary: Path, status: os.stat_result) -> None:
    """Hand the file to its owner where that is permitted; Windows has no such call."""
    mine = temporary.stat()
    if hasattr(os, "chown") and (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        with suppress(OSError):
            os.chown(temporary, status.st_uid, status.st_gid)
