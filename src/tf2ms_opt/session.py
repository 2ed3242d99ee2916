"""One run of ``convert``: from paths and settings to outcomes, reports and an exit code.

It joins the parts and holds no knowledge of theirs; the syntax of the command line is for ``cli``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tf2ms_opt.config import Settings, of_file
from tf2ms_opt.language import Lexicon
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import Outcome, Summary
from tf2ms_opt.report.places import printable
from tf2ms_opt.rulebook import Rulebook, Rules
from tf2ms_opt.run import Converter, Store, store_nothing
from tf2ms_opt.runtime_files import RuntimeFiles
from tf2ms_opt.sink import Sink, Streams
from tf2ms_opt.walk import Found, Walked, walk
from tf2ms_opt.wishes import UsageError, check, lexicon_of, options_of
from tf2ms_opt.write import OutputCollisionError, create, destinations, replace

if TYPE_CHECKING:
    from tf2ms_opt.baseline import Comparison, Record
    from tf2ms_opt.cache import Cache
    from tf2ms_opt.write_groups import Change

STDIN = "-"
_STDIN_NAME = "<stdin>"
#: formats that are one document on standard output
_DOCUMENTS = ("json", "sarif")
#: links that are named
_MOST_LINKS = 5


def convert(
    paths: Sequence[str], settings: Settings, streams: Streams, stdin_name: str | None = None,
    new_baseline: str | None = None,
) -> int:  # fmt: skip
    """Convert ``paths`` as ``settings`` say; the exit code.

    With ``new_baseline`` what is found is written there, and nothing of it counts as remaining.
    Raises ``UsageError``, ``RuleFileError``, ``BaselineError`` and ``UnfinishedError`` before anything is written.
    """
    dry = bool(settings.check or settings.diff)
    _refuse(paths, settings, dry=dry)
    rules = rules_of(settings)
    modules = _modules(settings, dry=dry or STDIN in paths)
    converter = converter_of(settings, rules, modules)
    baseline = _baseline(settings) if new_baseline is None else None
    outcomes: Iterable[Outcome]
    lexicon = lexicon_of(settings)
    if STDIN in paths:
        named = frozenset({stdin_name or _STDIN_NAME})
        sink = Sink(settings, streams, named, filters=not dry, baseline=baseline, lexicon=lexicon)
        outcomes = _filtered(converter, streams, stdin_name, dry=dry)
    else:
        walked = walked_files(paths, settings)
        in_place = not dry and settings.output_dir is None
        for file in finished(walked, dry=not in_place):
            streams.say(lexicon.say("{path}: written, as a run that was killed had left it to be", path=file))
        named = frozenset(file.path for file in walked.files if file.named)
        sink = Sink(settings, streams, named, baseline=baseline, lexicon=lexicon)
        store = store_nothing if dry else _store(walked, settings, modules)
        if walked.outside and not settings.quiet:
            streams.say(_outside(walked.outside, lexicon))
        every = converter.outcomes(walked, store, _replace_all if in_place else None)
        outcomes = sink.watched(every, len(walked.files))
    record = None if new_baseline is None else _record(Path(new_baseline))
    for outcome in outcomes:
        if record is not None:
            record.take(outcome)
        sink.take(outcome)
    summary = sink.finish(modules)
    if record is not None:
        streams.say(f"{record.file}: {lexicon.phrase(record.write())}")
        return 2 if summary.failed else 0
    return _exit_code(summary, settings, dry=dry, baseline=baseline)


def _outside(links: Sequence[str], lexicon: Lexicon) -> str:
    shown = ", ".join(map(printable, links[:_MOST_LINKS])) + (", ..." if len(links) > _MOST_LINKS else "")
    return lexicon.say(
        "{count} link leads out of the given paths and is not followed (name the file to convert it): {links}"
        if len(links) == 1
        else "{count} links lead out of the given paths and are not followed (name the files to convert them): {links}",
        count=len(links),
        links=shown,
    )


def _baseline(settings: Settings) -> Comparison | None:
    if settings.baseline is None:
        return None
    from tf2ms_opt.baseline import load as load_baseline  # noqa: PLC0415 -- for the runs that have one

    return load_baseline(Path(settings.baseline))


def _record(file: Path) -> Record:
    from tf2ms_opt.baseline import Record  # noqa: PLC0415 -- for the runs that write one

    return Record(file)


def jobs_of(settings: Settings) -> int:
    """The number of processes: one unless more are asked for, and one a core for 0."""
    return (os.cpu_count() or 1) if settings.jobs == 0 else settings.jobs or 1


def converter_of(settings: Settings, rules: Rules, modules: RuntimeFiles) -> Converter:
    """What converts the files of a run, each with the settings that hold for it.  Raises ``UsageError``."""
    check(settings, rules)
    special = None if not settings.overrides else _Special(settings, rules)
    options, copies = options_of(settings, rules), settings.output_dir is not None
    return Converter(rules, options, modules, special, jobs_of(settings), _cache(settings), copies)


def rules_of(settings: Settings) -> Rulebook:
    """The rules of a run.  Raises ``RuleFileError``."""
    return Rulebook.of([Path(folder) for folder in settings.rules or ()])


def _cache(settings: Settings) -> Cache | None:
    if settings.cache is False:
        return None
    from tf2ms_opt.cache import Cache, place  # noqa: PLC0415 -- for the runs that have one

    file = place(os.environ, sys.platform)
    return None if file is None else Cache(file, [Path(folder) for folder in settings.rules or ()])


@dataclass(frozen=True)
class _Special:
    """The options of one file; other processes get a copy, which a function inside of another cannot be."""

    settings: Settings
    rules: Rules

    def __call__(self, path: Path) -> Options:
        return options_of(of_file(self.settings, path), self.rules)


def _refuse(paths: Sequence[str], settings: Settings, *, dry: bool) -> None:
    """Combinations in which two products would meet on one stream, and a path that a script forgot to set."""
    if "" in paths:
        raise UsageError("an empty PATH; give . for the current directory")
    if settings.diff and settings.format in _DOCUMENTS:
        raise UsageError(f"--diff and --format {settings.format} both want standard output; choose one of them")
    if STDIN not in paths:
        return
    if len(paths) > 1:
        raise UsageError("- (standard input) cannot be mixed with other paths")
    if settings.format in _DOCUMENTS and not dry:
        raise UsageError(
            f"the converted text and --format {settings.format} both want standard output; "
            "add --check, or leave one out"
        )


def _filtered(converter: Converter, streams: Streams, name: str | None, *, dry: bool) -> Iterator[Outcome]:
    """Standard input to standard output; what could not be converted comes out as it went in."""
    data = streams.stdin.read()
    path = name or _STDIN_NAME
    outcome = converter.convert(data, path, Path(name or STDIN))
    outcome = converter.supplied(outcome, Found(path, Path(path).name, os.path.realpath(path)))
    if not dry:
        streams.stdout.write(outcome.after if outcome.changed else data)
    yield outcome


def walked_files(paths: Sequence[str], settings: Settings) -> Walked:
    """The files of a run.  Raises ``UsageError``."""
    output_dir = None if settings.output_dir is None else Path(settings.output_dir)
    try:
        return walk([Path(path) for path in paths], exclude=settings.exclude or (), skip=output_dir)
    except ValueError as error:
        raise UsageError(f"--exclude: {error}") from error


def finished(walked: Walked, *, dry: bool) -> list[str]:
    """The files of which a run that was killed had written a part only.  Raises ``UnfinishedError``."""
    if not walked.unfinished:
        return []
    from tf2ms_opt.unfinished import finish  # noqa: PLC0415 -- for what should not happen

    known = {file.real: file.path for file in walked.files}
    return [known[str(file)] for file in finish([Path(one) for one in walked.unfinished], known, dry=dry)]


def _modules(settings: Settings, *, dry: bool) -> RuntimeFiles:
    """The runtime modules of the run; a diff is about the files where they are."""
    elsewhere = None if settings.output_dir is None or settings.diff else Path(settings.output_dir)
    return RuntimeFiles(settings.runtime_module, elsewhere, dry=dry)


def _store(walked: Walked, settings: Settings, modules: RuntimeFiles) -> Store:
    """Where results go: in place, or every file into the tree of its own."""
    if settings.output_dir is None:
        return _replace
    output_dir = Path(settings.output_dir)
    if output_dir.exists() and not output_dir.is_dir():
        raise UsageError(f"--output-dir: {output_dir} is not a directory")
    try:
        return partial(_create, destinations(walked.files, output_dir), modules)
    except OutputCollisionError as error:
        raise UsageError(f"--output-dir: {error}") from error


def _replace(file: Found, before: bytes, after: bytes) -> None:
    if after != before:
        replace(Path(file.real), after, was=before)


def _replace_all(changes: Sequence[Change]) -> None:
    from tf2ms_opt.write_groups import replace_all  # noqa: PLC0415 -- few runs have files that change together

    replace_all(changes)


def _create(places: dict[str, Path], modules: RuntimeFiles, file: Found, _before: bytes, after: bytes) -> None:
    if not modules.holds(places[file.path]):  # else it stands there already, with more than this one has
        create(places[file.path], after, like=Path(file.real))


def _exit_code(summary: Summary, settings: Settings, *, dry: bool, baseline: Comparison | None) -> int:
    if summary.failed:
        return 2
    if baseline is None:
        remains = bool(summary.needing_a_hand or (dry and summary.converted))
    else:
        remains = baseline.new_left or (dry and baseline.new_work)
    return 1 if remains and not settings.exit_zero else 0
