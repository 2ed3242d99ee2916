"""Says what the target call is written with, argument by argument.

The result is the target's argument list with findings, or the finding for which the site is left.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.evidence import Setting, same
from tf2ms_opt.facts import Argument, Build, Given, Splice, Text, Value
from tf2ms_opt.options import Fidelity
from tf2ms_opt.plan.around import own_defaults, wrapper_arguments
from tf2ms_opt.plan.pinned import FLOATS, Written, pin_defaults
from tf2ms_opt.plan.rates import Rates
from tf2ms_opt.plan.rewrites import as_argument
from tf2ms_opt.plan.schedules import Flow, flow_of
from tf2ms_opt.plan.settings import setting_of
from tf2ms_opt.plan.signature import LeftError, bind
from tf2ms_opt.plan.targets import Choice, Wanted, choose
from tf2ms_opt.plan.translation import Setup, Translation
from tf2ms_opt.plan.varying import tensorflow_value, varying
from tf2ms_opt.rules import Action, Kind, Parameter
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.constants import is_literal
from tf2ms_opt.values import Adapted, Refused, adapt


@dataclass(slots=True)
class _Draft:
    """What one translation collects on its way."""

    written: list[Written] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    flow: Flow = field(default_factory=Flow)
    splices: list[Splice] = field(default_factory=list)
    clips: list[str] = field(default_factory=list)
    gone: list[ast.expr] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    wrapped: dict[str, ast.expr] = field(default_factory=dict)


def translate(
    setup: Setup, candidate: Candidate, call: ast.Call | None, place: tuple[int, int], *,
    placed: bool = True, alone: bool = False,
) -> Translation:  # fmt: skip
    """Translate ``call`` (None for a registry string, which takes every default).

    ``place`` is the position of the site for findings, and ``placed`` whether lines can follow the call; ``alone`` that
    it is written as an expression for which a class that needs lines is not wanted.
    Raises ``LeftError``.
    """
    wanted = Wanted(setup.fidelity, setup.names.runtime, placed and not alone, alone)
    return _Translator(setup, candidate, place, wanted).run(call)


class _Translator:
    """One call on its way to the target's arguments."""

    def __init__(self, setup: Setup, candidate: Candidate, place: tuple[int, int], wanted: Wanted) -> None:
        self.setup = setup
        self.wanted = wanted
        self.module = setup.module
        self.candidate = candidate
        self.place = place
        self.target = Choice(candidate.target.name, candidate.target.parameter)
        self.draft = _Draft()
        self.bound: dict[int, ast.expr] = {}

    def run(self, call: ast.Call | None) -> Translation:
        bound = bind(self.module, self.candidate, call) if call is not None else {}
        self.bound = dict(bound.values())
        names = set(bound)
        self._one_of_two(bound)
        setting = setting_of(self.module, self.candidate, bound)
        self.target = choose(self.candidate, setting, self.wanted)
        if self.target.runtime and self.setup.fidelity is Fidelity.NAMES:
            source = self.candidate.source.class_name
            raise self._left("unsupported-value/no-class", source=source, reason=self.target.why)
        self.draft.needs.add(self.setup.names.need(self.target))
        decay = None
        for name, (index, node) in sorted(bound.items(), key=lambda item: item[1][0]):
            parameter = self.candidate.parameter(name)
            if parameter is None:
                continue
            if parameter.action is Action.LEARNING_RATE_DECAY:
                decay = (parameter, index, node)
            elif parameter.to is not None or parameter.runtime_to is not None:
                known, value = setting.arguments.get(parameter.only_with, (False, None))
                if not (known and not value):
                    self._mapped(parameter, index, node)
            else:
                self._unmapped(parameter, node)
        given, findings = pin_defaults(self.candidate, self.target, self.draft.written, self.place)
        self.draft.written = given
        self.draft.findings += findings
        if decay is not None:
            self._decay(*decay)
        draft = self.draft
        wrapped = self._around(names)
        wrapper = self.module.rules.framework.generation[self.candidate.generation].wrapper if wrapped else ""
        return Translation(
            tuple(argument for _, argument in draft.written), tuple(draft.findings), self.target, setting,
            frozenset(draft.needs), draft.flow, tuple(draft.splices), tuple(draft.clips), wrapped,
            f"{self.setup.names.runtime}.{wrapper}" if wrapper else "",
            tuple(draft.wrapped.values()), tuple(draft.gone),
        )  # fmt: skip

    def _around(self, bound: Collection[str]) -> tuple[tuple[str, str], ...]:
        """The arguments of the class around the optimizer, for what Keras' base class does around the rule."""
        candidate, wrapped = self.candidate, self.draft.wrapped
        for parameter in candidate.source.parameter:
            if parameter.action is Action.WRAP and parameter.default is None and parameter.name not in bound:
                source = candidate.source.class_name
                raise self._left("unsupported-value/missing", argument=parameter.name, source=source)
        if self.setup.fidelity is Fidelity.NAMES:
            for parameter in own_defaults(candidate, bound):
                argument = f"{parameter.name}={parameter.default}"
                self._note("unmapped-argument", argument=argument, reason=parameter.reason, help=parameter.help)
            return ()
        given = {name: as_argument(self.module, node) for name, node in wrapped.items()}
        arguments = wrapper_arguments(self.module.rules, candidate, given, bound)
        for name in given.keys() - arguments.keys():
            del wrapped[name]
        if arguments:
            wrapper = self.module.rules.framework.generation[candidate.generation].wrapper
            self.draft.needs.add(f"{self.setup.names.runtime}.{wrapper}")
            texts = ", ".join(f"{name}={text}" for name, text in arguments.items())
            self._note("base-class-arguments", arguments=texts, wrapper=wrapper)
        return tuple(arguments.items())

    def _left(self, key: str, **details: object) -> LeftError:
        return LeftError(finding(key, *self.place, **details))  # type: ignore[arg-type]

    def _one_of_two(self, bound: dict[str, tuple[int, ast.expr]]) -> None:
        """``lr=`` beside a learning rate: legacy Keras takes lr, so the other one is dropped, and said."""
        aliases = [name for name in bound if (own := self.candidate.parameter(name)) and own.keyword_only and own.to]
        for name in aliases:
            shadowed = self.candidate.parameter(name)
            for other in [key for key in bound if key != name]:
                parameter = self.candidate.parameter(other)
                if parameter and shadowed and parameter.to == shadowed.to:
                    text = self.module.text(bound.pop(other)[1])
                    reason = f"{name}= is given too, and TensorFlow takes that one"
                    self._note("argument-ignored", argument=f"{other}={text}", reason=reason)

    def _note(self, key: str, *, help: str = "", **details: object) -> None:
        self.draft.findings.append(finding(key, *self.place, help=help, **details))

    def _mapped(self, parameter: Parameter, index: int, node: ast.expr) -> None:
        target = self.target.takes(parameter)
        if target is None:
            return  # the chosen class has no use for it: the rule says which arguments these are
        known, value = self.module.constant(node)
        if parameter.falsy is not None and known and not value:
            return  # the source takes its default for None and 0, and so do we
        self.draft.written.append(
            (target, Argument(target.name, self._value(target.kind, parameter, index, node), index))
        )

    def _value(self, kind: Kind, parameter: Parameter, index: int, node: ast.expr) -> Value:
        if kind is Kind.LEARNING_RATE and (rebuilt := self._schedule(parameter, index, node)) is not None:
            return rebuilt
        argument = f"{parameter.name}={self.module.text(node)}"
        check = varying if kind in FLOATS else tensorflow_value
        if left := check(self.module, node, argument, self.place):
            raise LeftError(left)
        known, value = self.module.constant(node)
        adapted = adapt(kind, node, literal=is_literal(node), known=known, value=value)
        if isinstance(adapted, Refused):
            raise self._left("unsupported-value", argument=argument, reason=adapted.reason)
        if parameter.falsy is not None and kind in (Kind.FLOAT, Kind.POSITIVE_FLOAT) and not known:
            return Given(index, text=self._or_default(parameter.name, node, parameter.falsy, adapted))
        return _given(index, adapted)

    def _or_default(self, name: str, node: ast.expr, default: str, adapted: Adapted) -> str:
        """An unknown value of which the source takes ``default`` for None and 0."""
        text = as_argument(self.module, node)
        if "#" in text:
            raise self._left("unsupported-argument", argument=f"{name}={text}", reason="a comment stands in it")
        text = f"({text})" if isinstance(node, (ast.IfExp, ast.Lambda)) else text
        return f"{adapted.wrap}({text} or {default})" if adapted.wrap else f"{text} or {default}"

    def _schedule(self, parameter: Parameter, index: int, node: ast.expr) -> Value | None:
        """The learning rate as a schedule: rebuilt inside the call, or rewritten where its name is bound."""
        argument = f"{parameter.name}={self.module.text(node)}"
        found = flow_of(self.module, node, argument, self.place)
        if isinstance(found, Finding):
            raise LeftError(found)
        if found is None:
            return Given(index, wrap="float") if self._numpy(node) else None
        generation = self.module.rules.framework.schedules_of(self.candidate.generation)
        rates = Rates(self.setup, generation, argument, self.place, translate)
        rates.convert(found)
        value = rates.value(index, node)
        draft = self.draft
        draft.findings += rates.findings
        draft.gone += rates.gone
        draft.needs |= rates.needs
        draft.splices += rates.splices
        draft.flow = draft.flow.and_also(rates.flow)
        return value

    def _numpy(self, node: ast.expr) -> bool:
        """numpy.float32 is refused by MindSpore, which wants Python's float."""
        return isinstance(node, ast.Call) and any(
            name.startswith("numpy.") for name in self.module.resolve(node.func).names
        )

    def _unmapped(self, parameter: Parameter, node: ast.expr) -> None:
        known, value = self.module.constant(node)
        if parameter.action is Action.DROP or (known and any(same(value, text) for text in parameter.inert)):
            return
        argument = f"{parameter.name}={self.module.text(node)}"
        match parameter.action:
            case Action.WRAP if self.setup.fidelity is not Fidelity.NAMES:
                if b"#" in self.module.source.data[self.module.source.start(node) : self.module.source.end(node)]:
                    reason = "a comment stands in it"
                    raise self._left("unsupported-argument", argument=argument, reason=reason)
                if (found := varying(self.module, node, argument, self.place)) is not None:
                    raise LeftError(found)
                self.draft.wrapped[parameter.name] = node
                if "clip" in parameter.name:
                    self.draft.clips.append(parameter.name)
            case Action.REVIEW | Action.WRAP:
                self._note("unmapped-argument", argument=argument, reason=parameter.reason, help=parameter.help)
                if "clip" in parameter.name:
                    self.draft.clips.append(parameter.name)
            case Action.STEP:
                self._note("unmapped-argument", argument=argument, reason=parameter.reason, help=parameter.help)
            case Action.IGNORED:
                self._note("argument-ignored", argument=argument, reason=parameter.reason, help=parameter.help)
            case _:
                key = "unsupported-argument"
                raise LeftError(
                    finding(key, *self.place, help=parameter.help, argument=argument, reason=parameter.reason)
                )

    def _decay(self, parameter: Parameter, index: int, node: ast.expr) -> None:
        """Learning-rate decay of legacy Keras: lr / (1 + decay * step), counted from the first step as step 0."""
        known, value = self.module.constant(node)
        if known and any(same(value, text) for text in parameter.inert):
            return
        argument = f"{parameter.name}={self.module.text(node)}"
        adapted = adapt(Kind.POSITIVE_FLOAT, node, literal=is_literal(node), known=known, value=value)
        if isinstance(adapted, Refused):
            raise self._left("unsupported-value", argument=argument, reason=adapted.reason)
        position = next(at for at, (target, _) in enumerate(self.draft.written) if target.kind is Kind.LEARNING_RATE)
        target, rate = self.draft.written[position]
        if self.draft.flow.schedules:
            reason = "Keras multiplies the schedule by the decay, and MindSpore has no schedule for that"
            raise self._left("unsupported-value", argument=argument, reason=reason)
        schedule = self._decay_schedule()
        values = (self._as_float(rate.value), _given(index, adapted), Text("1"))
        self.draft.needs.add(self.setup.names.need(schedule))
        built = Build(self.setup.names.callee(schedule), values)
        self.draft.written[position] = (target, Argument(target.name, built, rate.origin))
        self._note("schedule-converted/decay", target=schedule.short)
        if not known and schedule.runtime is None:
            reason = f"{schedule.short} refuses 0; pass the plain learning rate where it is 0"
            self._note("value-unchecked", argument=argument, reason=reason)

    def _decay_schedule(self) -> Choice:
        """The class of the schedule that ``decay=`` stands for."""
        rules = self.module.rules
        rule = rules.rules[rules.framework.learning_rate_decay]
        generation = rules.framework.schedules_of(self.candidate.generation)
        candidates = (one for group in rules.candidates.values() for one in group)
        schedule = next(one for one in candidates if one.rule is rule and one.generation == generation)
        # its evidence is for the schedule as a class, whose arguments these are not
        setting = Setting(generation, {one.name: (False, None) for one in schedule.source.parameter})
        return choose(schedule, setting, self.wanted)

    def _as_float(self, rate: Value) -> Value:
        """A learning rate for a schedule's constructor, which takes only a float."""
        if not isinstance(rate, Given):
            return rate
        node = self.bound[rate.index]
        known, value = self.module.constant(node)
        adapted = adapt(Kind.POSITIVE_FLOAT, node, literal=is_literal(node), known=known, value=value)
        if isinstance(adapted, Refused):
            raise self._left("unsupported-value", argument=self.module.text(node), reason=adapted.reason)
        return rate if rate.wrap else _given(rate.index, adapted)


def _given(index: int, adapted: Adapted) -> Given:
    return Given(index, wrap=adapted.wrap, text=adapted.text)
