"""Functions of a run that are handed optimizers by other files: what they train, and whether all calls give theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tf2ms_opt.neighbours import Handed, Handing, Mention, Mentions, Received, Stepped, Taker, placed
from tf2ms_opt.offers import Reach
from tf2ms_opt.project.files import Files
from tf2ms_opt.project.layout import definitions
from tf2ms_opt.project.questions import Question, taker
from tf2ms_opt.walk import Found

#: a parameter of a function: the real path of its file, the function, the parameter
Key = tuple[str, str, str]
SETS, OVERRIDES = "sets", "overrides"  # kinds of Reach
_NOT_TOLD = "what it is given there could not be told"


@dataclass(slots=True)
class Takers:
    """What is known so far; ``known`` are the imports and uses of the files that were read."""

    files: Files
    known: Mapping[str, Mentions]
    #: file, function and argument -> the answer
    answers: dict[tuple[str, str, str | int], Taker | None] = field(default_factory=dict)
    #: parameters whose step stays TensorFlow's, and why
    left: dict[Key, str] = field(default_factory=dict)
    #: nothing is found to be converted any more: what is not by now stays
    settled: bool = False
    #: file and function -> the losses among its parameters that are converted with its step
    losses: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    #: path -> the calls of that file that hand optimizers on
    handings: dict[str, tuple[Handing, ...]] = field(default_factory=dict)

    def learn(self, file: Found, handings: Iterable[Handing]) -> bool:
        """Take note of what ``file`` hands to functions of this run, and tell whether there is anything new."""
        found = tuple(one for one in handings if any(self.places(file, one)))
        new = found != self.handings.get(file.path, ())
        self.handings[file.path] = found
        return new

    def places(self, file: Found, handing: Handing) -> set[tuple[str, str]]:
        """Every (file, name in it) that a call may run."""
        return {one for name in handing.names for one in definitions(self.files.layout, name, file.real, self.known)}

    def words(self) -> set[str]:
        """The last names of what is called, and of what that may be under another name."""
        names = {name.rpartition(".")[2] for every in self.handings.values() for one in every for name in one.names}
        return names | {function.rpartition(".")[2] for _, function, _ in self.answers}

    def of(self, file: Found, handing: Handing) -> tuple[str, Taker] | None:
        """The file of the function that a call runs, and what that does with the optimizer; None if not known."""
        found = []
        for real, function in sorted(self.places(file, handing)):
            key = (real, function, handing.argument)
            if key not in self.answers:
                self.answers[key] = found_there = self._ask(real, function, handing.argument)
                if found_there is not None:
                    self.answers[key] = self._beside(real, found_there)
                    if found_there.left:
                        self.left[real, function, found_there.optimizer.name] = found_there.left
            if (answer := self.answers[key]) is not None:
                found.append((real, answer))
        return found[0] if len(found) == 1 else None

    def _beside(self, real: str, taker: Taker) -> Taker:
        """``taker``, with what other files do to the objects that keep what it is given."""
        optimizers, models, losses = taker.keeps
        key = (real, taker.function, taker.optimizer.name)
        for file, one in self._reaches(real, frozenset((*optimizers, *models, *losses))):
            first, _, rest = one.path.partition(".")
            line = f"line {one.line}" if one.cell is None else f"line {one.line} of cell {one.cell}"
            where = line + " of " + file.path
            if not self._may_be(file, one, (real, taker.function.partition(".")[0])):
                continue
            if one.kind == SETS and not rest and first in models:
                return replace(taker, unknown=f"{where} sets {first} from outside")
            if one.kind == SETS or first in optimizers:
                self.left.setdefault(key, f"{where} uses {one.path} from outside")
        return taker

    def _reaches(self, real: str, attributes: frozenset[str]) -> Iterator[tuple[Found, Reach]]:
        """Where files other than that one reach for ``attributes`` of objects of others' classes."""
        words = b"|".join(re.escape(one.encode()) for one in sorted(attributes))
        pattern = re.compile(rb"(?:\.|setattr\b.*)\b(?:" + words + rb")\b") if words else None
        having = sorted(self.files.having(pattern, set(self.files) - {real}), key=self.files.path)
        said = self.files.ask({one: Question(reaches=attributes) for one in having})
        yield from ((self.files.found(one), reach) for one in having for reach in said[one].reaches)

    def _may_be(self, file: Found, reach: Reach, owner: tuple[str, str]) -> bool:
        """Whether an object that is reached into may be of the class ``owner``: where its class is not told, too."""
        if reach.kind == OVERRIDES:
            return False
        places = {one for name in reach.classes for one in definitions(self.files.layout, name, file.real, self.known)}
        return not reach.classes or owner in places

    def _ask(self, real: str, function: str, argument: str | int) -> Taker | None:
        """What ``function`` of the file does with an optimizer that it gets as ``argument``; None if it has no such."""
        file = self.files.found(real)
        return taker(self.files.data(real), self.files.rules, file.path, function, argument)

    def said_to(self, file: Found) -> tuple[tuple[tuple[int, int], Taker], ...]:
        """What the calls of ``file`` lead to."""
        said = {}
        for one in self.handings.get(file.path, ()):
            if (found := self.of(file, one)) is not None:
                real, taker = found
                left = self.left.get((real, taker.function, taker.optimizer.name), "")
                used = self.losses.get((real, taker.function), ()) if not left else ()
                losses = tuple(each for each in taker.losses if each.name in used)
                said[(one.line, one.column), taker.optimizer] = replace(taker, left=left, losses=losses)
        return tuple(sorted((((at, taker) for (at, _), taker in said.items())), key=lambda one: (one[0], str(one[1]))))

    def received(self) -> dict[str, tuple[Received, ...]]:
        """Real path -> its functions that get converted optimizers in every call of other files; closes the others."""
        given: dict[Key, set[Handed | None]] = {}
        losses: dict[tuple[str, str], set[str]] = {}
        calls: dict[Key, dict[tuple[str, tuple[int, int]], bool]] = {}
        for file in self.files.files:
            for one in self.handings.get(file.path, ()):
                if (found := self.of(file, one)) is not None and not found[1].unknown:
                    taker, key = found[1], (found[0], found[1].function, found[1].optimizer.name)
                    line = one.used or (0 if taker.constructs else one.result)
                    if taker.compiles and line:
                        self.left.setdefault(key, f"line {line} of {file.path} uses the model as Keras' own")
                    given.setdefault(key, set()).add(one.handed)
                    passed = {each.name for each in taker.losses if {each.name, each.position} & {*one.losses}}
                    losses[key[:2]] = losses.get(key[:2], passed) & passed
                    place, known = (file.real, (one.line, one.column)), calls.setdefault(key, {})
                    known[place] = known.get(place, True) and one.handed is not None
        for key, every in given.items() if self.settled else ():
            if (why := self._hindrance(key, every, calls[key])) and key not in self.left:
                self.left[key] = why
        result: dict[str, list[Received]] = {}
        for (real, function, parameter), values in sorted(given.items(), key=lambda one: one[0]):
            handed = sorted((one for one in values if one is not None), key=str)
            if handed and (real, function, parameter) not in self.left:
                result.setdefault(real, []).append(
                    Received(function, parameter, handed[0], tuple(sorted(losses[real, function])))
                )
        return {real: tuple(received) for real, received in result.items()}

    def _hindrance(self, key: Key, given: set[Handed | None], calls: Mapping[tuple[str, tuple[int, int]], bool]) -> str:
        """Why the step with a parameter stays; empty if nothing that is known is in the way.

        ``calls`` are those that hand optimizers over, and whether they are converted.
        """
        for file, use in self._uses(key):
            if use.call is None and use.on_self:
                return f"{use.place} of {file.path} has a {use.name}() of its own"
            if use.call is None:
                return f"{use.place} of {file.path} uses {key[1]} without calling it"
            if not use.names and (file.real, use.call) not in calls:
                return f"{use.place} of {file.path} may call it"
            if not calls.get((file.real, use.call)):
                return f"the call in {use.place} of {file.path} hands over what is no converted optimizer"
        for file in self.files.files:
            for line, name in self.known[file.real].modules if file.real in self.known else ():
                if file.real != key[0] and key[0] in self.files.layout.modules(name, file.real):
                    return f"line {line} of {file.path} hands its module on"
        if None in given:
            return "one of its calls in other files hands over what is no converted optimizer"
        kinds = {(one.generation, one.scheduled, one.wrapped) for one in given if one is not None}
        return "its calls in other files hand over optimizers of several kinds" if len(kinds) > 1 else ""

    def _uses(self, key: Key) -> Iterator[tuple[Found, Mention]]:
        """The uses of a function in other files; of a method, also those of an object whose class is not told."""
        method = key[1].partition(".")[2]
        for file in self.files.files:
            known = self.known.get(file.real)
            for use in known.uses if known is not None and file.real != key[0] else ():
                places = {
                    one for name in use.names for one in definitions(self.files.layout, name, file.real, self.known)
                }
                unknown = bool(method) and use.name == method and not use.names and not use.on_self
                if (key[0], key[1]) in places or unknown:
                    yield file, use

    def settle(self, file: Found, told: Iterable[Stepped], expected: Iterable[Received]) -> None:
        """Take note of which steps of ``file`` stay TensorFlow's: ``told`` is what its trial conversion says."""
        steps = {(one.function, one.parameter): one for one in told}
        for one in expected:
            found = steps.get((one.function, one.parameter), Stepped(one.function, one.parameter, _NOT_TOLD))
            if found.left and self.settled:
                self.left.setdefault((file.real, one.function, one.parameter), placed(found.left, file.path))
            self.losses[file.real, one.function] = found.losses
