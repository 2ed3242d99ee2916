"""Before a run: what files do with the objects of other files' classes that build their own optimizers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from tf2ms_opt.neighbours import Reached
from tf2ms_opt.offers import Owner, Reach
from tf2ms_opt.project.files import Files


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
    for real, every in owners.items():
        for owner in every if real != other else ():
            names = owner.methods if reach.kind == "overrides" else (*owner.models, *owner.optimizers)
            if first not in names:
                continue
            known = any(_is_one(files, other, name, (real, owner.name)) for name in reach.classes)
            if known or (not reach.classes and real in files.imported(other)):
                yield real, owner


def _is_one(files: Files, importer: str, name: str, owner: tuple[str, str]) -> bool:
    """Whether ``name``, as ``importer`` has it, is the class, one below it, or holds an object of one."""
    pending, seen = [(importer, name)], set[tuple[str, str]]()
    while pending:
        asked = pending.pop()
        if asked in seen:
            continue
        seen.add(asked)
        file, full = asked
        own = "." not in full and full in files.offer(file).above
        for place, key in ((file, full),) if own else files.definitions(file, full):
            if (place, key) == owner:
                return True
            pending += [(place, one) for one in files.offer(place).above.get(key, ())]
    return False
