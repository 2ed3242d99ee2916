"""Writing results: in place, so that a file is either the old one or the new one whole, or into a tree of their own.

It decides nothing about contents: bytes in, bytes out.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EAGAIN, EBUSY, EINVAL
from pathlib import Path

from tf2ms_opt.walk import Found

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_PAUSE = 0.1  # seconds
_PATIENCE = 100  # pauses until a run gives up on another one that writes in the same directory


class OutputCollisionError(Exception):
    """Results that would overwrite each other, or a file that was given."""


class ChangedError(OSError):
    """A file that is not what was read: somebody else has written it in the meantime."""

    def __init__(self, file: Path) -> None:
        super().__init__(EBUSY, "changed by somebody else", str(file))


def replace(file: Path, data: bytes, was: bytes | None = None) -> None:
    """Put ``data`` in the place of ``file``, or of what it links to; raises ``OSError`` and leaves it as it was.

    ``was`` is what ``file`` has to be for it: raises ``ChangedError`` for anything else, but for ``data`` itself.
    """
    target, status = replaceable(file)
    with alone(target.parent):
        _write(target, data, status, was=was)


def replaceable(file: Path) -> tuple[Path, os.stat_result]:
    """What ``file`` links to, and its status; raises ``OSError`` for what may not be replaced."""
    target = Path(os.path.realpath(file))
    status = target.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(EINVAL, "not a regular file", str(file))
    if not os.access(target, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        # renaming over a read-only file would succeed, against the wish of who made it read-only
        raise PermissionError(EACCES, os.strerror(EACCES), str(file))
    return target, status


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


def supply(file: Path, data: bytes, like: Path, was: bytes | None) -> None:
    """Put ``data`` in the place of ``file``, which ``was`` this, or was not there.

    A new file gets the mode of ``like``, but is not to be executed.  Raises ``ChangedError`` as ``replace`` does.
    """
    if was is not None:
        replace(file, data, was)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with alone(file.parent):
        if os.path.lexists(file):
            raise ChangedError(file)
        _write(file, data, like.stat(), stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def publish(file: Path, data: bytes) -> None:
    """Write a product of ours to ``file``, new or in the place of an earlier one; raises ``OSError``."""
    if file.exists():
        replace(file, data)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(file, data, None)


def _write(
    target: Path, data: bytes, status: os.stat_result | None, without: int = 0, *, was: bytes | None = None
) -> None:
    """Write ``data`` beside ``target`` and put it there, as one step; with the owner and mode of ``status``, if any."""
    temporary = beside(target, data, status, without)
    try:
        put(temporary, target, data, was)
    except BaseException:
        remove(temporary)
        raise


def beside(target: Path, data: bytes, status: os.stat_result | None, without: int = 0) -> Path:
    """A new file in the directory of ``target`` that holds ``data``; raises ``OSError`` and leaves none."""
    temporary = target.with_name(f".tf2ms-{secrets.token_hex(8)}")
    # nobody else may look into the copy of a private file before it has that file's mode
    descriptor = os.open(temporary, _NEW, 0o666 if status is None else 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)  # else a crash of the machine could leave the name of the file without its text
        if status is not None:
            _own(temporary, status)
            temporary.chmod(stat.S_IMODE(status.st_mode) & ~without)
    except BaseException:
        remove(temporary)
        raise
    return temporary


def put(temporary: Path, target: Path, data: bytes, was: bytes | None) -> None:
    """Let ``temporary``, which holds ``data``, take the place of ``target``, if that is what it ``was``."""
    if was is not None and is_done(target, data, was):
        remove(temporary)
    else:
        temporary.replace(target)


def is_done(target: Path, data: bytes, was: bytes) -> bool:
    """Whether another run has written ``data`` already; raises ``ChangedError`` where something else was written."""
    now = target.read_bytes()
    if now not in (was, data):
        raise ChangedError(target)
    return now == data


def remove(temporary: Path) -> None:
    """Take a file of ours away, as far as that is possible: what is said is why another was not written."""
    with suppress(OSError):
        temporary.unlink()


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Hold ``directory`` for one write: between a last look at a file and its replacement no other run comes in.

    The lock is the system's and goes with the process.  Where there is none (Windows, some network file systems, a
    directory that may not be read), only the last look protects.
    """
    descriptor = None
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
    try:
        if descriptor is not None:
            _wait(descriptor, directory)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _wait(descriptor: int, directory: Path) -> None:
    """Until no other run writes there; not for ever, for it may have been stopped in the middle."""
    for _ in range(_PATIENCE):
        if not is_taken(descriptor):
            return
        time.sleep(_PAUSE)
    raise OSError(EAGAIN, "another run is writing in the same directory", str(directory))


def is_taken(descriptor: int) -> bool:
    """Whether another run has locked what is open there; if not, this one has until it is closed."""
    if sys.platform == "win32":
        return False
    import fcntl  # noqa: PLC0415 -- not on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no such locks here
        return False
    return False


def _own(temporary: Path, status: os.stat_result) -> None:
    """Hand the file to its owner where that is permitted; Windows has no such call."""
    mine = temporary.stat()
    if hasattr(os, "chown") and (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        with suppress(OSError):
            os.chown(temporary, status.st_uid, status.st_gid)
