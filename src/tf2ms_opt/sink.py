"""Where outcomes go: counted, rendered in the chosen format, and forgotten.

It chooses the stream and the rendering; the renderings themselves are in ``report``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from tf2ms_opt.config import Settings
from tf2ms_opt.language import ENGLISH, Lexicon
from tf2ms_opt.outcomes import FileStatus, Outcome, Summary, summarize
from tf2ms_opt.report import machine, statistics, text
from tf2ms_opt.report.diff import coloured, shown, unified
from tf2ms_opt.report.translated import translated
from tf2ms_opt.runtime_files import RuntimeFile

if TYPE_CHECKING:
    from rich.console import Console

    from tf2ms_opt.baseline import Comparison

#: a progress bar is for runs of more files than this
_LONG_RUN = 200


@dataclass(frozen=True, slots=True)
class Streams:
    """Where a run reads and writes.

    Products go to ``stdout``; ``say`` and ``console`` speak to people, on stderr.  The console is made when it is
    first needed, because importing rich takes longer than most runs.  ``live`` is whether stderr is a terminal,
    ``colour`` whether stdout takes colour, and ``terminal`` whether it is
    one.
    """

    stdin: BinaryIO
    stdout: BinaryIO
    say: Callable[[str], None]
    console: Callable[[], Console]
    live: bool = False
    colour: bool = False
    terminal: bool = False


@dataclass(slots=True)
class Sink:
    """Takes the outcomes of a run one by one; ``filters`` when the converted text itself goes to stdout."""

    settings: Settings
    streams: Streams
    named: frozenset[str]
    filters: bool = False
    #: what is known already and not said again
    baseline: Comparison | None = None
    lexicon: Lexicon = ENGLISH
    _total: Summary = field(default_factory=Summary)
    _without_news: int = 0
    _tally: statistics.Tally = field(default_factory=statistics.Tally)
    _kept: list[Outcome] = field(default_factory=list)
    _results: list[dict[str, Any]] = field(default_factory=list)
    _failures: list[dict[str, Any]] = field(default_factory=list)

    @property
    def view(self) -> text.View:
        settings = self.settings
        return text.View(
            quiet=bool(settings.quiet),
            verbose=bool(settings.verbose),
            dry=bool(settings.check or settings.diff),
            diff=bool(settings.diff),
            filters=self.filters,
            lexicon=self.lexicon,
        )

    def watched(self, outcomes: Iterable[Outcome], total: int) -> Iterable[Outcome]:
        """``outcomes``, under a progress bar where that makes sense."""
        shown = self.settings.format in (None, "text") and not self.settings.quiet and not self.settings.diff
        return watched(outcomes, total, self.streams) if shown else outcomes

    def take(self, outcome: Outcome) -> None:
        """Count and render one outcome; its bytes are not kept."""
        fresh = outcome if self.baseline is None else self.baseline.fresh(outcome)
        if outcome.path not in self.named and is_plain(outcome):
            self._without_news += 1
            return
        self._total = add(self._total, summarize((outcome,)))
        self._tally.take(outcome)
        if self.settings.diff and outcome.changed:
            self._diff(unified(outcome.before, outcome.after, outcome.path))
        if outcome.path in self.named or not self._is_known(fresh):
            self._render(translated(fresh, self.lexicon))

    def _is_known(self, fresh: Outcome) -> bool:
        """Whether the baseline has all that there is to say."""
        return self.baseline is not None and not (fresh.failed or fresh.sites or fresh.findings)

    def _render(self, outcome: Outcome) -> None:
        match self.settings.format:
            case "json":
                self._kept.append(replace(outcome, before=b"", after=b""))
            case "sarif":
                from tf2ms_opt.report import sarif  # noqa: PLC0415 -- few runs need it

                self._results += sarif.results(outcome, self.lexicon)
                self._failures += sarif.notifications(outcome, self.lexicon)
            case "concise":
                self._lines(machine.concise(outcome))
            case "github":
                self._lines(machine.github(outcome))
            case _:
                if text.has_news(outcome, self.view):
                    text.print_outcome(self.streams.console(), outcome, self.view)

    def finish(self, modules: Iterable[RuntimeFile] = ()) -> Summary:
        """Say what became of the runtime modules and the totals, and return these."""
        files = tuple(modules)
        for module in (one for one in files if self.settings.diff and one.changed):
            before, after = module.texts()
            self._diff(unified(before, after, module.path, new=not before))
        plain = self._without_news
        total = replace(self._total, files=self._total.files + plain, unchanged=self._total.unchanged + plain)
        if self.settings.format == "json":
            self._write(machine.document(self._kept, total, files, **self._more()).encode("ascii") + b"\n")
        else:
            if self.settings.format == "sarif":
                from tf2ms_opt.report import sarif  # noqa: PLC0415 -- few runs need it

                self._write(sarif.document(self._results, self._failures, self.lexicon).encode("ascii") + b"\n")
            for line in self._closing(total, files):
                self.streams.say(line)
        self.streams.stdout.flush()
        return total

    def _closing(self, total: Summary, files: Iterable[RuntimeFile]) -> Iterator[str]:
        """What is said at the end of a run, to people."""
        yield from text.module_lines(files, self.view)
        yield from text.summary_lines(total, self.view)
        if self.baseline is not None:
            yield from text.baseline_lines(self.baseline, self.lexicon)
        if self.settings.statistics:
            yield from statistics.lines(self._tally, self.lexicon)

    def _more(self) -> dict[str, Any]:
        """What the JSON document says besides, where it was asked for."""
        more: dict[str, Any] = {}
        if self.settings.statistics:
            more["statistics"] = statistics.data(self._tally, self.lexicon)
        if self.baseline is not None:
            more["baseline"] = machine.baseline(self.baseline)
        return more

    def _lines(self, lines: Iterable[str]) -> None:
        """Lines for programs are a product, unless another product has taken stdout."""
        if self.settings.diff or self.filters:
            for line in lines:
                self.streams.say(line)
        else:
            # a file name that is no text goes out as the bytes that it is
            self._write("".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape"))

    def _diff(self, lines: Iterable[bytes]) -> None:
        if self.streams.terminal:
            lines = shown(lines)
        self._write(b"".join(coloured(lines) if self.streams.colour else lines))

    def _write(self, data: bytes) -> None:
        if data:
            self.streams.stdout.write(data)
            self.streams.stdout.flush()


def watched(outcomes: Iterable[Outcome], total: int, streams: Streams) -> Iterable[Outcome]:
    """``outcomes``, under a progress bar where there are many and a terminal to show it."""
    if total <= _LONG_RUN or not streams.live:
        return outcomes
    from tf2ms_opt.report.progress import track  # noqa: PLC0415 -- long runs only

    return track(outcomes, total, streams.console())


def is_plain(outcome: Outcome) -> bool:
    """Whether there is nothing to say about the file."""
    return outcome.status is FileStatus.UNCHANGED and not outcome.sites and not outcome.findings


def add(one: Summary, other: Summary) -> Summary:
    """The counts of two parts of a run together."""
    return Summary(*(left + right for left, right in zip(astuple(one), astuple(other), strict=True)))
