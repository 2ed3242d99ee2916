"""The report for people: each file with something to say, its sites and findings, and the totals of the run.

Paths and source text are printed as they are, never as rich's markup; the console is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tf2ms_opt.diagnostics import Finding, Severity
from tf2ms_opt.language import ENGLISH, Lexicon
from tf2ms_opt.outcomes import Outcome, Site, SiteOutcome, Summary
from tf2ms_opt.report.places import named, position, printable
from tf2ms_opt.report.wrapped import columns, padded, print_wrapped

if TYPE_CHECKING:
    from rich.console import Console

    from tf2ms_opt.baseline import Comparison
    from tf2ms_opt.runtime_files import RuntimeFile

_STYLES = {"converted": "green", "info": "cyan", "review": "yellow", "left": "magenta", "error": "red", "failed": "red"}
#: entries of a baseline that are listed
_MOST_STALE = 20
#: findings of these severities are printed with --quiet
_URGENT = (Severity.LEFT, Severity.ERROR)


@dataclass(frozen=True, slots=True)
class View:
    """How much is said.

    ``dry`` when nothing is written, ``diff`` when a diff shows the converted sites, and ``filters`` when the converted
    text goes to standard output.
    """

    quiet: bool = False
    verbose: bool = False
    dry: bool = False
    diff: bool = False
    filters: bool = False
    lexicon: Lexicon = field(default=ENGLISH, compare=False)


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the report: where, one word of what kind, the text, and what to do next."""

    order: tuple[int, int, int]
    place: str
    word: str
    text: str
    next_step: str = ""
    style: str = ""


def has_news(outcome: Outcome, view: View) -> bool:
    """Whether the report says anything about this file."""
    return outcome.failed or bool(_rows(outcome, view)) or (outcome.changed and not view.quiet)


def print_outcome(console: Console, outcome: Outcome, view: View) -> None:
    """Print what there is to say about one file."""
    rows = _rows(outcome, view)
    width = max((len(row.place) for row in rows), default=0)
    word = max(columns(view.lexicon.words(one)) for one in _STYLES)
    print_wrapped(console, "", _header(outcome, view), style="bold")
    for row in rows:
        lead = f"  {row.place:<{width}}  "
        print_wrapped(
            console,
            f"{lead}{padded(row.word, word)}  ",
            row.text,
            span=(len(lead), len(row.word), row.style),
        )
        if row.next_step:
            next_step = view.lexicon.say("next: {advice}", advice=row.next_step)
            print_wrapped(console, " " * (len(lead) + word + 2), next_step, style="dim")
    if not view.quiet:
        console.print()


def summary_lines(summary: Summary, view: View) -> Iterator[str]:
    """The totals: of files, and of sites where there are any."""
    say = view.lexicon.say
    if not summary.files:
        yield say("no Python file or notebook found: nothing to do")
        return
    converted, annotated = summary.converted - summary.annotated, summary.annotated
    parts = (
        (converted, say("{count} would be converted" if view.dry else "{count} converted", count=converted)),
        (annotated, say("{count} would be annotated" if view.dry else "{count} annotated", count=annotated)),
        (summary.unchanged, say("{count} unchanged", count=summary.unchanged)),
        (summary.failed, say("{count} failed", count=summary.failed)),
    )
    counts = say(", ").join(part for count, part in parts if count)
    needing = summary.needing_a_hand
    if needing:
        counts += say("; {count} needs a hand" if needing == 1 else "; {count} need a hand", count=needing)
    files = summary.files
    yield say("{files} file: {counts}" if files == 1 else "{files} files: {counts}", files=files, counts=counts)
    if summary.sites and not view.quiet:
        outcomes = say(
            "{converted} converted, {review} to review, {left} left",
            converted=summary.sites_converted,
            review=summary.sites_review,
            left=summary.sites_left,
        )
        sites = summary.sites
        yield say("{sites} site: {counts}" if sites == 1 else "{sites} sites: {counts}", sites=sites, counts=outcomes)


def baseline_lines(comparison: Comparison, lexicon: Lexicon = ENGLISH) -> Iterator[str]:
    """What a baseline left unsaid, and which of its entries can go."""
    say, file = lexicon.say, printable(str(comparison.file))
    new, known = comparison.new, comparison.known
    yield say("baseline {file}: {new} new, {known} known and not shown", file=file, new=new, known=known)
    stale = comparison.stale()
    if not stale:
        return
    yield say(
        "{count} entry of it no longer occurs; write it anew with --write-baseline {file}:"
        if len(stale) == 1
        else "{count} entries of it no longer occur; write it anew with --write-baseline {file}:",
        count=len(stale),
        file=file,
    )
    for entry in stale[:_MOST_STALE]:
        times = say(" ({count} times)", count=entry.count) if entry.count > 1 else ""
        yield f"  {named(entry.path)}: {entry.code}{times}"
    if len(stale) > _MOST_STALE:
        yield say("  and {count} more", count=len(stale) - _MOST_STALE)


def module_lines(modules: Iterable[RuntimeFile], view: View) -> Iterator[str]:
    """What becomes of each runtime module that the converted files import."""
    say = view.lexicon.say
    for module in () if view.quiet and not view.filters else modules:
        names = {"path": named(module.path), "classes": ", ".join(module.classes)}
        if not module.changed:
            yield say("{path}: unchanged ({classes})", **names)
        elif view.filters:
            yield say("{path}: not written ({classes}): convert the file by its name to get it, or see --diff", **names)
        else:
            yield say("{path}: would be written ({classes})" if view.dry else "{path}: written ({classes})", **names)


def _header(outcome: Outcome, view: View) -> str:
    say = view.lexicon.say
    if outcome.annotated:
        status = say("would be annotated" if view.dry else "annotated")
    elif outcome.changed:
        status = say("would be converted" if view.dry else "converted")
    else:
        status = view.lexicon.words(outcome.status.value)
    parts = {"path": named(outcome.path), "status": status, "generation": printable(outcome.generation or "")}
    if outcome.generation and outcome.generation_from:
        return say("{path}: {status} ({generation}, from {told})", told=printable(outcome.generation_from), **parts)
    return say("{path}: {status} ({generation})" if outcome.generation else "{path}: {status}", **parts)


def _rows(outcome: Outcome, view: View) -> list[_Row]:
    """Sites and findings in the file's order, a site before what is said about it."""
    return sorted((*_site_rows(outcome, view), *_finding_rows(outcome, view)), key=lambda row: row.order)


def _site_rows(outcome: Outcome, view: View) -> Iterator[_Row]:
    for site in outcome.sites:
        # a diff shows what was converted, and the finding on a site that is left names it
        if not view.quiet and not (view.diff and site.outcome is not SiteOutcome.LEFT):
            place = position(site.line, site.column, site.cell)
            word, order = site.outcome.value, (site.cell or 0, site.line, site.column)
            text = printable(_becomes(site, view.lexicon))
            yield _Row(order, place, view.lexicon.words(word), text, style=_STYLES[word])


def _becomes(site: Site, lexicon: Lexicon) -> str:
    if site.target is None or site.outcome is SiteOutcome.LEFT:
        return site.source
    became = f"{site.source} -> {site.target}"
    return lexicon.say("{became}, trains {params}", became=became, params=site.params) if site.params else became


def _finding_rows(outcome: Outcome, view: View) -> Iterator[_Row]:
    """A next step that several findings share stands under the first of them."""
    told: set[str] = set()
    for finding in sorted(outcome.findings, key=_order):
        if view.quiet and finding.severity not in _URGENT:
            continue
        wanted = not view.quiet and (view.verbose or finding.severity is not Severity.INFO)
        next_step = finding.help if wanted and finding.help not in told else ""
        told.add(next_step)
        place = position(finding.line, finding.column, finding.cell)
        word = finding.severity.value
        what = f"{finding.code} {finding.name}"
        text = view.lexicon.say("{finding}: {message}", finding=what, message=finding.message)
        yield _Row(
            _order(finding), place, view.lexicon.words(word), printable(text), printable(next_step), _STYLES[word]
        )


def _order(finding: Finding) -> tuple[int, int, int]:
    return finding.cell or 0, finding.line, finding.column
