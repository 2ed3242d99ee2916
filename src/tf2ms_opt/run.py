"""Many files: each is read, converted and written, and its outcome handed on before the next one is touched.

It renders nothing, and no file's failure ends the run.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tf2ms_opt.deadline import TooLongError, limited
from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.engine import convert_source, has_candidate
from tf2ms_opt.groups import groups, in_batches
from tf2ms_opt.neighbours import NOBODY, NOTHING, UNTOLD, Across, Neighbours, Told
from tf2ms_opt.options import Fidelity, Options, says_generation
from tf2ms_opt.outcomes import FileStatus, Outcome
from tf2ms_opt.parallel import in_order
from tf2ms_opt.rulebook import Rules
from tf2ms_opt.runtime_files import RuntimeFiles, TakenError, package_of
from tf2ms_opt.walk import Found, Problem, Walked
from tf2ms_opt.write import ChangedError

if TYPE_CHECKING:
    from tf2ms_opt.cache import Cache
    from tf2ms_opt.pins import Pins
    from tf2ms_opt.project.first import Optimizers
    from tf2ms_opt.write_groups import StoreAll

#: stores a result: the file, the bytes that were read and those to write, which may be the same
Store = Callable[[Found, bytes, bytes], None]
#: a large file takes some ten; what takes longer goes in circles
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class _Look:
    """The first look at a file: whether it has no site of its own, and what it has to do with other files.

    ``digest`` is what the cache has to remember a file by that has words of the rules and no site.
    """

    across: Across = NOTHING
    optimizers: Optimizers | None = None
    silent: bool = False
    digest: bytes | None = None


@dataclass(slots=True)
class Converter:
    """What all files of a run share."""

    rules: Rules
    options: Options
    modules: RuntimeFiles = field(default_factory=lambda: RuntimeFiles(dry=True))
    #: the options of one file, where they are not the same for all
    special: Callable[[Path], Options] | None = None
    #: processes
    jobs: int = 1
    #: files that need not be looked at again
    cache: Cache | None = None
    #: whether files that stay as they are go to the store as well
    copies: bool = False
    _pins: Pins | None = None
    #: path -> what the other files of the run say to it
    _neighbours: Mapping[str, Neighbours] = field(default_factory=dict)
    #: files without a site of their own
    _silent: set[str] = field(default_factory=set)
    #: path -> what the other files tell it, whatever becomes of them
    _told: Mapping[str, Told] = field(default_factory=dict)
    #: path -> digests of the texts for which it was found out what files say to each other
    _tried: dict[str, set[bytes]] = field(default_factory=dict)

    def outcomes(self, walked: Walked, store: Store, store_all: StoreAll | None = None) -> Iterator[Outcome]:
        """The outcome of every file and of every path that could not be walked, sorted by path.

        ``store_all`` stores the results of files that change together.
        """
        if len(walked.files) > 1:
            self._survey(walked.files)
        every: list[Found | Problem] = [*walked.files, *walked.problems]
        items = sorted(every, key=lambda item: item.path)
        batches = in_batches(items, groups(self._neighbours))
        found = in_order(self._item, [item for each in batches for item in each if not self._is_done(item)], self.jobs)
        ahead: dict[str, Outcome] = {}
        for item, batch in zip(items, batches, strict=True):
            if len(batch) > 1:
                files = [one for one in batch if isinstance(one, Found) and not self._is_done(one)]
                together = [(file, next(found)) for file in files]
                ahead |= self._stored_together(together, store, store_all)
            if (outcome := ahead.pop(item.path, None)) is not None:
                yield outcome
            elif self._is_done(item):
                yield _plain(item.path)
            else:
                done = next(found)
                yield done[0] if isinstance(item, Problem) else self._stored(item, done, store)

    def _survey(self, files: Sequence[Found]) -> None:
        """Look at each file once: which of them have sites, and what they have to do with each other."""
        # the search for words costs no more than handing a file to another process would
        asked = [file for file in files if self._has_word(file)]
        if self.jobs > 1 and asked:
            self._load()
        looks, digests = dict[Found, _Look](), set()
        self._silent = {file.path for file in files} - {file.path for file in asked}
        for file, look in zip(asked, in_order(self._look, asked, self.jobs), strict=True):
            if look.silent:
                self._silent.add(file.path)
            else:
                looks[file] = look
            if look.digest is not None:
                digests.add(look.digest)
        if self.cache is not None:
            self.cache.add(digests)
        known = {file: look.optimizers for file, look in looks.items() if look.optimizers is not None}
        telling = [(file, look.across) for file, look in looks.items() if look.across != NOTHING]
        if known or telling:
            from tf2ms_opt.project.files import Files  # noqa: PLC0415 -- few runs have such files
            from tf2ms_opt.project.survey import survey  # noqa: PLC0415
            from tf2ms_opt.project.told import told  # noqa: PLC0415

            every = Files(files, _read, self.rules.loaded, self.jobs)
            makers = {file.real: [one.function for one in across.signatures] for file, across in telling}
            self._told = told(every, known, makers)
            self._neighbours = survey(every, telling, self._attempt)

    def _load(self) -> None:
        """Have at hand what every process needs: those that are forked from this one need not load it themselves."""
        from tf2ms_opt.plan import compose  # noqa: F401, PLC0415
        from tf2ms_opt.syntax import splices  # noqa: F401, PLC0415

        _ = self.rules.loaded.candidates

    def _is_done(self, item: Found | Problem) -> bool:
        """Whether a file needs no second look, for it has no site and no other file has to do with it."""
        silent = item.path in self._silent and not self.copies
        return silent and not self._neighbours.get(item.path, NOBODY).concern

    def convert(self, data: bytes, path: str, near: Path) -> Outcome:
        """The outcome of one text; ``near`` is where the project's pins are looked for."""
        return self._converted(data, path, near, self._neighbours.get(path, NOBODY))

    def _converted(self, data: bytes, path: str, near: Path, neighbours: Neighbours) -> Outcome:
        neighbours = replace(neighbours, told=self._told.get(path, UNTOLD))
        try:
            if not has_candidate(data, self.rules, path) and not neighbours.concern:
                return _plain(path)
            options = replace(self._options(near), neighbours=neighbours)
            with limited(_SECONDS):
                return convert_source(data, self.rules.loaded, options, path)
        except TooLongError:
            return _failed(path, finding("oversized-file/time", 1, 1, seconds=_SECONDS), data)
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
        from tf2ms_opt.together import digest  # noqa: PLC0415 -- few runs have such files

        self._tried.setdefault(file.path, set()).add(digest(data))
        return self._converted(data, file.path, Path(file.path), neighbours)

    def _has_word(self, file: Found) -> bool:
        """Whether a file may have a site; what is wrong with one is said when its turn comes."""
        data = _read(file)
        try:
            return data is None or has_candidate(data, self.rules, file.path)
        except Exception:  # noqa: BLE001 -- a bug of ours in one file must not cost the others
            return True

    def _look(self, file: Found) -> _Look:
        """What is to be known of a file with a word of the rules before any is converted."""
        data = _read(file)
        if data is None:
            return _Look()
        digest = self.cache.digest(data, file.path) if self.cache is not None else None
        if self.cache is not None and digest is not None and self.cache.holds(digest):
            return _Look(silent=True, digest=digest)
        from tf2ms_opt.project.first import first_look  # noqa: PLC0415 -- the stages behind the byte search

        try:
            with limited(_SECONDS):
                found = first_look(data, self.rules.loaded, file.path, lambda: self._options(Path(file.path)))
        except TooLongError:
            return _Look()  # the same is said when the file's turn comes
        if found is None:
            return _Look(silent=True, digest=digest)
        return _Look(found.across, found.optimizers)

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
            store(file, data, outcome.after if outcome.changed else data)
        except OSError as error:
            return _unwritten(file.path, error)
        return outcome

    def _stored_together(
        self, found: Sequence[tuple[Found, tuple[Outcome, bytes | None]]], store: Store, store_all: StoreAll | None
    ) -> dict[str, Outcome]:
        """The outcomes of files that change together, by their paths: all of them were written, or none."""
        from tf2ms_opt.together import as_tried, stored_together  # noqa: PLC0415 -- few runs have such files
        from tf2ms_opt.write_groups import one_by_one  # noqa: PLC0415

        known = {file.path: (file, as_tried(one, data, self._tried), data) for file, (one, data) in found}
        supplied = {path: self.supplied(one, file) for path, (file, one, _) in sorted(known.items())}
        every = [(file, supplied[path], data) for path, (file, _, data) in known.items()]
        outcomes, stored = stored_together(every, store_all or partial(one_by_one, store), _unwritten)
        if not stored:  # what goes to a tree of its own goes there as it is
            outcomes = [
                self._stored(file, (one, data), store) for one, (file, _, data) in zip(outcomes, every, strict=True)
            ]
        return {one.path: one for one in outcomes}

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


def _plain(path: str) -> Outcome:
    """Nothing to say about the file; its text is not needed any more."""
    return Outcome(path, FileStatus.UNCHANGED, b"", b"")


def _read(file: Found) -> bytes | None:
    try:
        return Path(file.real).read_bytes()
    except OSError:
        return None  # it is said when the file's turn comes


def store_nothing(_file: Found, _before: bytes, _after: bytes) -> None:
    """The files stay as they are."""


def _unreadable(path: str, verb: str, error: OSError) -> Outcome:
    return _failed(path, finding(f"unreadable-file/{verb}", 1, 1, error=error.strerror or error))


def _unwritten(path: str, error: OSError) -> Outcome:
    if isinstance(error, ChangedError):
        return _failed(path, finding("unreadable-file/changed", 1, 1))
    return _unreadable(path, "written", error)


def _failed(path: str, found: Finding, data: bytes = b"") -> Outcome:
    return Outcome(path, FileStatus.FAILED, data, data, findings=(found,))


def _internal(error: Exception) -> str:
    """What happened and where, for the person who reports it."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"internal error: {type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})"
