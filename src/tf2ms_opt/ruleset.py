"""The rule table: loads the rule files, checks each whole, and indexes them by the names that sources go by."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec

from tf2ms_opt import regular
from tf2ms_opt.framework_rules import Framework
from tf2ms_opt.options import InputError
from tf2ms_opt.rules import (
    Action,
    Evidence,
    Parameter,
    Rule,
    RuntimeClass,
    Source,
    Target,
    is_condition,
    is_literal,
)
from tf2ms_opt.schedule_rules import ScheduleTable
from tf2ms_opt.step_rules import StepTable
from tf2ms_opt.words import packaged
from tf2ms_opt.words import pattern as words_pattern

T = TypeVar("T")


class RuleFileError(InputError):
    """A rule file that cannot be used; the text names the file, the table and the key."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source class in one generation, with its whole signature: what a dotted name may stand for."""

    rule: Rule
    source: Source
    generation: str
    #: the optimizer's own parameters, then those of the generation's base class, in positional order
    parameters: tuple[Parameter, ...]

    @property
    def target(self) -> Target:
        return self.source.target or self.rule.target

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


@dataclass(frozen=True)
class RuleSet:
    """All rules, and what they are found by."""

    rules: Mapping[str, Rule]
    framework: Framework
    step: StepTable
    schedule: ScheduleTable

    @cached_property
    def candidates(self) -> Mapping[str, tuple[Candidate, ...]]:
        """Dotted name -> what it may stand for, one candidate a generation."""
        found: dict[str, list[Candidate]] = {}
        for rule in self.rules.values():
            for source in rule.source:
                for generation in source.generations:
                    candidate = Candidate(rule, source, generation, self._signature(rule, source, generation))
                    for name in self._names(rule, source, generation):
                        found.setdefault(name, []).append(candidate)
        return {name: tuple(group) for name, group in found.items()}

    @cached_property
    def strings(self) -> Mapping[str, Rule]:
        """Registry name (lower case) -> rule."""
        return {string: rule for rule in self.rules.values() for string in rule.strings}

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Matches in every file that may hold a site: a class or registry name, or a lookup by name."""
        optimizers = [rule for rule in self.rules.values() if rule.kind == "optimizer"]
        targets = [rule.target for rule in optimizers]
        targets += [source.target for rule in optimizers for source in rule.source if source.target is not None]
        dotted = [name for rule in self.rules.values() for source in rule.source for name in source.names]
        dotted += [target.name for target in targets if target.name]
        dotted += [name for one in self.framework.without_rule for name in one.names]
        words = {name.rpartition(".")[2] for name in dotted} | {*self.framework.lookups}
        words |= {source.class_name for rule in optimizers for source in rule.source}
        forms = {form for string in self.strings for form in (string, string.upper())}
        return words_pattern(words, forms, {name.rpartition(".")[2] for name in self.framework.base_classes})

    @property
    def names(self) -> Collection[str]:
        """The names of the rules."""
        return self.rules.keys()

    @property
    def loaded(self) -> RuleSet:
        """Itself: it stands wherever rules may also be read later."""
        return self

    def named(self, name: str) -> tuple[Candidate, ...]:
        """What the dotted ``name`` may stand for, after its aliases; empty for a name that no rule knows."""
        return self.candidates.get(self.canonical(name), ())

    def canonical(self, name: str) -> str:
        """``name`` under the prefix that rules know: ``tensorflow.compat.v2.keras`` is ``tensorflow.keras``."""
        aliases = self.framework.aliases
        end = len(name)
        while end > 0:
            prefix = name[:end]
            if prefix in aliases:
                return self.canonical(aliases[prefix] + name[end:])
            end = name.rfind(".", 0, end)
        return name

    def keras_path(self, name: str) -> str | None:
        """The path of ``name`` below Keras (``layers.Dense``), whichever Keras it is; None outside of Keras."""
        name = self.canonical(name)
        for module in self.framework.keras:
            if name.startswith(module + "."):
                return name[len(module) + 1 :]
        return None

    def from_framework(self, name: str) -> bool:
        """Whether ``name`` belongs to TensorFlow, its addons or a Keras."""
        root, known = name.partition(".")[0], (*self.framework.packages, *self.framework.keras)
        return any(one.partition(".")[0] == root for one in known)

    def _signature(self, rule: Rule, source: Source, generation: str) -> tuple[Parameter, ...]:
        own = tuple(self._shared(parameter) for parameter in source.parameter)
        taken = {parameter.name for parameter in own}
        base = self.framework.generation[generation].parameter if rule.kind == "optimizer" else ()
        defaults = source.base_default.get(generation, {})
        rest = (
            msgspec.structs.replace(parameter, default=defaults.get(parameter.name, parameter.default))
            for parameter in base
            if parameter.name not in taken
        )
        return (*own, *map(self._shared, rest))

    def _shared(self, parameter: Parameter) -> Parameter:
        if any(one is not None for one in (parameter.to, parameter.runtime_to, parameter.action)):
            return parameter
        shared = self.framework.parameter[parameter.name]
        return msgspec.structs.replace(
            parameter, action=shared.action, inert=shared.inert, reason=shared.reason, help=shared.help
        )

    def _names(self, rule: Rule, source: Source, generation: str) -> Iterable[str]:
        place = self.framework.generation[generation]
        modules = place.modules if rule.kind == "optimizer" else place.schedule_modules
        for module in modules:
            yield f"{module.format(module=source.module)}.{source.class_name}"
        yield from source.names


def load(extra: Sequence[Path] = ()) -> RuleSet:
    """The packaged rules and those of the folders ``extra``, where a file of the same name replaces ours.

    Raises ``RuleFileError`` for a file that does not follow the schema, and for a folder without rule files.
    """
    root = packaged()
    framework = _decode(root / "base" / "framework.toml", Framework)
    for generation in framework.generation.values():
        for parameter in generation.parameter:
            if parameter.to is None and parameter.action is None and parameter.name not in framework.parameter:
                raise RuleFileError(f"{root}/base/framework.toml: {parameter.name} has neither `to` nor `action`")
    rules = dict(_folder(root, framework))
    for folder in extra:
        found = dict(_folder(folder, framework))
        if not found:
            raise RuleFileError(f"{folder}: no rule file (*.toml) in this folder")
        rules.update(found)
    taken: dict[str, str] = {}
    for rule in rules.values():
        for string in rule.strings:
            if taken.setdefault(string, rule.name) != rule.name:
                raise RuleFileError(f"{rule.name}.toml: strings: {string!r} stands in {taken[string]}.toml as well")
    step = _decode(root / "base" / "step.toml", StepTable)
    schedule = _decode(root / "base" / "schedules.toml", ScheduleTable)
    return RuleSet(dict(sorted(rules.items())), framework, step, schedule)


def _folder(folder: Path, framework: Framework) -> Iterable[tuple[str, Rule]]:
    try:
        entries = sorted(
            (entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda file: file.name
        )
    except OSError as error:
        raise RuleFileError(f"{folder}: {error.strerror or error}") from error
    for file in entries:
        measured = folder / "evidence" / f"{file.stem}.json"
        evidence = _decode(measured, Evidence) if measured.is_file() else None
        rule = msgspec.structs.replace(_decode(file, Rule), name=file.name.removesuffix(".toml"), evidence=evidence)
        _check(rule, framework, file)
        yield rule.name, rule


def _decode(file: Path, schema: type[T]) -> T:
    try:
        decode = msgspec.json.decode if file.suffix == ".json" else msgspec.toml.decode
        return decode(regular.read(file), type=schema)
    except OSError as error:
        raise RuleFileError(f"{file}: {error.strerror or error}") from error
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError, RecursionError) as error:
        raise RuleFileError(f"{file}: {error}") from error


def _check(rule: Rule, framework: Framework, file: Path) -> None:
    """What the schema cannot say: references between tables, names that are emitted, and that literals are some."""
    _check_target(rule.target, f"{file}: target")
    for number, source in enumerate(rule.source, 1):
        _check_source(source, source.target or rule.target, framework, f"{file}: source {number} ({source.class_name})")


def _check_target(target: Target, where: str) -> None:
    names = [parameter.name for parameter in target.parameter]
    for name in (*filter(None, target.name.split(".")), *names):
        if not name.isidentifier():
            raise RuleFileError(f"{where}: {name!r} is not a Python name")
    if len(set(names)) < len(names):
        raise RuleFileError(f"{where}.parameter: a parameter stands there twice")
    if not target.name and not target.reason:
        raise RuleFileError(f"{where}: reason: a target without a name needs one")


def _check_source(source: Source, target: Target, framework: Framework, where: str) -> None:
    if not source.generations:
        raise RuleFileError(f"{where}: generations: at least one is needed")
    for generation in source.generations:
        if generation not in framework.generation:
            raise RuleFileError(f"{where}: generations: unknown generation {generation!r}")
    if source.target is not None:
        _check_target(target, f"{where}: target")
    if not target.name and source.runtime is None:
        raise RuleFileError(f"{where}: runtime: needed where MindSpore has no class")
    for parameter in source.parameter:
        _check_parameter(parameter, target, source.runtime, framework, f"{where}: parameter {parameter.name}")
    for state in source.state:
        if not (state.attribute.isidentifier() and state.each.isidentifier()):
            raise RuleFileError(f"{where}: state: attribute and each have to be Python names")
    _check_runtime(source, target, where)
    known = {parameter.name for parameter in source.parameter}
    if unknown := source.parity.rows.keys() - known:
        raise RuleFileError(f"{where}: parity.rows: no parameter {', '.join(sorted(unknown))}")
    for difference in source.difference:
        _check_when(difference.when, known, f"{where}: difference")


def _check_when(when: Mapping[str, str], known: Collection[str], where: str) -> None:
    if unknown := when.keys() - known:
        raise RuleFileError(f"{where}.when: no parameter {', '.join(sorted(unknown))}")
    if wrong := [text for text in when.values() if not (is_condition(text) or is_literal(text))]:
        raise RuleFileError(f"{where}.when: not a Python literal: {', '.join(map(repr, wrong))}")


def _check_runtime(source: Source, target: Target, where: str) -> None:
    if source.runtime is None:
        return
    if source.runtime.classes.keys() != set(source.generations):
        raise RuleFileError(f"{where}: runtime.classes: one class for each of {', '.join(source.generations)}")
    for name in source.runtime.classes.values():
        if not name.isidentifier():
            raise RuleFileError(f"{where}: runtime.classes: {name!r} is not a Python name")
    for name in (*source.runtime.without, *source.runtime.kind):
        if target.find(name) is None:
            raise RuleFileError(f"{where}: runtime: {target.name} has no parameter {name!r} in this file")
    names = {parameter.name for parameter in source.parameter}
    for instead in source.runtime.instead:
        _check_when({**instead.when, **dict.fromkeys(instead.unknown, "nonzero")}, names, f"{where}: runtime.instead")


def _check_parameter(
    parameter: Parameter, target: Target, runtime: RuntimeClass | None, framework: Framework, where: str
) -> None:
    mapped = parameter.to is not None or parameter.runtime_to is not None
    shared = parameter.name in framework.parameter and parameter.action is None
    if mapped == (parameter.action is not None) and not (shared and not mapped):
        raise RuleFileError(f"{where}: exactly one of `to` and `action` is needed")
    if parameter.to is not None and target.find(parameter.to) is None:
        raise RuleFileError(f"{where}: to: {target.name} has no parameter {parameter.to!r} in this file")
    ours = [one.name for one in (*target.parameter, *(runtime.parameter if runtime is not None else ()))]
    if parameter.runtime_to is not None and parameter.runtime_to not in ours:
        raise RuleFileError(f"{where}: runtime-to: there is no parameter {parameter.runtime_to!r} in this file")
    needs = (Action.REVIEW, Action.REFUSE, Action.IGNORED, Action.ERROR, Action.STEP)
    if parameter.action is not None and parameter.action in needs and not parameter.reason:
        raise RuleFileError(f"{where}: reason: `{parameter.action.value}` needs one")
    if not parameter.name.isidentifier():
        raise RuleFileError(f"{where}: name: {parameter.name!r} is not a Python name")
    for key, texts in (("default", (parameter.default,)), ("falsy", (parameter.falsy,)), ("inert", parameter.inert)):
        if wrong := [text for text in texts if text is not None and not is_literal(text)]:
            raise RuleFileError(f"{where}: {key}: not a Python literal: {', '.join(map(repr, wrong))}")
