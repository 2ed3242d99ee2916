"""Before a run: which functions return an optimizer, and whether all calls in the run's files can pass the parameters.

A function is changed with all its callers in the run, or not at all.  Only files that could have to do with it are
read twice, and nothing of a file is kept but a few names and positions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tf2ms_opt.neighbours import NOBODY, Across, Gain, Mention, Mentions, Neighbours, Signature, Taker
from tf2ms_opt.offers import Reach
from tf2ms_opt.outcomes import Outcome
from tf2ms_opt.project.layout import Layout, definitions, stem
from tf2ms_opt.project.questions import mentions, reaches, taker
from tf2ms_opt.project.takers import Takers
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.walk import Found

#: a file's bytes; None for one that cannot be read
Read = Callable[[Found], "bytes | None"]
#: the outcome of a file with what others say to it, without writing anything
Try = Callable[[Found, bytes, Neighbours], Outcome]
_ROUNDS = 20
NOT_ITSELF = "its callers could pass the parameters, but it could not be converted itself"
#: a function: the real path of its file, and its name there
Key = tuple[str, str]


@dataclass(slots=True)
class _Survey:
    """One survey under way."""

    files: Sequence[Found]
    read: Read
    attempt: Try
    rules: RuleSet
    layout: Layout
    signatures: dict[Key, Signature] = field(default_factory=dict)
    #: functions that cannot be changed, and why
    closed: dict[Key, str] = field(default_factory=dict)
    #: real path -> what the file has to do with the functions
    known: dict[str, Mentions] = field(default_factory=dict)
    searched: set[str] = field(default_factory=set)
    takers: Takers = field(init=False)

    def __post_init__(self) -> None:
        self.takers = Takers(self.files, self.layout, self.known, self._taker, self._reaches)

    def _reaches(self, file: Found, attributes: Collection[str]) -> tuple[Reach, ...]:
        data = self.read(file)
        words = b"|".join(re.escape(one.encode()) for one in attributes)
        if data is None or not re.search(rb"(?:\.|setattr\b.*)\b(?:" + words + rb")\b", data):
            return ()
        return reaches(data, self.rules, attributes)

    def _taker(self, file: Found, function: str, argument: str | int) -> Taker | None:
        data = self.read(file)
        return None if data is None else taker(data, self.rules, file.path, function, argument)


def survey(
    files: Sequence[Found],
    opened: Iterable[tuple[Found, Across]],
    read: Read,
    attempt: Try,
    rules: RuleSet,
) -> Mapping[str, Neighbours]:
    """Path in reports -> what other files say to that file; one that has nothing to do with others is absent.

    ``opened`` is what each file tells about others, if all calls of its functions could be changed with them.
    """
    state = _Survey(files, read, attempt, rules, Layout.of(file.real for file in files))
    handing = []
    for file, across in opened:
        _open(state, file, across.signatures)
        handing += [file] if state.takers.learn(file, across.handings) else []
    _search(state)
    for file in handing:  # what they hand on may tell the parameters of their own functions
        if (data := state.read(file)) is not None:
            found = _attempt(state, file, data, Neighbours(assumed=True))
            _open(state, file, found.across.signatures)
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


def _attempt(state: _Survey, file: Found, data: bytes, neighbours: Neighbours) -> Outcome:
    """The outcome of a file, asked again as long as it hands optimizers to functions that were not known."""
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
        pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(word.encode()) for word in sorted(asked)) + rb")\b")
        for file in state.files:
            data = state.read(file)
            if data is not None and pattern.search(data):
                _read_mentions(state, file, data, words)
        # what is imported under another name may be imported from there
        words |= {
            own for one in state.known.values() for own, full in one.imports.items() if full.rpartition(".")[2] in words
        }


def _read_mentions(state: _Survey, file: Found, data: bytes, words: Collection[str]) -> None:
    known = file.real.lower().endswith((".py", ".ipynb"))
    found = mentions(data, state.rules, words) if known else None
    if found is not None:
        state.known[file.real] = found
        return
    for key in state.signatures:
        if key[0] != file.real and re.search(rb"\b" + key[1].rpartition(".")[2].encode() + rb"\b", data):
            state.closed.setdefault(key, f"{file.path}, which cannot be read as Python, has the name of it")


def _neighbours(state: _Survey) -> dict[str, Neighbours]:
    """What is said to each file, as far as it is known which functions can be changed."""
    gains: dict[str, list[Gain]] = {}
    called: set[Key] = set()
    paths = {file.real: file.path for file in state.files}
    for file in state.files:
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
                    gain = Gain(*call, paths[key[0]], state.signatures[key])
                    gains.setdefault(file.path, []).append(gain)
    callers: dict[str, list[tuple[str, str]]] = {}
    for key in state.signatures:
        if key in called or key in state.closed:
            callers.setdefault(paths[key[0]], []).append((key[1], state.closed.get(key, "")))
    received = {paths[real]: every for real, every in state.takers.received().items()}
    handing = {file.path: file for file in state.files if state.takers.handings.get(file.path)}
    return {
        path: Neighbours(
            tuple(sorted(callers.get(path, ()))),
            tuple(_open_gains(state, gains.get(path, ()), paths)),
            takers=state.takers.said_to(handing[path]) if path in handing else (),
            received=received.get(path, ()),
        )
        for path in sorted({*callers, *gains, *received, *handing})
    }


def _close_modules(state: _Survey, file: Found) -> None:
    """A module that is handed on, or asked for a name that is a value, may give any of its functions."""
    known = state.known.get(file.real)
    for line, name in known.modules if known is not None else ():
        places = set(state.layout.modules(name, file.real))
        for key in state.signatures:
            if key[0] in places and key[0] != file.real:
                state.closed.setdefault(key, f"{file.path} hands its module on in line {line}")


def _open_gains(state: _Survey, gains: Collection[Gain], paths: Mapping[str, str]) -> Iterator[Gain]:
    """Those whose function was not closed by another file in the meantime."""
    closed = {(paths[file], name) for file, name in state.closed}
    yield from (one for one in gains if (one.path, one.signature.function) not in closed)


def _meant(state: _Survey, importer: str, use: Mention) -> Iterator[Key]:
    """The functions of other files that a place may stand for."""
    last = {name.rpartition(".")[2] for name in use.names}
    places = {one for name in use.names for one in definitions(state.layout, name, importer, state.known)}
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
    for file in state.files:
        neighbours = said.get(file.path, NOBODY)
        expected = {name for name, why in neighbours.callers if not why}
        if not expected and neighbours == NOBODY:
            continue
        data = state.read(file)
        outcome = None if data is None else _attempt(state, file, data, neighbours)
        state.takers.settle(file, outcome.across.stepped if outcome is not None else (), neighbours.received)
        changed = (
            {one.function for one in outcome.across.signatures} if outcome is not None and outcome.changed else set()
        )
        for name in expected - changed:
            state.closed.setdefault((file.real, name), NOT_ITSELF)
        refused = dict(outcome.across.refused) if outcome is not None else {}
        reals = {one.path: one.real for one in state.files}
        for gain in neighbours.gains:
            key = (reals[gain.path], gain.signature.function)
            if gain.line in refused:
                state.closed.setdefault(key, f"in {file.path}: {refused[gain.line]}")
            elif outcome is None or not outcome.changed:
                state.closed.setdefault(key, f"{file.path}, which calls it, could not be converted")
        if outcome is not None and outcome.changed:
            _open(state, file, outcome.across.signatures)
            # what was opened when less was known of other files may return other things as well
            state.signatures |= {(file.real, one.function): one for one in outcome.across.signatures
                                 if (file.real, one.function) in state.signatures}  # fmt: skip
