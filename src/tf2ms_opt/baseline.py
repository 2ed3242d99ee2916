"""A baseline: the sites and findings that a team knows of, so that a run speaks and fails only for what is new.

It reads and writes that one file; what counts as the same is for ``fingerprints``.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from tf2ms_opt import regular
from tf2ms_opt.diagnostics import Finding, Severity
from tf2ms_opt.fingerprints import marks
from tf2ms_opt.options import InputError
from tf2ms_opt.outcomes import Outcome, Site, SiteOutcome
from tf2ms_opt.write import publish

SCHEMA = 1


class BaselineError(InputError):
    """A baseline that cannot be read or written; the text names the file."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """What was known of one line of a file, and how often.

    ``path`` is relative to the baseline's own folder; ``code`` is a finding's, or ``converted``, ``review`` or ``left``
    for a site.
    """

    path: str
    code: str
    fingerprint: str
    count: int = 1


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    schema: Literal[1]
    entries: tuple[Entry, ...]


@dataclass(slots=True)
class Comparison:
    """The outcomes of a run against a baseline, one by one."""

    file: Path
    _remaining: Counter[tuple[str, str, str]]
    #: files whose entries can be judged, and files that failed, whose entries cannot
    _judged: set[str] = field(default_factory=set)
    _failed: set[str] = field(default_factory=set)
    known: int = 0
    new: int = 0
    #: whether something new is left for a person, and whether something new would be changed or reviewed
    new_left: bool = False
    new_work: bool = False

    def fresh(self, outcome: Outcome) -> Outcome:
        """``outcome`` without what is known; a file that failed stays as it is, every time."""
        path = _relative(outcome.path, self.file)
        if outcome.failed:
            self._failed.add(path)
            return outcome
        self._judged.add(path)
        sites: list[Site] = []
        findings: list[Finding] = []
        for mark in marks(outcome):
            key = (path, mark.code, mark.fingerprint)
            if self._remaining[key]:
                self._remaining[key] -= 1
                self.known += 1
            elif isinstance(mark.subject, Site):
                sites.append(mark.subject)
            else:
                findings.append(mark.subject)
        self.new += len(sites) + len(findings)
        self.new_left |= any(site.outcome is SiteOutcome.LEFT for site in sites)
        self.new_left |= any(finding.severity is Severity.LEFT for finding in findings)
        # a note on what was known already, of a newer release for example, is no work
        self.new_work |= bool(sites) or any(finding.severity is not Severity.INFO for finding in findings)
        return replace(outcome, sites=tuple(sites), findings=tuple(findings))

    def stale(self) -> tuple[Entry, ...]:
        """The entries that no longer occur: of files that were read, and of files that are gone."""
        return tuple(sorted(self._stale()))

    def _stale(self) -> Iterator[Entry]:
        for (path, code, fingerprint), count in self._remaining.items():
            gone = path not in self._failed and not (self.file.parent / path).exists()
            if count and (path in self._judged or gone):
                yield Entry(path, code, fingerprint, count)


@dataclass(slots=True)
class Record:
    """Takes the outcomes of a run for a new baseline."""

    file: Path
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def take(self, outcome: Outcome) -> None:
        if not outcome.failed:
            path = _relative(outcome.path, self.file)
            self._counts.update((path, mark.code, mark.fingerprint) for mark in marks(outcome))

    def write(self) -> str:
        """Write the file; what was written, in words.  Raises ``BaselineError``."""
        entries = sorted(Entry(*key, count) for key, count in self._counts.items())
        # an entry a line, so that a change of the file can be read; ASCII, so that a name of any bytes survives
        lines = ",\n".join(f"  {json.dumps(msgspec.to_builtins(entry))}" for entry in entries)
        text = f'{{"schema": {SCHEMA}, "entries": [\n{lines}\n]}}\n'
        try:
            publish(self.file, text.encode("ascii"))
        except OSError as error:
            raise BaselineError(f"{self.file}: cannot be written: {error.strerror or error}") from error
        files = len({entry.path for entry in entries})
        return f"written ({sum(self._counts.values())} sites and findings in {files} files)"


def load(file: Path) -> Comparison:
    """What ``file`` knows, ready to be compared.  Raises ``BaselineError``."""
    try:
        document = msgspec.convert(json.loads(regular.read(file)), Document)
    except FileNotFoundError as error:
        advice = f"make it with: tf2ms-opt check PATH... --write-baseline {file}"
        raise BaselineError(f"{file}: no such file; {advice}") from error
    except OSError as error:
        raise BaselineError(f"{file}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{file}: not a baseline: {error}") from error
    return Comparison(file, Counter({(one.path, one.code, one.fingerprint): one.count for one in document.entries}))


def _relative(path: str, file: Path) -> str:
    """``path`` as the baseline names it, so that it does not matter where a run is started."""
    absolute = os.path.abspath(path)  # noqa: PTH100 -- the name it goes by, not what it links to
    try:
        return Path(os.path.relpath(absolute, os.path.abspath(file.parent))).as_posix()  # noqa: PTH100
    except ValueError:  # on another drive
        return Path(absolute).as_posix()
