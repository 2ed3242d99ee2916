"""What became of a site, a file and a run: the values that the engine returns and the reports render.

Nothing here decides; the JSON report is a plain projection of these classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from tf2ms_opt.diagnostics import Finding, Severity
from tf2ms_opt.neighbours import NOTHING, Across


class SiteOutcome(str, Enum):
    """``converted``: trains the same; ``review``: a named difference remains; ``left``: untouched, with the reason."""

    CONVERTED = "converted"
    REVIEW = "review"
    LEFT = "left"


class FileStatus(str, Enum):
    """Whether the file's text changed, stayed, or could not be processed."""

    CONVERTED = "converted"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Site:
    """A place where an optimizer is built, or referred to in a way that stops conversion.

    ``line`` and ``column`` (1-based, characters) are those of the call, the string or the reference itself in
    the file as it was.  ``source`` is the resolved dotted name, or the string alone in lower case.
    ``params`` is the list of parameters that the emitted optimizer trains, ``None`` when nothing was emitted.
    """

    line: int
    column: int
    source: str
    target: str | None
    rule: str | None
    outcome: SiteOutcome
    params: str | None
    codes: tuple[str, ...]
    cell: int | None = None
    #: the rows of the rule's evidence that the site's claim (TMO111) rests on, by their places; empty for no claim
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a converted file imports of the runtime module, and the dotted name by which it does.

    The module stands in the file's own directory, unless the user named another place.
    """

    module: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one file.

    ``before`` and ``after`` are the file's bytes; they are equal unless ``status`` is ``converted``.
    ``generation`` is the source's generation (``tf1``, ``legacy``, ``tf2.11``, ``keras3``) and
    ``generation_from`` what told it; both are ``None`` for a file without sites.
    ``runtime`` is what the converted file needs of the runtime module, ``None`` for nothing.
    """

    path: str
    status: FileStatus
    before: bytes
    after: bytes
    sites: tuple[Site, ...] = ()
    findings: tuple[Finding, ...] = ()
    generation: str | None = None
    generation_from: str | None = None
    runtime: Runtime | None = None
    #: what it tells about other files
    across: Across = NOTHING
    #: the text changed in comments about what is left, and in nothing else
    annotated: bool = False

    @property
    def changed(self) -> bool:
        return self.status is FileStatus.CONVERTED

    @property
    def failed(self) -> bool:
        return self.status is FileStatus.FAILED

    @property
    def needs_a_hand(self) -> bool:
        """Whether something in this file is left for a person."""
        return any(site.outcome is SiteOutcome.LEFT for site in self.sites) or any(
            finding.severity is Severity.LEFT for finding in self.findings
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over a run, by file and by site."""

    files: int = 0
    converted: int = 0
    unchanged: int = 0
    failed: int = 0
    sites: int = 0
    sites_converted: int = 0
    sites_review: int = 0
    sites_left: int = 0
    #: files in which something is left for a person
    needing_a_hand: int = 0
    #: files among the converted ones that got comments alone
    annotated: int = 0


def summarize(outcomes: Iterable[Outcome]) -> Summary:
    """Count ``outcomes`` once."""
    rows = tuple(outcomes)
    sites = [site.outcome for row in rows for site in row.sites]
    statuses = [row.status for row in rows]
    return Summary(
        files=len(rows),
        converted=statuses.count(FileStatus.CONVERTED),
        unchanged=statuses.count(FileStatus.UNCHANGED),
        failed=statuses.count(FileStatus.FAILED),
        sites=len(sites),
        sites_converted=sites.count(SiteOutcome.CONVERTED),
        sites_review=sites.count(SiteOutcome.REVIEW),
        sites_left=sites.count(SiteOutcome.LEFT),
        needing_a_hand=sum(row.needs_a_hand for row in rows),
        annotated=sum(row.annotated for row in rows),
    )
