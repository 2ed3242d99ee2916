"""Before a run: what files do with the objects of other files' classes that build their own optimizers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from tf2ms_opt.neighbours import Reached
from tf2ms_opt.offers import Owner, Reach
from tf2ms_opt.project.files import Files, any_of

_CLASS = re.compile(rb"class\s+([\w\x80-\xff]+)\s*\(((?:[^()]|\([^()]*\))*)")
_WORD = re.compile(rb"[\w\x80-\xff]+")


def asked_for(files: Files, owners: Mapping[str, Collection[Owner]]) -> Mapping[str, frozenset[str]]:
    """The files that may reach into objects of ``owners``, or have a method of theirs again, and the names for that."""
    found: dict[str, frozenset[str]] = {}
    classes = _Classes(files)
    for real, every in owners.items():
        among = files.links.reaching([real])
        used = frozenset(name for one in every for name in (*one.models, *one.optimizers))
        methods = frozenset(name for one in every for name in one.methods)
        again = classes.below({one.name for one in every}, among) if among else frozenset()
        for names, those in ((used, among), (methods, again)):
            for other in files.having(any_of(names), those):
                found[other] = found.get(other, frozenset()) | names
    return found


@dataclass(slots=True)
class _Classes:
    """The classes of the files, read from their words: their names, and those in their bases."""

    files: Files
    _known: dict[str, tuple[tuple[str, frozenset[str]], ...]] = field(default_factory=dict)

    def below(self, names: Collection[str], among: Collection[str]) -> frozenset[str]:
        """The files, ``among`` which, with a class that may be below one of ``names``."""
        words, more = frozenset[str](), self.files.links.with_aliases(names)
        found = set[str]()
        while more - words:
            words |= more
            met = [(real, one) for real in among for one, bases in self._of(real) if not bases.isdisjoint(words)]
            found |= {real for real, _ in met}
            more = self.files.links.with_aliases({one for _, one in met})
        return frozenset(found)

    def _of(self, real: str) -> tuple[tuple[str, frozenset[str]], ...]:
        if real not in self._known:
            pairs = _CLASS.findall(self.files.data(real))
            self._known[real] = tuple(
                (name.decode(errors="replace"), frozenset(one.decode(errors="replace") for one in _WORD.findall(bases)))
                for name, bases in pairs
            )
        return self._known[real]


def reached(
    files: Files, owners: Mapping[str, Collection[Owner]], reaches: Mapping[str, Collection[Reach]]
) -> Mapping[str, tuple[Reached, ...]]:
    """Real path of a file of ``owners`` -> what other files do with objects of its classes, by their ``reaches``."""
    found: dict[str, list[Reached]] = {}
    for other, every in reaches.items():
        for one in every:
            for real, owner in _meant(files, owners, other, one):
                place = files.place(other, one.line, one.cell)
                found.setdefault(real, []).append(Reached(owner.name, one.path, one.kind, place))
    return {real: tuple(sorted(set(one), key=repr)) for real, one in found.items()}


def _meant(
    files: Files, owners: Mapping[str, Collection[Owner]], other: str, reach: Reach
) -> Iterator[tuple[str, Owner]]:
    """The classes whose objects ``reach``, of the file ``other``, may be about."""
    first = reach.path.partition(".")[0]
    known = {one for name in reach.classes for one in _classes_of(files, other, name)}
    places = {real for real, _ in known} if reach.classes else files.imported(other)
    for real in sorted(owners.keys() & set(places) - {other}):
        for owner in owners[real]:
            names = owner.methods if reach.kind == "overrides" else (*owner.models, *owner.optimizers)
            if first in names and (not reach.classes or (real, owner.name) in known):
                yield real, owner


def _classes_of(files: Files, importer: str, name: str) -> set[tuple[str, str]]:
    """What ``name`` is, as ``importer`` has it, what is above it, and whose object it holds: files, and names there."""
    found, pending, seen = set[tuple[str, str]](), [(importer, name)], set[tuple[str, str]]()
    while pending:
        asked = pending.pop()
        if asked in seen:
            continue
        seen.add(asked)
        file, full = asked
        own = "." not in full and full in files.offer(file).above
        for place, key in ((file, full),) if own else files.definitions(file, full):
            found.add((place, key))
            pending += [(place, one) for one in files.offer(place).above.get(key, ())]
    return found
