"""Many files: each is read, converted and written, and its outcome handed on before the next one is touched.

It renders nothing, and no file's failure ends the run.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.engine import convert_source, has_candidate
from tf2ms_opt.options import Fidelity, Options, says_generation
from tf2ms_opt.outcomes import FileStatus, Outcome
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.runtime_files import RuntimeFiles, TakenError, package_of
from tf2ms_opt.walk import Found, Problem, Walked

if TYPE_CHECKING:
    from tf2ms_opt.pins import Pins

#: stores a result: the file, its new bytes, and whether they differ from the old ones
Store = Callable[[Found, bytes, bool], None]


@dataclass(slots=True)
class Converter:
    """What all files of a run share."""

    rules: RuleSet
    options: Options
    modules: RuntimeFiles = field(default_factory=lambda: RuntimeFiles(dry=True))
    #: the options of one file, where they are not the same for all
    special: Callable[[Path], Options] | None = None
    _pins: Pins | None = None

    def outcomes(self, walked: Walked, store: Store) -> Iterator[Outcome]:
        """The outcome of every file and of every path that could not be walked, sorted by path."""
        items: list[Found | Problem] = [*walked.files, *walked.problems]
        for item in sorted(items, key=lambda item: item.path):
            if isinstance(item, Problem):
                yield _unreadable(item.path, "read", item.error)
            else:
                yield self._file(item, store)

    def convert(self, data: bytes, path: str, near: Path) -> Outcome:
        """The outcome of one text; ``near`` is where the project's pins are looked for."""
        try:
            if not has_candidate(data, self.rules):
                return Outcome(path, FileStatus.UNCHANGED, b"", b"")
            return convert_source(data, self.rules, self._options(near), path)
        except Exception as error:  # noqa: BLE001 -- a bug of ours in one file must not cost the others
            return _failed(path, finding("self-check-failed", 1, 1, problem=_internal(error)), data)

    def supplied(self, outcome: Outcome, file: Found) -> Outcome:
        """``outcome``, with the module that it imports written before the file itself is; else the file fails."""
        if outcome.runtime is None:
            return outcome
        try:
            self.modules.supply(file, outcome.runtime)
        except TakenError as taken:
            return _failed(outcome.path, finding("runtime-module-taken", 1, 1, path=taken), outcome.before)
        except OSError as error:
            why = f"the runtime module cannot be written: {error.strerror or error} ({error.filename})"
            return _failed(outcome.path, finding("unreadable-file", 1, 1, error=why), outcome.before)
        return outcome

    def _file(self, file: Found, store: Store) -> Outcome:
        try:
            data = Path(file.real).read_bytes()
        except OSError as error:
            return _unreadable(file.path, "read", error)
        outcome = self.supplied(self.convert(data, file.path, Path(file.path)), file)
        try:
            store(file, outcome.after if outcome.changed else data, outcome.changed)
        except OSError as error:
            return _unreadable(file.path, "written", error)
        return outcome

    def _options(self, near: Path) -> Options:
        """The options, with the package of ``near`` and what the project around it is pinned to."""
        options = self.options if self.special is None else self.special(near)
        if options.fidelity is not Fidelity.NAMES:
            options = replace(options, package=package_of(near.parent))
        if says_generation(options):  # goes before any pin
            return options
        if self._pins is None:
            from tf2ms_opt.pins import Pins  # noqa: PLC0415 -- a run without candidates does not need `packaging`

            self._pins = Pins()
        pin = self._pins.pinned(near)
        return options if pin is None else replace(options, pinned_generation=pin.generation, pinned_by=pin.by)


def store_nothing(_file: Found, _data: bytes, _changed: bool) -> None:
    """The files stay as they are."""


def _unreadable(path: str, verb: str, error: OSError) -> Outcome:
    return _failed(path, finding("unreadable-file", 1, 1, error=f"cannot be {verb}: {error.strerror or error}"))


def _failed(path: str, found: Finding, data: bytes = b"") -> Outcome:
    return Outcome(path, FileStatus.FAILED, data, data, findings=(found,))


def _internal(error: Exception) -> str:
    """What happened and where, for the person who reports it."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"internal error: {type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})"
