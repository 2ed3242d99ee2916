"""Before a run: which networks a file takes from other files, and what these add to the loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tf2ms_opt.offers import Builder, Taken
from tf2ms_opt.project.files import Files

_MUCH = 8  # places of one network that a sentence names
#: a builder as it is taken: its file, its name there, and the parameters that it is given (None for any)
_Key = tuple[str, str, "frozenset[str] | None"]


def networks(files: Files, using: Iterable[str]) -> Mapping[str, tuple[tuple[Taken, tuple[str, ...]], ...]]:
    """Real path of a file of ``using`` -> what it takes from other files that has penalties, and where."""
    found = {}
    for real in using:
        told = [(one, _places(files, real, one)) for one in sorted(files.building(real).taken, key=repr)]
        found[real] = tuple((one, places) for one, places in told if places)
    return found


def _places(files: Files, importer: str, taken: Taken) -> tuple[str, ...]:
    """Where files other than ``importer`` have penalties in what it takes."""
    return _said(_lines(files, _meant(files, importer, taken, None), importer))


def penalties_in(files: Files, real: str, network: Builder, taker: str) -> tuple[str, ...]:
    """Where a network that is built in the file has penalties, but for those that stand in the file ``taker``."""
    found = {(files.paths[real], one.line): one.text for one in network.penalties}
    for one in network.takes:
        found |= _lines(files, _meant(files, real, one, None), taker)
    return _said(found)


def _lines(files: Files, start: Iterable[_Key], without: str) -> dict[tuple[str, int], str]:
    lines: dict[tuple[str, int], str] = {}
    pending = list(start)
    seen: set[_Key] = set()
    while pending:
        key = pending.pop()
        builder = files.building(key[0]).builder(key[1]) if key not in seen else None
        seen.add(key)
        if builder is None:
            continue
        if key[0] != without:
            given = [one for one in builder.penalties if _holds(one.parameter, key[2])]
            lines |= {(files.paths[key[0]], one.line): one.text for one in given}
        for one in builder.takes:
            pending += _meant(files, key[0], one, key[2])
    return lines


def _said(lines: Mapping[tuple[str, int], str]) -> tuple[str, ...]:
    places = [f"{path}:{line} {text}" for (path, line), text in sorted(lines.items())]
    return tuple(places if len(places) <= _MUCH else [*places[:_MUCH], "..."])


def _meant(files: Files, importer: str, taken: Taken, around: frozenset[str] | None) -> Iterator[_Key]:
    """What ``taken`` may be in ``importer``, and what it is given where the code around it is given ``around``."""
    own = "." not in taken.name and files.building(importer).builder(taken.name) is not None
    for file, name in ((importer, taken.name),) if own else files.definitions(importer, taken.name):
        builder = files.building(file).builder(name)
        if builder is not None:
            yield file, name, _given(taken, builder if "." not in name else None, around)


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
