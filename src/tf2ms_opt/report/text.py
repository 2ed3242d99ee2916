"""The report for people: each file with something to say, its sites and findings, and the totals of the run.

Paths and source text are printed as they are, never as rich's markup; the console is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2ms_opt.diagnostics import Finding, Severity
from tf2ms_opt.outcomes import Outcome, Site, SiteOutcome, Summary
from tf2ms_opt.report.places import position, printable
from tf2ms_opt.report.wrapped import print_wrapped

if TYPE_CHECKING:
    from rich.console import Console

    from tf2ms_opt.baseline import Comparison
    from tf2ms_opt.runtime_files import RuntimeFile

_STYLES = {"converted": "green", "info": "cyan", "review": "yellow", "left": "magenta", "error": "red", "failed": "red"}
_WORD = max(map(len, _STYLES))
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


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the report: where, one word of what kind, the text, and what to do next."""

    order: tuple[int, int, int]
    place: str
    word: str
    text: str
    next_step: str = ""


def has_news(outcome: Outcome, view: View) -> bool:
    """Whether the report says anything about this file."""
    return outcome.failed or bool(_rows(outcome, view)) or (outcome.changed and not view.quiet)


def print_outcome(console: Console, outcome: Outcome, view: View) -> None:
    """Print what there is to say about one file."""
    rows = _rows(outcome, view)
    width = max((len(row.place) for row in rows), default=0)
    print_wrapped(console, "", _header(outcome, view), style="bold")
    for row in rows:
        lead = f"  {row.place:<{width}}  "
        print_wrapped(
            console,
            f"{lead}{row.word:<{_WORD}}  ",
            row.text,
            span=(len(lead), len(row.word), _STYLES.get(row.word, "")),
        )
        if row.next_step:
            print_wrapped(console, " " * (len(lead) + _WORD + 2), f"next: {row.next_step}", style="dim")
    if not view.quiet:
        console.print()


def summary_lines(summary: Summary, view: View) -> Iterator[str]:
    """The totals: of files, and of sites where there are any."""
    if not summary.files:
        yield "no Python file or notebook found: nothing to do"
        return
    counts = {
        "would be converted" if view.dry else "converted": summary.converted - summary.annotated,
        "would be annotated" if view.dry else "annotated": summary.annotated,
        "unchanged": summary.unchanged,
        "failed": summary.failed,
    }
    parts = [f"{count} {what}" for what, count in counts.items() if count]
    needing = summary.needing_a_hand
    tail = f"; {needing} {'needs' if needing == 1 else 'need'} a hand" if needing else ""
    yield f"{_count(summary.files, 'file')}: {', '.join(parts)}{tail}"
    if summary.sites and not view.quiet:
        yield (
            f"{_count(summary.sites, 'site')}: {summary.sites_converted} converted, "
            f"{summary.sites_review} to review, {summary.sites_left} left"
        )


def baseline_lines(comparison: Comparison) -> Iterator[str]:
    """What a baseline left unsaid, and which of its entries can go."""
    file = printable(str(comparison.file))
    yield f"baseline {file}: {comparison.new} new, {comparison.known} known and not shown"
    stale = comparison.stale()
    if not stale:
        return
    occur = "occurs" if len(stale) == 1 else "occur"
    yield f"{_count(len(stale), 'entry')} of it no longer {occur}; write it anew with --write-baseline {file}:"
    for entry in stale[:_MOST_STALE]:
        times = f" ({entry.count} times)" if entry.count > 1 else ""
        yield f"  {printable(entry.path)}: {entry.code}{times}"
    if len(stale) > _MOST_STALE:
        yield f"  and {len(stale) - _MOST_STALE} more"


def module_lines(modules: Iterable[RuntimeFile], view: View) -> Iterator[str]:
    """What becomes of each runtime module that the converted files import."""
    for module in () if view.quiet and not view.filters else modules:
        classes = ", ".join(module.classes)
        if not module.changed:
            status = f"unchanged ({classes})"
        elif view.filters:
            status = f"not written ({classes}): convert the file by its name to get it, or see --diff"
        else:
            status = f"{'would be written' if view.dry else 'written'} ({classes})"
        yield f"{printable(module.path)}: {status}"


def _header(outcome: Outcome, view: View) -> str:
    status = "annotated" if outcome.annotated else outcome.status.value
    status = f"would be {status}" if view.dry and outcome.changed else status
    told = f", from {outcome.generation_from}" if outcome.generation_from else ""
    generation = f" ({outcome.generation}{told})" if outcome.generation else ""
    return f"{printable(outcome.path)}: {status}{printable(generation)}"


def _rows(outcome: Outcome, view: View) -> list[_Row]:
    """Sites and findings in the file's order, a site before what is said about it."""
    return sorted((*_site_rows(outcome, view), *_finding_rows(outcome, view)), key=lambda row: row.order)


def _site_rows(outcome: Outcome, view: View) -> Iterator[_Row]:
    for site in outcome.sites:
        # a diff shows what was converted, and the finding on a site that is left names it
        if not view.quiet and not (view.diff and site.outcome is not SiteOutcome.LEFT):
            place = position(site.line, site.column, site.cell)
            yield _Row((site.cell or 0, site.line, site.column), place, site.outcome.value, printable(_becomes(site)))


def _becomes(site: Site) -> str:
    if site.target is None or site.outcome is SiteOutcome.LEFT:
        return site.source
    trains = f", trains {site.params}" if site.params else ""
    return f"{site.source} -> {site.target}{trains}"


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
        text = f"{finding.code} {finding.name}: {finding.message}"
        yield _Row(_order(finding), place, finding.severity.value, printable(text), printable(next_step))


def _order(finding: Finding) -> tuple[int, int, int]:
    return finding.cell or 0, finding.line, finding.column


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
