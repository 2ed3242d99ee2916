"""Before a run: what the files tell each other that holds whatever becomes of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from tf2ms_opt.neighbours import UNTOLD, Reached, Told
from tf2ms_opt.offers import Owner
from tf2ms_opt.project.files import Files
from tf2ms_opt.project.layout import stem
from tf2ms_opt.project.networks import networks
from tf2ms_opt.project.passed import Passings, Wanted, functions, handed_networks, handed_rates
from tf2ms_opt.project.questions import Optimizers, freezes, passings, rates, reaches
from tf2ms_opt.project.reached import reached
from tf2ms_opt.project.schedules import is_parameter, values
from tf2ms_opt.walk import Found

#: what trains with an optimizer that another file may build
_TRAINS = re.compile(rb"\.compile\b|\.minimize\b|\.apply_gradients\b")
#: what every file has that freezes a part of a network
_FREEZES = re.compile(rb"trainable\s*=|['\"]trainable['\"]")
_IMPORTED = re.compile(rb"\b(?:from|import)\s*\(?\s*([\w.]+)")
_MOST = 4  # places that a sentence names
#: what every file with a penalty has
_PENALTIES = re.compile(rb"regularizer|add_loss|ActivityRegularization")


def told(files: Files, asked: Mapping[Found, Optimizers], makers: Collection[str]) -> Mapping[str, Told]:
    """Path in reports -> what other files tell that file; one that is told nothing is absent.

    ``asked`` are the files that may build optimizers, and what they have to do with them; ``makers`` are the functions
    from which other files get some.
    """
    if not asked:
        return {}
    carriers = {file.real for file in files.files if _PENALTIES.search(files.bytes(file.real))}
    using = [file for file in files.files if file in asked or _TRAINS.search(files.bytes(file.real))]
    known = {file.real: one.rates for file, one in asked.items() if one.rates}
    words = _with_aliases(files, {name.rpartition(".")[2] for name in makers})
    for real in _having(files, words):
        known[real] = known.get(real, frozenset()) | rates(files.bytes(real), files.rules, words)
    linked = _linked(files)
    penalties = networks(files, [file.real for file in using if carriers - {file.real} and linked(file.real)])
    given = {real: values(files, real, names) for real, names in known.items()}
    wanted = {real: {name for name in names if is_parameter(name)} for real, names in known.items()}
    trained = {file.real: one.models for file, one in asked.items() if carriers and one.models}
    passed = _passings(files, [wanted, trained])
    got_rates, got_networks = handed_rates(files, wanted, passed), handed_networks(files, trained, passed)
    owners = {file.real: one.owners for file, one in asked.items() if one.owners}
    met = _reached(files, owners)
    frozen = dict(_frozen(files, [file.real for file in asked]))
    found = {
        file.path: Told(
            (*penalties.get(file.real, ()), *got_networks.get(file.real, ())),
            (*given.get(file.real, ()), *got_rates.get(file.real, ())),
            met.get(file.real, ()),
            frozen.get(file.real, ()),
        )
        for file in files.files
    }
    return {path: one for path, one in found.items() if one != UNTOLD}


def _frozen(files: Files, using: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each file of ``using``, and the places of freezes in files that it imports from, or that import from it."""
    lines = {
        file.real: found
        for file in files.files
        if _FREEZES.search(files.bytes(file.real)) and (found := freezes(files.bytes(file.real), files.rules))
    }
    for real in using if lines else ():
        near = [one for one in lines if one != real and (one in files.imported(real) or real in files.imported(one))]
        places = [files.place(one, line) for one in near for line in lines[one]]
        if places:
            yield real, tuple(sorted(places)[:_MOST])


def _linked(files: Files) -> Callable[[str], bool]:
    """Whether a file may import another file of the run: a word of an import is that of a file, or of a directory."""
    words = {stem(file.real) for file in files.files} | {part for one in files.files for part in Path(one.real).parts}

    def linked(real: str) -> bool:
        names = (match[1].decode() for match in _IMPORTED.finditer(files.bytes(real)))
        return any(name.startswith(".") or not words.isdisjoint(name.split(".")) for name in names)

    return linked


def _passings(files: Files, wanted: Sequence[Wanted]) -> Passings:
    """What every file hands to the functions with ``wanted`` parameters, under whatever names it imports them.

    The last of them are those that get networks.
    """
    words = _with_aliases(files, frozenset[str]().union(*map(functions, wanted)))
    built = bool(wanted[-1])
    return {real: passings(files.bytes(real), files.rules, words, networks=built) for real in _having(files, words)}


def _with_aliases(files: Files, words: Collection[str]) -> frozenset[str]:
    """``words``, and the names under which some file imports what is called so."""
    found = frozenset(words)
    while True:
        every = "|".join(re.escape(word) for word in sorted(found))
        pattern = re.compile(rf"\b(?:{every})\s+as\s+(\w+)".encode())
        named = [pattern.findall(files.bytes(real)) for real in _having(files, found)]
        more = found | {one.decode() for every in named for one in every}
        if more == found:
            return found
        found = more


def _having(files: Files, words: Collection[str]) -> list[str]:
    """The files that have one of ``words``."""
    pattern = _any_of(words)
    return [file.real for file in files.files if pattern is not None and pattern.search(files.bytes(file.real))]


def _reached(files: Files, owners: Mapping[str, Collection[Owner]]) -> Mapping[str, tuple[Reached, ...]]:
    attributes = {
        name for every in owners.values() for one in every for name in (*one.models, *one.optimizers, *one.methods)
    }
    pattern, near = _any_of(attributes), _near(files, owners)
    others = [file.real for file in files.files if owners.keys() - {file.real}]
    met = [real for real in others if pattern is not None and near(real) and pattern.search(files.bytes(real))]
    return reached(files, owners, {real: reaches(files.bytes(real), files.rules, attributes) for real in met})


def _near(files: Files, owners: Mapping[str, Collection[Owner]]) -> Callable[[str], bool]:
    """Whether a file may have objects of ``owners``: it names the class, one below it, or imports the class's file."""
    words = {one.name for every in owners.values() for one in every}
    named, before = _any_of(words), 0
    while named is not None and before != len(words):
        before = len(words)
        heirs = re.compile(rb"\bclass\s+(\w+)\s*\([^)]*?" + named.pattern)
        for file in files.files:
            words |= {one.decode(errors="replace") for one in heirs.findall(files.bytes(file.real))}
        named = _any_of(words)
    stems = _any_of({stem(real) for real in owners})
    imported = re.compile(rb"\b(?:import|from)\b[^\n]*" + stems.pattern) if stems is not None else None

    def near(real: str) -> bool:
        data = files.bytes(real)
        return any(one is not None and one.search(data) for one in (named, imported))

    return near


def _any_of(words: Collection[str]) -> re.Pattern[bytes] | None:
    """What finds any of ``words``; None where there are none."""
    every = b"|".join(re.escape(word.encode()) for word in sorted(words))
    return re.compile(rb"\b(?:" + every + rb")\b") if words else None
