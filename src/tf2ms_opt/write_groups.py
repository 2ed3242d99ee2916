"""Writing files that change together: all of them get their new text, or all keep the old one.

It decides nothing about contents, nor which files belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tf2ms_opt.unfinished import Replacement, noted
from tf2ms_opt.walk import Found
from tf2ms_opt.write import alone, beside, is_done, put, remove, replace, replaceable


@dataclass(frozen=True, slots=True)
class Change:
    """A file, the bytes that were read and those to write, which may be the same."""

    file: Found
    before: bytes
    after: bytes


class TogetherError(Exception):
    """``change`` could not be written, for the reason ``error``; ``stuck`` are those that could not be put back."""

    def __init__(self, change: Change, error: OSError, stuck: Sequence[Change] = ()) -> None:
        super().__init__(change.file.path, error)
        self.change = change
        self.error = error
        self.stuck = tuple(stuck)


#: stores the results of files that change together
StoreAll = Callable[[Sequence[Change]], None]


def one_by_one(store: Callable[[Found, bytes, bytes], None], changes: Sequence[Change]) -> None:
    """Store each by ``store``, and where one fails put back those before it.  Raises ``TogetherError``."""
    done: list[Change] = []
    for one in changes:
        try:
            store(one.file, one.before, one.after)
        except OSError as error:
            stuck = [each for each in reversed(done) if not _is_stored(store, each)]
            raise TogetherError(one, error, stuck) from error
        done.append(one)


def _is_stored(store: Callable[[Found, bytes, bytes], None], change: Change) -> bool:
    """Whether what was there before the change could be stored again."""
    try:
        store(change.file, change.after, change.before)
    except OSError:
        return False
    return True


def replace_all(changes: Sequence[Change]) -> None:
    """Replace the files in place, in this order.  Raises ``TogetherError``.

    All new texts are on the disk, and all files are looked at under the locks of their directories, before the first
    one is replaced.  What fails behind that is undone under the same locks.
    """
    wanted = [one for one in changes if one.after != one.before]
    if len(wanted) < 2:  # noqa: PLR2004 -- nothing that it would have to agree with
        for one in wanted:
            with _about(one):
                replace(Path(one.file.real), one.after, was=one.before)
        return
    with ExitStack() as texts, ExitStack() as held:
        every = [_staged(one, texts) for one in wanted]
        directories = {replacement.target.parent: one for one, replacement in zip(wanted, every, strict=True)}
        for directory in sorted(directories):  # two runs take them in the same order
            with _about(directories[directory]):
                held.enter_context(alone(directory))
        for one, replacement in zip(wanted, every, strict=True):
            with _about(one):
                is_done(replacement.target, replacement.after, replacement.before)
        with _about(wanted[0]):
            note = held.enter_context(noted(every))
        _put_all(wanted, every, note, texts)


@contextmanager
def _about(change: Change) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TogetherError(change, error) from error


def _staged(change: Change, texts: ExitStack) -> Replacement:
    """The new text beside the file; ``texts`` takes it away."""
    with _about(change):
        target, status = replaceable(Path(change.file.real))
        temporary = beside(target, change.after, status)
    texts.callback(remove, temporary)
    return Replacement(target, temporary, change.before, change.after)


def _put_all(changes: Sequence[Change], every: Sequence[Replacement], note: Path, texts: ExitStack) -> None:
    """Let the new texts take their places; where that fails, the old ones are put back.

    What cannot be put back is left for the next run to finish: the ``note`` stays, and the ``texts`` with it.
    """
    begun: list[tuple[Change, Replacement]] = []
    try:
        for one, replacement in zip(changes, every, strict=True):
            begun.append((one, replacement))
            with _about(one):
                put(replacement.temporary, replacement.target, replacement.after, replacement.before)
    except BaseException as error:
        failed = error.change if isinstance(error, TogetherError) else None
        stuck = [one for one, replacement in reversed(begun) if one is not failed and not _is_put_back(replacement)]
        if stuck:
            texts.pop_all()
        else:
            remove(note)
        if isinstance(error, TogetherError):
            raise TogetherError(error.change, error.error, stuck) from error
        raise
    remove(note)


def _is_put_back(replacement: Replacement) -> bool:
    """Whether the file has its old text again; what somebody else has written in the meantime stays."""
    target, before = replacement.target, replacement.before
    temporary = None
    try:
        if target.read_bytes() != before:
            temporary = beside(target, before, target.stat())
            put(temporary, target, before, replacement.after)
    except OSError:
        if temporary is not None:
            remove(temporary)
        return False
    return True
