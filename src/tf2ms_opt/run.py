"""Many files: each is read, converted and written, and its outcome handed on before the next one is touched.

It renders nothing, and no file's failure ends the run.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.engine import convert_source, has_candidate
from tf2ms_opt.neighbours import NOBODY, NOTHING, UNTOLD, Across, Neighbours, Told
from tf2ms_opt.options import Fidelity, Options, says_generation
from tf2ms_opt.outcomes import FileStatus, Outcome
from tf2ms_opt.parallel import in_order
from tf2ms_opt.project.files import Files
from tf2ms_opt.project.questions import Optimizers, optimizers
from tf2ms_opt.project.survey import survey
from tf2ms_opt.project.told import told
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
    #: processes
    jobs: int = 1
    _pins: Pins | None = None
    #: path -> what the other files of the run say to it
    _neighbours: Mapping[str, Neighbours] = field(default_factory=dict)
    #: path -> what the other files tell it, whatever becomes of them
    _told: Mapping[str, Told] = field(default_factory=dict)

    def outcomes(self, walked: Walked, store: Store) -> Iterator[Outcome]:
        """The outcome of every file and of every path that could not be walked, sorted by path."""
        if len(walked.files) > 1:
            asked = dict(zip(walked.files, in_order(self._asked, walked.files, self.jobs), strict=True))
            candidates = {file: one for file, (one, _) in asked.items() if one is not None}
            opened = [(file, across) for file, (_, across) in asked.items()]
            makers = {one.function for _, across in opened for one in across.signatures}
            self._told = told(Files(walked.files, _read, self.rules), candidates, makers)
            self._neighbours = survey(walked.files, opened, _read, self._attempt, self.rules)
        every: list[Found | Problem] = [*walked.files, *walked.problems]
        items = sorted(every, key=lambda item: item.path)
        for item, found in zip(items, in_order(self._item, items, self.jobs), strict=True):
            yield found[0] if isinstance(item, Problem) else self._stored(item, found, store)

    def convert(self, data: bytes, path: str, near: Path) -> Outcome:
        """The outcome of one text; ``near`` is where the project's pins are looked for."""
        return self._converted(data, path, near, self._neighbours.get(path, NOBODY))

    def _converted(self, data: bytes, path: str, near: Path, neighbours: Neighbours) -> Outcome:
        neighbours = replace(neighbours, told=self._told.get(path, UNTOLD))
        try:
            if not has_candidate(data, self.rules, path) and not neighbours.concern:
                return Outcome(path, FileStatus.UNCHANGED, b"", b"")
            return convert_source(data, self.rules, replace(self._options(near), neighbours=neighbours), path)
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

    def _attempt(self, file: Found, data: bytes, neighbours: Neighbours) -> Outcome:
        """The outcome that a file would have, if other files said ``neighbours``."""
        return self._converted(data, file.path, Path(file.path), neighbours)

    def _asked(self, file: Found) -> tuple[Optimizers | None, Across]:
        """What a file has to do with optimizers, and with others, if calls of its functions could be changed there."""
        data = _read(file)
        if data is None or not has_candidate(data, self.rules, file.path):
            return None, NOTHING
        found = optimizers(data, self.rules)
        if found is None or not found.given:
            return found, NOTHING
        return found, self._attempt(file, data, Neighbours(assumed=True)).across

    def _item(self, item: Found | Problem) -> tuple[Outcome, bytes | None]:
        """The outcome of a file or path, and the file's bytes; nothing is written."""
        if isinstance(item, Problem):
            return _unreadable(item.path, "read", item.error), None
        try:
            data = Path(item.real).read_bytes()
        except OSError as error:
            return _unreadable(item.path, "read", error), None
        return self.convert(data, item.path, Path(item.path)), data

    def _stored(self, file: Found, found: tuple[Outcome, bytes | None], store: Store) -> Outcome:
        """The outcome of a file that was written, with what it imports, if it was to be."""
        converted, data = found
        if data is None:
            return converted
        outcome = self.supplied(converted, file)
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


def _read(file: Found) -> bytes | None:
    try:
        return Path(file.real).read_bytes()
    except OSError:
        return None  # it is said when the file's turn comes


def store_nothing(_file: Found, _data: bytes, _changed: bool) -> None:
    """The files stay as they are."""


def _unreadable(path: str, verb: str, error: OSError) -> Outcome:
    return _failed(path, finding(f"unreadable-file/{verb}", 1, 1, error=error.strerror or error))


def _failed(path: str, found: Finding, data: bytes = b"") -> Outcome:
    return Outcome(path, FileStatus.FAILED, data, data, findings=(found,))


def _internal(error: Exception) -> str:
    """What happened and where, for the person who reports it."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"internal error: {type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})"
