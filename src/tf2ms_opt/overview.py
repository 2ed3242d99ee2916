"""One run of ``report``: from paths and settings to one page and an exit code.

It joins the parts and writes that one file; what the page says is for ``report``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tf2ms_opt.config import Settings
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import Outcome, Summary, summarize
from tf2ms_opt.report import text
from tf2ms_opt.report.entries import FileEntry, entry
from tf2ms_opt.report.page import Run, page
from tf2ms_opt.report.statistics import Tally
from tf2ms_opt.report.translated import translated
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.run import store_nothing
from tf2ms_opt.runtime_files import RuntimeFiles
from tf2ms_opt.session import STDIN, converter_of, finished, rules_of, walked_files
from tf2ms_opt.sink import Streams, add, is_plain, watched
from tf2ms_opt.wishes import UsageError, lexicon_of, options_of
from tf2ms_opt.write import publish

#: what a page may be called: a slip of the hand must not replace a source file
_PAGES = (".html", ".htm")


def report(paths: Sequence[str], settings: Settings, streams: Streams, output: str) -> int:
    """Write the page of a run to ``output``; the exit code, which is 0 unless a file failed.

    Raises ``UsageError``, ``RuleFileError`` and ``UnfinishedError`` before anything is written.
    """
    if "" in paths:
        raise UsageError("an empty PATH; give . for the current directory")
    if STDIN in paths:
        raise UsageError("a report is about files; - (standard input) has none")
    if output != STDIN and not output.lower().endswith(_PAGES):
        raise UsageError(f"--output: {output} is not called .html; the report is an HTML page")
    rules = rules_of(settings)
    options, lexicon = options_of(settings, rules), lexicon_of(settings)
    modules = RuntimeFiles(settings.runtime_module, dry=True)
    walked = walked_files(paths, settings)
    finished(walked, dry=True)
    outcomes = converter_of(settings, rules, modules).outcomes(walked, store_nothing)
    said = (translated(one, lexicon) for one in watched(outcomes, len(walked.files), streams))
    run = _surveyed(said, text.View(quiet=True, dry=True, lexicon=lexicon), streams, rules.loaded)
    run = replace(run, asked=_asked(options), modules=tuple(modules))
    data = page(run, lexicon).encode("utf-8")
    if output == STDIN:
        streams.stdout.write(data)
        streams.stdout.flush()
    else:
        try:
            publish(Path(output), data)
        except OSError as error:
            raise UsageError(f"--output: {output} cannot be written: {error.strerror or error}") from error
    for line in text.summary_lines(run.summary, text.View(dry=True, lexicon=lexicon)):
        streams.say(line)
    if output != STDIN:
        streams.say(lexicon.say("{path}: written", path=output))
    return 2 if run.summary.failed else 0


def _surveyed(outcomes: Iterable[Outcome], view: text.View, streams: Streams, rules: RuleSet) -> Run:
    """What the page is about; of the files themselves only what is shown is kept."""
    total, tally, plain = Summary(), Tally(), 0
    entries: list[FileEntry] = []
    for outcome in outcomes:
        total = add(total, summarize((outcome,)))
        if is_plain(outcome):
            plain += 1
            continue
        if outcome.failed:
            text.print_outcome(streams.console(), outcome, view)
        tally.take(outcome)
        entries.append(entry(outcome, len(entries) + 1, rules.rules))
    return Run(total, plain, (), tally, entries, ())


def _asked(options: Options) -> tuple[tuple[str, str], ...]:
    """What the result depends on, as on the command line."""
    said = {
        "--fidelity": options.fidelity.value,
        "--scope": options.scope.value,
        "--mindspore-version": options.mindspore_version,
        "--tf-version": options.tf_version,
        "--params": options.params,
        "--select": ",".join(options.select),
        "--ignore": ",".join(options.ignore),
    }
    return tuple((name, value) for name, value in said.items() if value)
