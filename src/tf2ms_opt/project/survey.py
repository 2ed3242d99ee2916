"""Before a run: which functions return an optimizer, and whether all calls in the run's files can pass the parameters.

A function is changed with all its callers in the run, or not at all.  Only files that could have to do with it are
read twice, and nothing of a file is kept but a few names and positions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tf2ms_opt.neighbours import NOBODY, Across, Gain, Mention, Mentions, Neighbours, Signature
from tf2ms_opt.outcomes import Outcome
from tf2ms_opt.project.files import Files, any_of
from tf2ms_opt.project.layout import definitions, stem
from tf2ms_opt.project.questions import Answers, Question
from tf2ms_opt.project.takers import Takers
from tf2ms_opt.walk import Found

#: the outcome of a file with what others say to it, without writing anything
Try = Callable[[Found, bytes, Neighbours], Outcome]
_ROUNDS = 20
NOT_ITSELF = "its callers could pass the parameters, but it could not be converted itself"
#: a function: the real path of its file, and its name there
Key = tuple[str, str]


@dataclass(slots=True)
class _Survey:
    """One survey under way."""

    files: Files
    attempt: Try
    signatures: dict[Key, Signature] = field(default_factory=dict)
    #: functions that cannot be changed, and why
    closed: dict[Key, str] = field(default_factory=dict)
    #: real path -> what the file has to do with the functions
    known: dict[str, Mentions] = field(default_factory=dict)
    searched: set[str] = field(default_factory=set)
    takers: Takers = field(init=False)

    def __post_init__(self) -> None:
        self.takers = Takers(self.files, self.known)


def survey(files: Files, opened: Iterable[tuple[Found, Across]], attempt: Try) -> Mapping[str, Neighbours]:
    """Path in reports -> what other files say to that file; one that has nothing to do with others is absent.

    ``opened`` is what each file tells about others, if all calls of its functions could be changed with them.
    """
    state = _Survey(files, attempt)
    handing = []
    for file, across in opened:
        _open(state, file, across.signatures)
        handing += [file] if state.takers.learn(file, across.handings) else []
    _search(state)
    for file in handing:  # what they hand on may tell the parameters of their own functions
        found = _attempt(state, file, Neighbours(assumed=True))
        _open(state, file, found.across.signatures if found is not None else ())
    result: Mapping[str, Neighbours] = {}
    for _ in range(_ROUNDS):
        if not state.signatures and not any(state.takers.handings.values()):
            return {}
        before = _state_of(state)
        _search(state)
        result = _neighbours(state)
        _try(state, result)
        if before == _state_of(state):
            if state.takers.settled:
                return result
            state.takers.settled = True
    return {path: Neighbours(tuple((name, "its callers are too entangled") for name, _ in one.callers)) for path, one in
            result.items()}  # fmt: skip


def _state_of(state: _Survey) -> tuple[object, ...]:
    return (
        dict(state.signatures),
        dict(state.closed),
        dict(state.takers.left),
        dict(state.takers.losses),
        dict(state.takers.handings),
    )


def _attempt(state: _Survey, file: Found, neighbours: Neighbours) -> Outcome | None:
    """The outcome of a file, asked again as long as it hands optimizers to functions that were not known.

    None where it cannot be read.
    """
    data = state.files.read(file)
    if data is None:
        return None
    for _ in range(_ROUNDS):
        outcome = state.attempt(file, data, replace(neighbours, takers=state.takers.said_to(file)))
        if not state.takers.learn(file, outcome.across.handings):
            break
        _search(state)
    return outcome


def _open(state: _Survey, file: Found, found: Collection[Signature]) -> None:
    if file.real.lower().endswith(".ipynb"):  # no file imports a notebook
        return
    state.signatures |= {
        (file.real, one.function): one for one in found if (file.real, one.function) not in state.signatures
    }


def _search(state: _Survey) -> None:
    """Read every file that has a name of a function, or of its module, which was not asked for yet."""
    words = {name.rpartition(".")[2] for _, name in state.signatures} | state.takers.words()
    while (asked := words | {stem(file) for file, _ in state.signatures}) - state.searched:
        state.searched |= asked
        met = sorted(state.files.having(any_of(asked)))
        _take_note(state, state.files.ask({real: Question(mentions=frozenset(words)) for real in met}))
        # what is imported under another name may be imported from there
        words |= {
            own for one in state.known.values() for own, full in one.imports.items() if full.rpartition(".")[2] in words
        }


def _take_note(state: _Survey, said: Mapping[str, Answers]) -> None:
    for real, one in said.items():
        if one.mentions is not None and real.lower().endswith((".py", ".ipynb")):
            state.known[real] = one.mentions
            continue
        file, data = state.files.found(real), state.files.data(real)
        for key in state.signatures:
            if key[0] != real and re.search(rb"\b" + key[1].rpartition(".")[2].encode() + rb"\b", data):
                state.closed.setdefault(key, f"{file.path}, which cannot be read as Python, has the name of it")


def _neighbours(state: _Survey) -> dict[str, Neighbours]:
    """What is said to each file, as far as it is known which functions can be changed."""
    gains: dict[str, list[Gain]] = {}
    called: set[Key] = set()
    path = state.files.path
    for file in state.files.files:
        _close_modules(state, file)
        for use in state.known[file.real].uses if file.real in state.known else ():
            for key in _meant(state, file.real, use):
                called.add(key)
                table = state.signatures[key].table
                call = use.element if table else use.call
                if table and use.keys:
                    continue
                if why := _hindrance(file.path, use, state.signatures[key]):
                    state.closed.setdefault(key, why)
                elif key not in state.closed and call is not None:
                    gain = Gain(*call, path(key[0]), state.signatures[key])
                    gains.setdefault(file.path, []).append(gain)
    callers: dict[str, list[tuple[str, str]]] = {}
    for key in state.signatures:
        if key in called or key in state.closed:
            callers.setdefault(path(key[0]), []).append((key[1], state.closed.get(key, "")))
    received = {path(real): every for real, every in state.takers.received().items()}
    handing = {file.path: file for file in state.files.files if state.takers.handings.get(file.path)}
    return {
        one: Neighbours(
            tuple(sorted(callers.get(one, ()))),
            tuple(_open_gains(state, gains.get(one, ()))),
            takers=state.takers.said_to(handing[one]) if one in handing else (),
            received=received.get(one, ()),
        )
        for one in sorted({*callers, *gains, *received, *handing})
    }


def _close_modules(state: _Survey, file: Found) -> None:
    """A module that is handed on, or asked for a name that is a value, may give any of its functions."""
    known = state.known.get(file.real)
    for line, name in known.modules if known is not None else ():
        places = set(state.files.layout.modules(name, file.real))
        for key in state.signatures:
            if key[0] in places and key[0] != file.real:
                state.closed.setdefault(key, f"{file.path} hands its module on in line {line}")


def _open_gains(state: _Survey, gains: Collection[Gain]) -> Iterator[Gain]:
    """Those whose function was not closed by another file in the meantime."""
    closed = {(state.files.path(file), name) for file, name in state.closed}
    yield from (one for one in gains if (one.path, one.signature.function) not in closed)


def _meant(state: _Survey, importer: str, use: Mention) -> Iterator[Key]:
    """The functions of other files that a place may stand for."""
    last = {name.rpartition(".")[2] for name in use.names}
    places = {one for name in use.names for one in definitions(state.files.layout, name, importer, state.known)}
    for key in state.signatures:
        file, function = key
        method = "." in function
        if file == importer or (not method and not last):
            continue
        # an object whose class is not told may be of that class, and self of a base class, too
        unknown = state.signatures[key].derived if use.on_self else use.other and not use.names
        if method and unknown and use.name == function.rpartition(".")[2]:
            yield key
            continue
        # a base class of another file may have this method from a class above it
        above = use.on_self and bool(places) and places.isdisjoint(state.signatures)
        if key in places or (method and above and use.name == function.rpartition(".")[2]):
            yield key


def _hindrance(path: str, use: Mention, signature: Signature) -> str:
    """Why the place cannot pass the parameters; empty if it can, as far as the place itself tells."""
    if not signature.called:
        return f"{path} uses it as well in {use.place}"
    if signature.table:
        return f"{path} uses it without calling what is in it in {use.place}" if use.element is None else ""
    if use.call is None and use.on_self:
        return f"a class of {path} has it again, or hands it on, in {use.place}"
    if use.call is None:
        return f"{path} uses it without calling it in {use.place}"
    if use.other or len(use.names) != 1:
        return f"{use.place} of {path} may call it, or something else"
    return ""


def _try(state: _Survey, said: Mapping[str, Neighbours]) -> None:
    """Convert the files once, for nothing but to see whether it works; close what does not, open what it leads to."""
    for file in state.files.files:
        neighbours = said.get(file.path, NOBODY)
        expected = {name for name, why in neighbours.callers if not why}
        if not expected and neighbours == NOBODY:
            continue
        outcome = _attempt(state, file, neighbours)
        state.takers.settle(file, outcome.across.stepped if outcome is not None else (), neighbours.received)
        changed = (
            {one.function for one in outcome.across.signatures} if outcome is not None and outcome.changed else set()
        )
        for name in expected - changed:
            state.closed.setdefault((file.real, name), NOT_ITSELF)
        refused = dict(outcome.across.refused) if outcome is not None else {}
        for gain in neighbours.gains:
            key = (state.files.reals[gain.path], gain.signature.function)
            if gain.line in refused:
                state.closed.setdefault(key, f"in {file.path}: {refused[gain.line]}")
            elif outcome is None or not outcome.changed:
                state.closed.setdefault(key, f"{file.path}, which calls it, could not be converted")
        if outcome is not None and outcome.changed:
            _open(state, file, outcome.across.signatures)
            # what was opened when less was known of other files may return other things as well
            state.signatures |= {(file.real, one.function): one for one in outcome.across.signatures
                                 if (file.real, one.function) in state.signatures}  # fmt: skip
