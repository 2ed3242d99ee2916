"""Before a run: which networks a file takes from other files, and what these add to the loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tf2ms_opt.offers import Builder, Taken
from tf2ms_opt.project.files import Files

_MUCH = 8  # places of one network that a sentence names
#: a builder: its file, and its name there
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Networks:
    """The functions, classes and names of the files that networks with penalties are built by."""

    files: Files
    penalized: frozenset[_Key]

    @classmethod
    def of(cls, files: Files, start: Iterable[tuple[str, Taken]]) -> Networks:
        """Those that lead from ``start``, what files take, to a penalty."""
        pending = [key for real, taken in start for key in _meant(files, real, taken)]
        users: dict[_Key, list[_Key]] = {}
        reached, penalized = set[_Key](), list[_Key]()
        while pending:
            key = pending.pop()
            builder = files.building(key[0]).builder(key[1]) if key not in reached else None
            reached.add(key)
            if builder is None:
                continue
            penalized += [key] if builder.penalties else []
            for one in (each for taken in builder.takes for each in _meant(files, key[0], taken)):
                users.setdefault(one, []).append(key)
                pending.append(one)
        found = set[_Key]()
        while penalized:
            key = penalized.pop()
            if key not in found:
                found.add(key)
                penalized += users.get(key, ())
        return cls(files, frozenset(found))

    def taken(self, using: Iterable[str]) -> Mapping[str, tuple[tuple[Taken, tuple[str, ...]], ...]]:
        """Real path of a file of ``using`` -> what it takes from other files that has penalties, and where."""
        found = {}
        for real in using:
            told = [(one, self._places(real, one)) for one in sorted(self.files.building(real).taken, key=repr)]
            found[real] = tuple((one, places) for one, places in told if places)
        return found

    def penalties(self, real: str, network: Builder, taker: str) -> tuple[str, ...]:
        """Where a network that is built in the file has penalties, but for those that stand in the file ``taker``."""
        found = {(self.files.path(real), one.line): one.text for one in network.penalties}
        for one in network.takes:
            found |= self._lines(self._followed(real, one, None), taker)
        return _said(found)

    def _places(self, importer: str, taken: Taken) -> tuple[str, ...]:
        """Where files other than ``importer`` have penalties in what it takes."""
        return _said(self._lines(self._followed(importer, taken, None), importer))

    def _lines(self, start: Iterable[tuple[_Key, frozenset[str] | None]], without: str) -> dict[tuple[str, int], str]:
        lines: dict[tuple[str, int], str] = {}
        pending = list(start)
        seen = set[tuple[_Key, frozenset[str] | None]]()
        while pending:
            one = pending.pop()
            (file, name), given = one
            builder = self.files.building(file).builder(name) if one not in seen else None
            seen.add(one)
            if builder is None:
                continue
            if file != without:
                penalties = [each for each in builder.penalties if _holds(each.parameter, given)]
                lines |= {(self.files.path(file), each.line): each.text for each in penalties}
            for each in builder.takes:
                pending += self._followed(file, each, given)
        return lines

    def _followed(
        self, importer: str, taken: Taken, around: frozenset[str] | None
    ) -> Iterator[tuple[_Key, frozenset[str] | None]]:
        """What ``taken`` may be in ``importer``, and what it is given where the code around it is given ``around``."""
        for file, name in _meant(self.files, importer, taken):
            builder = self.files.building(file).builder(name) if (file, name) in self.penalized else None
            if builder is not None:
                yield (file, name), _given(taken, builder if "." not in name else None, around)


def _said(lines: Mapping[tuple[str, int], str]) -> tuple[str, ...]:
    places = [f"{path}:{line} {text}" for (path, line), text in sorted(lines.items())]
    return tuple(places if len(places) <= _MUCH else [*places[:_MUCH], "..."])


def _meant(files: Files, importer: str, taken: Taken) -> Iterator[_Key]:
    """What ``taken`` may be in ``importer``."""
    own = "." not in taken.name and files.building(importer).builder(taken.name) is not None
    yield from ((importer, taken.name),) if own else files.definitions(importer, taken.name)


def _holds(parameter: str, given: frozenset[str] | None) -> bool:
    """Whether what needs a parameter is there, where ``given`` are given."""
    return not parameter or given is None or parameter in given


def _given(taken: Taken, builder: Builder | None, around: frozenset[str] | None) -> frozenset[str] | None:
    """The parameters of ``builder`` that it gets; None where they are not told."""
    if taken.given is None or builder is None or builder.parameters is None:
        return None
    found = set()
    for name, through in taken.given:
        if not _holds(through, around):
            continue
        if not name.isdecimal():
            found.add(name)
        elif int(name) < len(builder.parameters):
            found.add(builder.parameters[int(name)])
    return frozenset(found)
