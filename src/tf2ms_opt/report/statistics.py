"""How often each finding and each rule was met in a run: counted outcome by outcome, for text, JSON and the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tf2ms_opt.diagnostics import Entry, catalogue
from tf2ms_opt.outcomes import Outcome, SiteOutcome

#: sites that no rule converts
NO_RULE = "(no rule)"


@dataclass(frozen=True, slots=True)
class CodeCount:
    """How often one finding was met, and in how many files."""

    name: str
    entry: Entry
    count: int
    files: int


@dataclass(frozen=True, slots=True)
class RuleCount:
    """The sites of one rule by what became of them."""

    rule: str
    converted: int
    review: int
    left: int

    @property
    def sites(self) -> int:
        return self.converted + self.review + self.left


@dataclass(slots=True)
class Tally:
    """Takes the outcomes of a run one by one; nothing of them is kept but numbers."""

    _codes: Counter[str] = field(default_factory=Counter)
    _files: Counter[str] = field(default_factory=Counter)
    _sites: Counter[tuple[str, SiteOutcome]] = field(default_factory=Counter)

    def take(self, outcome: Outcome) -> None:
        names = [finding.name for finding in outcome.findings]
        self._codes.update(names)
        self._files.update(set(names))
        self._sites.update((site.rule or NO_RULE, site.outcome) for site in outcome.sites)

    def codes(self) -> tuple[CodeCount, ...]:
        """The findings that were met, in the order of their codes."""
        return tuple(
            CodeCount(name, entry, self._codes[name], self._files[name])
            for name, entry in catalogue().items() if self._codes[name]
        )  # fmt: skip

    def rules(self) -> tuple[RuleCount, ...]:
        """The rules of the sites, by name."""
        return tuple(
            RuleCount(rule, *(self._sites[rule, outcome] for outcome in SiteOutcome))
            for rule in sorted({rule for rule, _ in self._sites})
        )


def lines(tally: Tally) -> Iterator[str]:
    """The two tables for people; a table without rows is left out."""
    codes, rules = tally.codes(), tally.rules()
    if codes:
        yield ""
        yield "findings by code:"
        width = max(len(str(one.count)) for one in codes)
        for one in codes:
            files = f"{one.files} file{'s' if one.files > 1 else ''}"
            yield f"  {one.count:>{width}}  {one.entry.code} {one.name} ({files}): {one.entry.title}"
    if rules:
        yield ""
        yield "sites by rule:"
        width, name = max(len(str(row.sites)) for row in rules), max(len(row.rule) for row in rules)
        for row in rules:
            outcomes = f"{row.converted} converted, {row.review} to review, {row.left} left"
            yield f"  {row.sites:>{width}}  {row.rule:<{name}}  {outcomes}"


def data(tally: Tally) -> dict[str, Any]:
    """The same as plain values for JSON."""
    return {
        "codes": [
            {
                "code": row.entry.code, "name": row.name, "severity": row.entry.severity.value,
                "title": row.entry.title, "count": row.count, "files": row.files,
            }
            for row in tally.codes()
        ],
        "rules": [
            {
                "rule": None if row.rule == NO_RULE else row.rule, "sites": row.sites,
                "converted": row.converted, "review": row.review, "left": row.left,
            }
            for row in tally.rules()
        ],
    }  # fmt: skip
