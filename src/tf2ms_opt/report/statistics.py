"""How often each finding and each rule was met in a run: counted outcome by outcome, for text, JSON and the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tf2ms_opt.diagnostics import Entry
from tf2ms_opt.language import ENGLISH, Lexicon
from tf2ms_opt.outcomes import Outcome, SiteOutcome
from tf2ms_opt.report.wrapped import columns, padded

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

    def codes(self, lexicon: Lexicon = ENGLISH) -> tuple[CodeCount, ...]:
        """The findings that were met, in the order of their codes."""
        return tuple(
            CodeCount(name, entry, self._codes[name], self._files[name])
            for name, entry in lexicon.entries.items() if self._codes[name]
        )  # fmt: skip

    def rules(self) -> tuple[RuleCount, ...]:
        """The rules of the sites, by name."""
        return tuple(
            RuleCount(rule, *(self._sites[rule, outcome] for outcome in SiteOutcome))
            for rule in sorted({rule for rule, _ in self._sites})
        )


def lines(tally: Tally, lexicon: Lexicon = ENGLISH) -> Iterator[str]:
    """The two tables for people; a table without rows is left out."""
    say, codes, rules = lexicon.say, tally.codes(lexicon), tally.rules()
    if codes:
        yield ""
        yield say("findings by code:")
        width = max(len(str(one.count)) for one in codes)
        for one in codes:
            lead = f"  {one.count:>{width}}  {one.entry.code} {one.name}"
            yield lead + say(
                " ({files} files): {title}" if one.files > 1 else " ({files} file): {title}",
                files=one.files, title=one.entry.title,
            )  # fmt: skip
    if rules:
        yield ""
        yield say("sites by rule:")
        width, name = max(len(str(row.sites)) for row in rules), max(columns(lexicon.words(row.rule)) for row in rules)
        for row in rules:
            outcomes = say(
                "{converted} converted, {review} to review, {left} left",
                converted=row.converted, review=row.review, left=row.left,
            )  # fmt: skip
            yield f"  {row.sites:>{width}}  {padded(lexicon.words(row.rule), name)}  {outcomes}"


def data(tally: Tally, lexicon: Lexicon = ENGLISH) -> dict[str, Any]:
    """The same as plain values for JSON."""
    return {
        "codes": [
            {
                "code": row.entry.code, "name": row.name, "severity": row.entry.severity.value,
                "title": row.entry.title, "count": row.count, "files": row.files,
            }
            for row in tally.codes(lexicon)
        ],
        "rules": [
            {
                "rule": None if row.rule == NO_RULE else row.rule, "sites": row.sites,
                "converted": row.converted, "review": row.review, "left": row.left,
            }
            for row in tally.rules()
        ],
    }  # fmt: skip
