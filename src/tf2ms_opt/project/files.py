"""The files of a run, asked as far as they matter: what each has for others, and what it imports."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, TypeVar

from tf2ms_opt.neighbours import Mentions
from tf2ms_opt.parallel import in_order
from tf2ms_opt.project.layout import Layout, definitions, with_stars
from tf2ms_opt.project.links import Links
from tf2ms_opt.project.questions import Answers, Building, Offer, Question, answers
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.walk import Found

#: a file's bytes; None for one that cannot be read
Read = Callable[[Found], "bytes | None"]
Result = TypeVar("Result")
_NOTHING = Question()


@dataclass
class Files(Mapping[str, Mentions]):
    """The files of the run, by their real paths; as a mapping, what they import."""

    files: Sequence[Found]
    read: Read
    rules: RuleSet
    #: processes
    jobs: int = 1
    #: the files that may have penalties or networks of files with them: no other is asked for networks
    networked: frozenset[str] = frozenset()
    _by_real: dict[str, Found] = field(init=False)
    _offers: dict[str, Offer] = field(default_factory=dict)
    _buildings: dict[str, Building] = field(default_factory=dict)
    _missing: dict[str, Question] = field(default_factory=dict)
    #: what was worked out: for good, and as long as some file was not asked
    _certain: dict[tuple[str, ...], tuple[Any, ...]] = field(default_factory=dict)
    _guessed: dict[tuple[str, ...], tuple[Any, ...]] = field(default_factory=dict)
    #: how often it was answered for a file that was not asked
    _unknown: int = 0

    def __post_init__(self) -> None:
        self._by_real = {file.real: file for file in self.files}

    @cached_property
    def layout(self) -> Layout:
        """Where names of imports lead."""
        return Layout.of(self._by_real)

    @cached_property
    def links(self) -> Links:
        """Which files may import which."""
        return Links(list(self._by_real), self.layout, self.data)

    @cached_property
    def reals(self) -> Mapping[str, str]:
        """Path in reports -> real path."""
        return {file.path: file.real for file in self.files}

    def found(self, real: str) -> Found:
        """The file with that real path."""
        return self._by_real[real]

    def path(self, real: str) -> str:
        """How reports name the file."""
        return self._by_real[real].path

    def data(self, real: str) -> bytes:
        """What is in the file; nothing, where it cannot be read."""
        return self.read(self._by_real[real]) or b""

    def ask(self, asked: Mapping[str, Question]) -> Mapping[str, Answers]:
        """What the files say: each is parsed once, by one of the run's processes."""
        items = [(self._by_real[real], question) for real, question in asked.items() if question != _NOTHING]
        said = in_order(partial(_said, self.read, self.rules), items, self.jobs)
        found = {file.real: one for (file, _), one in zip(items, said, strict=True)}
        self._offers |= {real: one.offer for real, one in found.items() if asked[real].offer}
        self._buildings |= {real: one.building for real, one in found.items() if asked[real].building}
        self._guessed.clear()
        return found

    def settled(self, compute: Callable[[], Result]) -> Result:
        """What ``compute`` returns when every file that it wants to know of was asked.

        Until then it is told nothing of such a file, and called again: so files are asked many at a time.
        """
        while True:
            result = compute()
            if not self._missing:
                return result
            asked, self._missing = self._missing, {}
            self.ask(asked)

    def offer(self, real: str) -> Offer:
        """What the file has for others; nothing, where it cannot be read."""
        if real not in self._offers:
            self._missing[real] = replace(self._missing.get(real, _NOTHING), offer=True)
            self._unknown += 1
        return self._offers.get(real, _EMPTY.offer)

    def building(self, real: str) -> Building:
        """What the file has to do with networks; nothing, where it cannot be read."""
        if real not in self._buildings and real in self.networked:
            self._missing[real] = replace(self._missing.get(real, _NOTHING), building=True)
            self._unknown += 1
        return self._buildings.get(real, _EMPTY.building)

    def definitions(self, importer: str, name: str) -> tuple[tuple[str, str], ...]:
        """Every (file, name in it) that ``name`` may be in ``importer``, sorted."""
        return self._remembered(self._definitions, importer, name)

    def imported(self, real: str) -> tuple[str, ...]:
        """The files of which the file imports something, from there or through others: it may get objects of them."""
        return self._remembered(self._imported, real)

    def _definitions(self, importer: str, name: str) -> tuple[tuple[str, str], ...]:
        found = definitions(self.layout, name, importer, self, self._with_stars)
        return tuple(sorted(one for one in found if one[1].partition(".")[0] in self.offer(one[0]).names))

    def _imported(self, real: str) -> tuple[str, ...]:
        said = self.offer(real).mentions
        names = [*said.imports.values(), *(f"{star.rstrip('.')}.*" for star in said.stars)]
        places = (definitions(self.layout, name, real, self, self._with_stars) for name in names)
        modules = (self.layout.modules(name, real) for name in names)
        return tuple({file for every in places for file, _ in every}.union(*modules))

    def _with_stars(self, real: str) -> tuple[str, ...]:
        return self._remembered(self._starred, real)

    def _starred(self, real: str) -> tuple[str, ...]:
        return with_stars(self.layout, real, self)

    def _remembered(self, work: Callable[..., tuple[Any, ...]], *about: str) -> tuple[Any, ...]:
        """What ``work`` says; where it did not know all that it asked for, only until more is known."""
        key = (work.__name__, *about)
        if key in self._certain:
            return self._certain[key]
        before = self._unknown
        if key not in self._guessed:
            self._guessed[key] = work(*about)
            if self._unknown == before:
                self._certain[key] = self._guessed.pop(key)
                return self._certain[key]
        self._unknown += 1
        return self._guessed[key]

    def having(self, pattern: re.Pattern[bytes] | None, among: Iterable[str] | None = None) -> frozenset[str]:
        """The files, ``among`` which or of all, with something that ``pattern`` finds."""
        every = self._by_real if among is None else among
        return frozenset(real for real in every if pattern is not None and pattern.search(self.data(real)))

    def place(self, real: str, line: int, cell: int | None = None) -> str:
        """How findings name a line of the file."""
        return f"{self.path(real)}:{line}" if cell is None else f"{self.path(real)}:cell {cell}:{line}"

    def __getitem__(self, real: str) -> Mentions:
        return self.offer(real).mentions

    def __contains__(self, real: object) -> bool:
        return real in self._by_real

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_real)

    def __len__(self) -> int:
        return len(self._by_real)


_EMPTY = Answers()


def _said(read: Read, rules: RuleSet, item: tuple[Found, Question]) -> Answers:
    file, question = item
    return answers(read(file) or b"", rules, question)


def any_of(words: Collection[str]) -> re.Pattern[bytes] | None:
    """What finds any of ``words``, also at the end of longer ones; None where there are none.

    A pattern that begins with a text, and not with a place, is looked for several times as fast.
    """
    every = b"|".join(re.escape(word.encode()) for word in sorted(words))
    return re.compile(rb"(?:" + every + rb")(?!\w)") if words else None
