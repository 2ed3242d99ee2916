"""Names for sites and findings that stay the same while lines move: what a baseline and SARIF go by.

A fingerprint is made of the code and of the text of the line, so it survives edits elsewhere in the file, another
indentation and a new release's wording; it does not survive an edit of that line, which is then looked at again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

from tf2ms_opt.diagnostics import Finding
from tf2ms_opt.notebooks.shown import shown
from tf2ms_opt.outcomes import Outcome, Site
from tf2ms_opt.source import SourceText, UndecodableError


@dataclass(frozen=True, slots=True)
class Mark:
    """A site or finding by what it is: a finding's code, or what became of the site, and the text of its line.

    ``ordinal`` counts, from 1 and down the file, those that are the same in both.
    """

    subject: Site | Finding
    code: str
    fingerprint: str
    ordinal: int


def marks(outcome: Outcome) -> tuple[Mark, ...]:
    """A mark for every site and every finding of a file."""
    text_of_file = shown(outcome.before, outcome.path)
    lines = _lines(text_of_file.data)
    counts: Counter[tuple[str, str]] = Counter()
    found: list[Mark] = []
    subjects: list[Site | Finding] = [*outcome.sites, *outcome.findings]
    for subject in subjects:
        code = subject.code if isinstance(subject, Finding) else subject.outcome.value
        line = text_of_file.line(subject.line, subject.cell)
        text = lines[line - 1] if line <= len(lines) else ""
        fingerprint = hashlib.sha256("\n".join((code, " ".join(text.split()))).encode()).hexdigest()[:16]
        counts[code, fingerprint] += 1
        found.append(Mark(subject, code, fingerprint, counts[code, fingerprint]))
    return tuple(found)


def _lines(data: bytes) -> list[str]:
    try:
        return SourceText.of(data).text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except UndecodableError:
        return []
