"""What the page says of each file: its sites and other findings, each with its place in the change and its measurement.

Plain values for the template; no markup is made here, and the file's bytes are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from tf2ms_opt.diagnostics import Finding, Severity
from tf2ms_opt.notebooks.shown import shown
from tf2ms_opt.outcomes import Outcome, Site, SiteOutcome
from tf2ms_opt.report.curves import Measurement, measurement
from tf2ms_opt.report.hunks import Hunk, Line, around, hunks
from tf2ms_opt.report.places import position
from tf2ms_opt.rules import Rule


class Need(str, Enum):
    """What a file needs of a person, most urgent first."""

    FAILED = "failed"
    LEFT = "left"
    REVIEW = "review"
    CONVERTED = "converted"
    NOTED = "noted"


#: what a finding that belongs to no site counts as
_OUTCOMES = {
    Severity.INFO: "converted",
    Severity.REVIEW: "review",
    Severity.LEFT: "left",
    Severity.ERROR: "failed",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A site, or a place with findings that belong to no site."""

    key: str
    place: str
    outcome: str
    site: Site | None
    findings: tuple[Finding, ...]
    #: the change around it, or the key of the item that shows the same one
    hunk: Hunk | None
    shown_by: str | None
    #: of what stays: the lines around it
    lines: tuple[Line, ...]
    measured: Measurement | None


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file with something to say."""

    key: str
    path: str
    need: Need
    generation: str | None
    generation_from: str | None
    items: tuple[Item, ...]
    #: changes at which no item stands: imports, for example
    rest: tuple[Hunk, ...]

    def count(self, outcome: str) -> int:
        return sum(item.outcome == outcome for item in self.items)

    @property
    def urgent(self) -> tuple[str, ...]:
        """The codes of what a person has to look at."""
        asked = (Severity.REVIEW, Severity.LEFT, Severity.ERROR)
        return tuple(sorted({one.code for item in self.items for one in item.findings if one.severity in asked}))


def entry(outcome: Outcome, number: int, rules: Mapping[str, Rule]) -> FileEntry:
    """What the page says of ``outcome``, the file ``number`` of the run."""
    text = shown(outcome.before, outcome.path)
    change = hunks(text.data, shown(outcome.after, outcome.path).data) if outcome.changed else ()
    key = f"f{number}"
    places = [(f"{key}-{count}", *place) for count, place in enumerate(_places(outcome), 1)]
    shown_at: dict[Hunk, str] = {}
    for name, site, line, findings in sorted(places, key=lambda place: place[1] is None):  # the sites first
        cell = site.cell if site is not None else findings[0].cell
        if (hunk := _at(change, text.line(line, cell))) is not None:
            shown_at.setdefault(hunk, name)
    items: list[Item] = []
    for name, site, line, findings in places:
        first = site.column if site is not None else findings[0].column
        cell = site.cell if site is not None else findings[0].cell
        hunk = _at(change, text.line(line, cell))
        by = shown_at[hunk] if hunk is not None else name
        items.append(
            Item(
                key=name,
                place=position(line, first, cell),
                outcome=_outcome(site, findings),
                site=site,
                findings=findings,
                hunk=hunk if by == name else None,
                shown_by=by if by != name else None,
                lines=() if hunk is not None else around(text.data, text.line(line, cell)),
                measured=_measured(site, rules),
            )
        )
    rest = tuple(one for one in change if one not in shown_at)
    return FileEntry(key, outcome.path, _need(outcome), outcome.generation, outcome.generation_from, tuple(items), rest)


def measurements(entries: Iterable[FileEntry]) -> tuple[Measurement, ...]:
    """Every measurement that some site rests on, once."""
    found = {item.measured.key: item.measured for one in entries for item in one.items if item.measured is not None}
    return tuple(found[key] for key in sorted(found, key=lambda key: (found[key].rule, int(key.rpartition("-")[2]))))


def _at(change: Sequence[Hunk], line: int) -> Hunk | None:
    return next((hunk for hunk in change if hunk.holds(line)), None)


def _measured(site: Site | None, rules: Mapping[str, Rule]) -> Measurement | None:
    rule = rules.get(site.rule) if site is not None and site.rule is not None else None
    return measurement(site, rule) if site is not None and rule is not None else None


def _places(outcome: Outcome) -> list[tuple[Site | None, int, tuple[Finding, ...]]]:
    """The sites with the findings at their places, and the other places with findings, from top to bottom."""
    by_place: dict[tuple[int, int, int], list[Finding]] = {}
    for finding in outcome.findings:
        by_place.setdefault((finding.cell or 0, finding.line, finding.column), []).append(finding)
    found: list[tuple[tuple[int, int, int], Site | None, Sequence[Finding]]] = []
    for site in outcome.sites:
        place = (site.cell or 0, site.line, site.column)
        found.append((place, site, by_place.pop(place, [])))
    found += [(place, None, findings) for place, findings in by_place.items()]
    return [(site, place[1], tuple(findings)) for place, site, findings in sorted(found, key=lambda one: one[0])]


def _outcome(site: Site | None, findings: Sequence[Finding]) -> str:
    if site is not None:
        return site.outcome.value
    return _OUTCOMES[max((one.severity for one in findings), key=[*_OUTCOMES].index)]


def _need(outcome: Outcome) -> Need:
    if outcome.failed:
        return Need.FAILED
    if outcome.needs_a_hand:
        return Need.LEFT
    asked = any(site.outcome is SiteOutcome.REVIEW for site in outcome.sites)
    if asked or any(finding.severity is Severity.REVIEW for finding in outcome.findings):
        return Need.REVIEW
    return Need.CONVERTED if outcome.changed else Need.NOTED
