"""What a run notes down while it replaces files that change together, so that a later run can finish it.

The note stands beside the first of the files, and the new texts stand beside the files.  It is there for the moment in
which some files are new and others old, and is left behind only by a run that was killed in it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tf2ms_opt import regular
from tf2ms_opt.options import InputError
from tf2ms_opt.walk import NOTE
from tf2ms_opt.write import alone, beside, is_taken, remove

_TEMPORARY = re.compile(r"\.tf2ms-[0-9a-f]{16}")


class UnfinishedError(InputError):
    """Files that change together are half written; the text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A file, and another one beside it with its new text."""

    target: Path
    temporary: Path
    before: bytes
    after: bytes


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: its path from the note, the digests of its texts, and the name of the file with the new one."""

    path: str
    before: str
    after: str
    text: str


class _Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    files: tuple[_Entry, ...]


@contextmanager
def noted(replacements: Sequence[Replacement]) -> Iterator[Path]:
    """Hold a note of ``replacements``; who is done with them, one way or the other, removes it."""
    place = replacements[0].target.parent
    note = place / f"{NOTE}{secrets.token_hex(8)}"
    entries = tuple(
        _Entry(_path(one.target, place), _digest(one.before), _digest(one.after), one.temporary.name)
        for one in replacements
    )
    temporary = beside(note, msgspec.json.encode(_Note(entries)), None)
    try:
        with _locked(temporary):  # from here on, until this run is done or its process ends
            temporary.replace(note)
            yield note
    finally:
        remove(temporary)


@contextmanager
def _locked(note: Path) -> Iterator[bool]:
    """Whether no other run is at it, and none will be: the lock is the system's and goes with the process."""
    if sys.platform == "win32":  # without such locks; and a file that is open can be neither moved nor removed
        yield True
        return
    descriptor = os.open(note, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield not is_taken(descriptor)
    finally:
        os.close(descriptor)


def finish(notes: Collection[Path], files: Collection[str], *, dry: bool) -> list[Path]:
    """Finish what runs that were killed have noted down; the files that got their new text by it.

    Only files among ``files``, by their real paths, are touched, and with ``dry`` none is.  Raises ``UnfinishedError``
    where some of the files that change together are new and others cannot be, and nothing is written there then.
    """
    known = frozenset(files)
    return [file for note in sorted(notes) for file in _finished(note, known, dry=dry)]


def _finished(note: Path, known: frozenset[str], *, dry: bool) -> list[Path]:
    try:
        with _locked(note) as free:
            if not free:
                return []  # the run is still at it
            entries = _read(note).files
            targets = [Path(os.path.normpath(note.parent / one.path)) for one in entries]
            if not known.issuperset(map(str, targets)):
                raise UnfinishedError(
                    f"{_said(targets)}. Give the paths of that run, so that all of these are among them, and run again"
                )
            with ExitStack() as held:
                for directory in sorted({one.parent for one in targets}):
                    held.enter_context(alone(directory))
                return _settle(note, list(zip(entries, targets, strict=True)), dry=dry)
    except FileNotFoundError:
        return []  # the other run has just finished
    except (OSError, msgspec.DecodeError) as error:
        why = error.strerror or error if isinstance(error, OSError) else error
        raise UnfinishedError(
            f"{note.as_posix()} was left by a run that was killed, and cannot be used: {why}. Files that change "
            "together may be half written: compare them with your version control, delete that file, and run again"
        ) from error


def _settle(note: Path, noted_down: Sequence[tuple[_Entry, Path]], *, dry: bool) -> list[Path]:
    """Put the files that are still old in their new state, if others are new."""
    files = [target for _, target in noted_down]
    new = [target for one, target in noted_down if _holds(target, one.after)]
    old = [(one, target) for one, target in noted_down if _holds(target, one.before) and target not in new]
    changed = [target for target in files if target not in (*new, *(one for _, one in old))]
    done: list[Path] = []
    if changed or (new and old):
        if changed:
            raise UnfinishedError(_half_written(note, files, f"Since then {_shown(changed)} was changed"))
        if dry:
            raise UnfinishedError(f"{_said(files)}. Run `convert` on the same paths to finish it")
        if not all(_is_text(target.with_name(one.text), one.after) for one, target in old):
            raise UnfinishedError(_half_written(note, files, "The new texts that it had put beside them are gone"))
        for one, target in old:
            target.with_name(one.text).replace(target)
            done.append(target)
    if not dry:
        for one, target in noted_down:
            if _is_text(target.with_name(one.text), one.after):
                remove(target.with_name(one.text))
        remove(note)
    return done


def _said(files: Sequence[Path]) -> str:
    return f"a run was killed while it wrote files that change together ({_shown(files)})"


def _half_written(note: Path, files: Sequence[Path], why: str) -> str:
    return (
        f"{_said(files)}. {why}. Put all of them back with your version control, or see that they agree; "
        f"then delete {_shown([note])}, and run again"
    )


def _shown(files: Sequence[Path]) -> str:
    return ", ".join(_path(one, Path.cwd()) for one in files)


def _read(note: Path) -> _Note:
    found = msgspec.json.decode(regular.read(note), type=_Note)
    if not all(_TEMPORARY.fullmatch(one.text) for one in found.files):
        raise msgspec.DecodeError("it names a file that no run of ours has made")
    return found


def _path(target: Path, place: Path) -> str:
    """From the note, so that a project may be moved; in whole where another drive is in between."""
    with suppress(ValueError):
        return Path(os.path.relpath(target, place)).as_posix()
    return target.as_posix()


def _holds(file: Path, digest: str) -> bool:
    try:
        return _digest(regular.read(file)) == digest
    except OSError:
        return False


def _is_text(file: Path, digest: str) -> bool:
    """Whether it is the new text, and no link to what has it."""
    try:
        return stat.S_ISREG(file.lstat().st_mode) and _holds(file, digest)
    except OSError:
        return False


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
