"""What becomes of files that change together, once each of them is converted: all are written, or none is.

How they are written is for others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tf2ms_opt.diagnostics import finding
from tf2ms_opt.outcomes import FileStatus, Outcome
from tf2ms_opt.walk import Found
from tf2ms_opt.write_groups import Change, StoreAll, TogetherError

#: a file, its outcome, and its bytes; None for one that could not be read
Converted = tuple[Found, Outcome, "bytes | None"]


def stored_together(
    found: Sequence[Converted], store_all: StoreAll, unwritten: Callable[[str, OSError], Outcome]
) -> tuple[list[Outcome], bool]:
    """The outcomes of files that change together, and whether they were stored."""
    outcomes = [outcome for _, outcome, _ in found]
    failed = next((one for one in outcomes if one.failed), None)
    if failed is not None:
        return [_kept_back(one, failed.path) for one in outcomes], False
    changes = [Change(file, data or b"", one.after if one.changed else data or b"") for file, one, data in found]
    try:
        store_all(changes)
    except TogetherError as error:
        culprit = error.change.file.path
        known = {culprit: unwritten(culprit, error.error)}
        stuck = [one.file.path for one in error.stuck]
        return [_half_written(known.get(one.path, one), culprit, stuck) for one in outcomes], True
    return outcomes, True


def _kept_back(outcome: Outcome, culprit: str) -> Outcome:
    """``outcome`` of a file that is not written for what became of another one."""
    if outcome.failed:
        return outcome
    return _with(outcome, "group-not-written", path=culprit)


def _half_written(outcome: Outcome, culprit: str, stuck: Sequence[str]) -> Outcome:
    """``outcome`` after the writing of all has failed; ``stuck`` are files that could not be put back."""
    if not stuck:
        return _kept_back(outcome, culprit)
    return _with(outcome, "group-not-written/half", path=culprit, written=", ".join(stuck))


def _with(outcome: Outcome, key: str, **details: str) -> Outcome:
    before = outcome.before
    own = outcome.findings if outcome.failed else ()
    return Outcome(outcome.path, FileStatus.FAILED, before, before, findings=(*own, finding(key, 1, 1, **details)))


def as_tried(outcome: Outcome, data: bytes | None, tried: Mapping[str, set[bytes]]) -> Outcome:
    """``outcome``, if the file is what it was when it was found out what other files say to it; else it fails."""
    if data is None or outcome.failed or tried.get(outcome.path, set()) <= {digest(data)}:
        return outcome
    changed = finding("unreadable-file/changed", 1, 1)
    return replace(outcome, status=FileStatus.FAILED, after=outcome.before, sites=(), findings=(changed,))


def digest(data: bytes) -> bytes:
    """What is remembered of a text."""
    from hashlib import blake2b  # noqa: PLC0415 -- for the runs that have such files

    return blake2b(data, digest_size=16).digest()
