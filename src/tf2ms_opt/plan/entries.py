"""Drafts a class that is named in one place and called in another: a function in its place, and its calls.

The function takes the parameters first, then what the calls give, and builds what the class would have built.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import Argument, Build, Given, Mixed, NewCall, Rebuilt, Splice, Text, Value
from tf2ms_opt.options import Fidelity, converts_steps
from tf2ms_opt.plan.arguments import translate
from tf2ms_opt.plan.around import own_defaults
from tf2ms_opt.plan.claims import claim
from tf2ms_opt.plan.drafts import Draft, Drafter
from tf2ms_opt.plan.edits import SiteFacts
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.indirect import Entry, Indirect, arguments_of
from tf2ms_opt.plan.keras_settings import keras_settings
from tf2ms_opt.plan.placement import spot
from tf2ms_opt.plan.regularization import regularization
from tf2ms_opt.plan.rewrites import as_argument, edit_call
from tf2ms_opt.plan.schedules import Flow
from tf2ms_opt.plan.side_effects import other_uses
from tf2ms_opt.plan.signature import LeftError, bind
from tf2ms_opt.plan.translation import Translation
from tf2ms_opt.rules import is_literal
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.uses import Use

_PARAMETER = "params"
_WHERE = "in the function that stands for the class"


@dataclass(frozen=True, slots=True)
class _Called:
    """What one call of a class comes to, with the function's own parameters in place of the call's values."""

    translation: Translation
    arguments: tuple[Argument, ...]
    wrapped: tuple[tuple[str, str], ...]
    #: the function's parameters, with the text of a default that a ``functools.partial`` has bound
    parameters: tuple[tuple[str, str | None], ...]

    @property
    def form(self) -> tuple[object, ...]:
        """What has to be the same for every call."""
        choice, wrapper = self.translation.choice, self.translation.wrapper
        return choice.name, self.arguments, self.wrapped, wrapper, self.parameters


class EntryDrafter:
    """Drafts such classes of one module; what belongs to a call is worked out once, whatever it may build."""

    def __init__(self, drafter: Drafter) -> None:
        self._setup = drafter.setup
        self._module = drafter.setup.module
        self._names = drafter.setup.names
        self._options = drafter.options
        self._drafter = drafter
        self._editor = drafter.editor
        self._calls: dict[ast.Call, tuple[SiteFacts, tuple[Splice, ...]]] = {}

    def draft(self, found: Found, candidate: Candidate, entry: Entry, together: Indirect) -> Draft:
        """The function in place of the class.  Raises ``LeftError``."""
        module, drafter = self._module, self._drafter
        place = module.position(found.node)
        whole = entry.node
        if entry.partial and b"#" in module.source.data[module.source.start(whole) : module.source.end(whole)]:
            raise self._left("indirect-reference/partial", found, source=found.source, why="a comment stands in it")
        called = [self._called(found, candidate, entry, call) for call in together.calls]
        first = called[0].translation
        if any(one.form != called[0].form for one in called):
            lines = ", ".join(str(module.position(call)[0]) for call in together.calls)
            raise self._left("indirect-reference/calls-differ", found, source=found.source, lines=lines)
        located = [self._located(found, candidate, call, together.entries) for call in together.calls]
        site = replace(located[0][0], found=found, candidate=candidate, place=place, findings=[])
        findings = [*first.findings, *drafter.differences_of(site, first), *self._states(site, first)]
        findings += keras_settings(module, place)
        for one, _ in located:
            findings += [*one.findings, *one.origin.findings]
            findings += other_uses(module, one, converts=converts_steps(self._options))
            why_not = drafter.keeps_regularizers(one, first) or "its class is chosen when the program runs"
            findings += regularization(module, _models(one), one.at.statement, place, why_not).findings
        for name in together.names:
            if why := self._options.neighbours.elsewhere(name):
                raise self._left("indirect-reference/exported", found, source=found.source, name=name, why=why)
        if together.names:
            names = ", ".join(together.names)
            findings.append(finding("signature-changed/classes", *place, names=names, parameter=_PARAMETER))
        own = {parameter.name for parameter in own_defaults(candidate, ())}
        measured = None
        if own.issuperset(name for name, _ in first.wrapped) and (
            measured := claim(candidate, first.choice, first.setting, self._options.fidelity, findings, place)
        ):
            findings.append(measured.finding)
        values = [value for call in together.calls for value in _values(call)]
        values += _values(entry.partial)[1:] if entry.partial else []
        flow = Flow()
        for each in called:
            flow = flow.and_also(each.translation.flow)
        elsewhere = dict.fromkeys(splice for each in called for splice in each.translation.splices)
        gone = (entry.reference, *(entry.partial.args[:1] if entry.partial else ()), *first.gone)
        steps = tuple(dict.fromkeys(step for one, _ in located for step in drafter.steps(one)))
        return Draft(
            candidate,
            (
                self._function(entry, called[0], first),
                *elsewhere,
                *(splice for _, splices in located for splice in splices),
            ),
            tuple(dict.fromkeys(findings)),
            ", ".join(dict.fromkeys(one.origin.text for one, _ in located)),
            first.choice,
            frozenset().union(*(one.translation.needs for one in called)),
            flow,
            tuple(values),
            gone,
            step=drafter.first_step(located[0][0]),
            models=tuple(model for one, _ in located for model in _models(one)),
            steps=steps,
            uses=tuple(use for one, _ in located for use in (*one.uses, *_later_uses(one))),
            wrapped=bool(first.wrapper),
            scheduled=bool(first.setting.schedule),
            factory=located[0][0].origin.factory,
            built=tuple(built for one, _ in located for built in one.origin.built),
            exported=tuple(together.names),
            claim=measured,
        )

    def _left(self, key: str, found: Found, **details: str) -> LeftError:
        place = self._module.position(found.node)
        return LeftError(finding(key, *place, **details))

    # ------------------------------------------------------------------ the calls

    def _located(
        self, found: Found, candidate: Candidate, call: ast.Call, entries: Sequence[Entry]
    ) -> tuple[SiteFacts, tuple[Splice, ...]]:
        """Where a call is and what it trains, and its edit.  Raises ``LeftError``."""
        if call not in self._calls:
            own = Found(call, call, found.source, found.candidates, call)
            site = self._drafter.locate(own, candidate, spot(self._module, call), None)
            if any(entry.node in set(ast.walk(call.func)) for entry in entries):
                edits = [self._inserted(site, call)]
            else:
                edits = self._editor.placed(site, edit_call(self._module, call, first=site.origin.text).parts)
            for entry in entries:
                start = self._module.source.start(entry.node)
                if any(one.start <= start < one.end for one in site.origin.splices):
                    line = str(self._module.position(entry.node)[0])
                    raise self._left("indirect-reference/call-rewritten", found, source=found.source, line=line)
            self._calls[call] = site, (*edits, *site.origin.splices)
        return self._calls[call]

    def _inserted(self, site: SiteFacts, call: ast.Call) -> Splice:
        """The parameters as one more argument of a call whose classes stand in it.  Raises ``LeftError``."""
        if site.below is not None:
            model = " and ".join(site.origin.names)
            why = "its classes stand in the call"
            raise LeftError(finding("params-unknown/unreachable", *site.place, model=model, why=why))
        source = self._module.source
        at = source.data.index(b"(", source.end(call.func)) + 1
        more = ", " if call.args or call.keywords else ""
        return Splice(at, at, (site.origin.text + more,))

    def _called(self, found: Found, candidate: Candidate, entry: Entry, call: ast.Call) -> _Called:
        """What the class comes to in ``call``.  Raises ``LeftError``."""
        module = self._module
        line = str(module.position(call)[0])
        whole = arguments_of(entry, call)
        end = module.source.end(call.func)
        if set(b"\r\n#") & set(module.source.data[end : module.source.data.index(b"(", end)]):
            # the call may become a statement, where the line would end the expression
            text = "a line break before its arguments"
            raise self._left("indirect-reference/call-argument", found, source=found.source, line=line, argument=text)
        translation = translate(self._setup, candidate, whole, module.position(found.node), alone=True)
        if entry.partial is not None and call.args and len(entry.partial.args) > 1:
            text = "arguments by position"
            raise self._left("indirect-reference/call-argument", found, source=found.source, line=line, argument=text)
        bound = sorted(bind(module, candidate, whole).items(), key=lambda item: item[1][0])
        names = [name for name, _ in bound]
        values = [value for _, (_, value) in bound]
        for argument in translation.arguments:
            value = argument.value
            if isinstance(value, (Rebuilt, Mixed)) or (isinstance(value, Given) and _is_spelled(value)):
                text = module.text(values[value.index])
                raise self._left(
                    "indirect-reference/call-argument", found, source=found.source, line=str(line), argument=text
                )
        arguments = tuple(Argument(one.keyword, _of_parameter(one.value, names)) for one in translation.arguments)
        wrapped = tuple((name, name if name in names else text) for name, text in translation.wrapped)
        own = set(_values(entry.partial)[1:]) if entry.partial is not None else set()
        plain = [(name, None) for name, value in zip(names, values, strict=True) if value not in own]
        given = {keyword.arg for keyword in call.keywords}
        # what a partial binds stays a default where the call gives it as well
        kept = {one.arg for one in entry.partial.keywords} if entry.partial is not None else set()
        defaults = [(name, as_argument(module, value)) for name, value in self._bound(candidate, entry)]
        parameters = [one for one in plain if not (one[0] in given and one[0] in kept)]
        return _Called(translation, arguments, wrapped, (*parameters, *defaults))

    def _bound(self, candidate: Candidate, entry: Entry) -> list[tuple[str, ast.expr]]:
        """The parameters that a ``functools.partial`` has bound."""
        if entry.partial is None:
            return []
        alone = ast.Call(entry.reference, entry.partial.args[1:], entry.partial.keywords)
        found = bind(self._module, candidate, ast.copy_location(alone, entry.partial))
        return [(name, value) for name, (_, value) in found.items()]

    # ------------------------------------------------------------------ the function

    def _function(self, entry: Entry, called: _Called, translation: Translation) -> Splice:
        source = self._module.source
        signature = ", ".join(
            [_PARAMETER, *(name if text is None else f"{name}={text}" for name, text in called.parameters)]
        )
        build = NewCall(self._names.callee(translation.choice), (Argument(None, Text(_PARAMETER)), *called.arguments))
        inner = self._editor.around(build, replace(translation, wrapped=called.wrapped))
        brackets = isinstance(self._module.index.parents[entry.node], ast.IfExp)
        parts = (f"lambda {signature}: ", *inner)
        return Splice(source.start(entry.node), source.end(entry.node), ("(", *parts, ")") if brackets else parts)

    def _states(self, site: SiteFacts, translation: Translation) -> list[Finding]:
        """What starts elsewhere, since no lines can follow in a function of one expression."""
        found: list[Finding] = []
        unset = translation.choice.runtime is None and self._options.fidelity is not Fidelity.NAMES
        for state in site.candidate.source.state if unset else ():
            name = f"{site.candidate.rule.target.name.rpartition('.')[2]}.{state.attribute}"
            details = {"state": name, "actual": state.actual, "value": state.value, "where": _WHERE}
            found.append(finding("starting-state-unplaced", *site.place, **details))
        return found


def _models(site: SiteFacts) -> tuple[ast.expr, ...]:
    """The models that the optimizer of a call trains, also where a function gives it to its callers."""
    return (*site.origin.models, *(model for one in site.origin.built for model in one.parameters.models))


def _later_uses(site: SiteFacts) -> tuple[Use, ...]:
    return tuple(use for one in site.origin.built for use in one.uses)


def _values(call: ast.Call) -> Sequence[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _is_spelled(value: Given) -> bool:
    """Whether ``value`` is an expression that is made of what the call's own argument is written with."""
    return value.text is not None and not is_literal(value.text)


def _of_parameter(value: Value, names: Sequence[str]) -> Value:
    """``value`` with the function's own parameters in place of the call's values."""
    match value:
        case Given(index, wrap, text):
            around = wrap if text is None else type(ast.literal_eval(text)).__name__
            return Text(names[index] if around is None else f"{around}({names[index]})")
        case Build(callee, parts):
            return Build(callee, tuple(_of_parameter(one, names) for one in parts))
        case _:
            return value
