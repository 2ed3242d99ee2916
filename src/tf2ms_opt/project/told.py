"""Before a run: what the files tell each other that holds whatever becomes of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from tf2ms_opt.neighbours import UNTOLD, Told
from tf2ms_opt.offers import Owner, Taken
from tf2ms_opt.project.files import Files, any_of
from tf2ms_opt.project.first import Optimizers
from tf2ms_opt.project.networks import Networks
from tf2ms_opt.project.passed import Passings, Wanted, functions, handed_networks, handed_rates, matching
from tf2ms_opt.project.questions import Answers, Question
from tf2ms_opt.project.reached import asked_for, reached
from tf2ms_opt.project.schedules import is_parameter, values
from tf2ms_opt.walk import Found

#: what trains with an optimizer that another file may build
_TRAINS = re.compile(rb"\.compile\b|\.minimize\b|\.apply_gradients\b")
#: what every file has that freezes a part of a network
_FREEZES = re.compile(rb"trainable(?:\s*=|['\"])")
#: what every file has that changes something for all of Keras
_SETTINGS = re.compile(rb"set_(?:floatx|epsilon|learning_phase|policy|global_policy|dtype_policy)\b")
_MOST = 4  # places that a sentence names
#: what every file with a penalty or a constraint has
_PENALTIES = re.compile(rb"regularizer|add_loss|ActivityRegularization|constraint")


def told(files: Files, asked: Mapping[Found, Optimizers], makers: Mapping[str, Collection[str]]) -> Mapping[str, Told]:
    """Path in reports -> what other files tell that file; one that is told nothing is absent.

    ``asked`` are the files that may build optimizers, and what they have to do with them; ``makers`` are the functions
    from which other files get some, by the real paths of their files.
    """
    if not asked or len(files) < 2:  # noqa: PLR2004 -- a file by itself
        return {}
    building = frozenset(file.real for file in asked)
    carriers = files.having(_PENALTIES)
    files.networked = carriers | files.links.reaching(carriers)
    using = files.having(_TRAINS, files.networked) | (files.networked & building)
    owners = {file.real: one.owners for file, one in asked.items() if one.owners}
    said = _first_answers(files, building, using, owners, makers)
    known = {file.real: one.rates for file, one in asked.items()}
    known |= {real: known.get(real, frozenset()) | one.rates for real, one in said.items() if one.rates}
    wanted = {real: found for real, names in known.items() if (found := frozenset(filter(is_parameter, names)))}
    trained = {file.real: one.models for file, one in asked.items() if one.models}
    passed = _passings(files, wanted, trained)

    def taken() -> Iterator[tuple[str, Taken]]:
        yield from ((real, one) for real in using for one in files.building(real).taken)
        yield from ((real, one) for real, each, *_ in matching(files, trained, passed) for one in each.network.takes)

    networks = files.settled(lambda: Networks.of(files, taken()))

    def settle() -> Mapping[str, Told]:
        penalties = networks.taken(using)
        given = {real: values(files, real, names) for real, names in known.items() if files.links.to(real)}
        got_rates, got_networks = handed_rates(files, wanted, passed), handed_networks(networks, trained, passed)
        met = reached(files, owners, {real: one.reaches for real, one in said.items() if one.reaches})
        frozen = _near(files, building, {real: one.freezes for real, one in said.items() if one.freezes})
        set_there = _near(files, building, {real: one.settings for real, one in said.items() if one.settings})
        return {
            file.path: Told(
                (*penalties.get(file.real, ()), *got_networks.get(file.real, ())),
                (*given.get(file.real, ()), *got_rates.get(file.real, ())),
                met.get(file.real, ()),
                frozen.get(file.real, ()),
                set_there.get(file.real, ()),
            )
            for file in files.files
        }

    return {path: one for path, one in files.settled(settle).items() if one != UNTOLD}


def _first_answers(
    files: Files,
    building: Collection[str],
    using: Collection[str],
    owners: Mapping[str, Collection[Owner]],
    makers: Mapping[str, Collection[str]],
) -> Mapping[str, Answers]:
    """What files freeze, set for all of Keras, give to functions ``makers`` as rates, and do to objects of ``owners``.

    ``building`` are the files that build optimizers, and ``using`` those to ask for the networks that they take.
    """
    around = files.links.reached(building) | files.links.reaching(building)
    freezing, setting = files.having(_FREEZES, around), files.having(_SETTINGS, around)
    words = files.links.with_aliases({name.rpartition(".")[2] for every in makers.values() for name in every})
    calling = files.having(any_of(words), files.links.reaching(makers))
    reaching = asked_for(files, owners)
    return files.ask({
        real: Question(
            building=real in using,
            freezes=real in freezing,
            settings=real in setting,
            rates=words if real in calling else frozenset(),
            reaches=reaching.get(real, frozenset()),
        )
        for real in sorted({*using, *freezing, *setting, *calling, *reaching})
    })  # fmt: skip


def _near(files: Files, using: Collection[str], lines: Mapping[str, Sequence[int]]) -> Mapping[str, tuple[str, ...]]:
    """File of ``using`` -> those of ``lines`` that are in what it imports from, or in what imports from it."""
    above = files.links.reaching(lines)
    taking = {real: files.imported(real) for real in files.links.reaching(using).intersection(lines)}
    found = {}
    for real in using:
        taken = files.imported(real) if real in above else frozenset()
        near = [one for one in lines if one != real and (one in taken or real in taking.get(one, ()))]
        found[real] = tuple(sorted(files.place(one, line) for one in near for line in lines[one])[:_MOST])
    return found


def _passings(files: Files, rates: Wanted, models: Wanted) -> Passings:
    """What every file hands to the functions that want ``rates`` and networks (``models``), under whatever names."""
    found: dict[str, Question] = {}
    for wanted, among in ((rates, set(files)), (models, files.networked)):
        words = files.links.with_aliases(functions(wanted))
        for real in files.having(any_of(words), files.links.reaching(wanted).intersection(among)):
            before = found.get(real, Question())
            found[real] = Question(passings=before.passings | words, networks=wanted is models)
    return {real: one.passings for real, one in files.ask(dict(sorted(found.items()))).items()}
