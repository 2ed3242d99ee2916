"""Before a run: what functions of a file are handed by other files, as networks and as learning rates."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from tf2ms_opt.neighbours import NoNumber
from tf2ms_opt.offers import Passing, Taken
from tf2ms_opt.project.files import Files
from tf2ms_opt.project.networks import Networks
from tf2ms_opt.project.schedules import given

#: real path of a file -> parameters of its functions, by the names that ``Told`` has
Wanted = Mapping[str, Collection[str]]
#: real path of a file -> what it hands to functions of others
Passings = Mapping[str, Collection[Passing]]


def functions(wanted: Wanted) -> frozenset[str]:
    """The names of the functions with ``wanted`` parameters, and of the classes that have these as methods."""
    return frozenset(name.partition("(")[0].partition(".")[0] for every in wanted.values() for name in every)


def handed_rates(files: Files, wanted: Wanted, passings: Passings) -> Mapping[str, tuple[tuple[str, NoNumber], ...]]:
    """Real path -> the parameters that are handed a schedule, or another value that is no number."""
    found: dict[str, dict[str, NoNumber]] = {}
    for other, one, real, name in matching(files, wanted, passings):
        known = [given(files, other, further) for further in one.rate.via]
        if one.rate.line:
            known.append(NoNumber("", one.rate.schedule))
        for value in filter(None, known):
            place = NoNumber(files.place(other, one.line, one.cell), value.schedule)
            first = found.setdefault(real, {}).setdefault(name, place)
            found[real][name] = min(first, place, key=lambda each: (not each.schedule, each.place))
    return {real: tuple(sorted(every.items())) for real, every in found.items()}


def handed_networks(
    networks: Networks, wanted: Wanted, passings: Passings
) -> Mapping[str, tuple[tuple[Taken, tuple[str, ...]], ...]]:
    """Real path -> the parameters that are handed networks with penalties, and where these stand."""
    found: dict[str, dict[str, set[str]]] = {}
    for other, one, real, name in matching(networks.files, wanted, passings):
        if places := networks.penalties(other, one.network, real):
            found.setdefault(real, {}).setdefault(name, set()).update(places)
    return {
        real: tuple((Taken(name), tuple(sorted(places))) for name, places in sorted(every.items()))
        for real, every in found.items()
    }


def matching(files: Files, wanted: Wanted, passings: Passings) -> Iterator[tuple[str, Passing, str, str]]:
    """The file that hands, what it hands, the file that gets it, and its parameter, where that is ``wanted``."""
    for other, every in sorted(passings.items()):
        for one in every:
            for full in one.names:
                for real, function in files.definitions(other, full):
                    names = files.offer(real).parameters.get(function, ())
                    place = int(one.key) if one.key.isdecimal() else -1
                    parameter = names[place] if 0 <= place < len(names) else one.key
                    name = f"{function}({parameter})"
                    if real != other and name in wanted.get(real, ()):
                        yield other, one, real, name
