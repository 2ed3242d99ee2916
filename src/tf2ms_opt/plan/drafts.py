"""Drafts the conversion of one site: its parameters, arguments, place, starting state and findings."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import Argument, CallRewrite, Given, Keep, NewCall, Part, Splice, Text
from tf2ms_opt.options import Fidelity, Options
from tf2ms_opt.plan.arguments import LeftError, Translation, differences, rewrite_schedule, translate
from tf2ms_opt.plan.factories import Factories, Factory
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.parameters import Parameters, from_uses
from tf2ms_opt.plan.placement import Form, Spot, available, lower_place, spot
from tf2ms_opt.plan.regularization import Regularization, regularization
from tf2ms_opt.plan.schedules import Schedule
from tf2ms_opt.plan.side_effects import freeze, reached_through_model
from tf2ms_opt.plan.sites import Found
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.uses import Use, UseKind, uses_of


@dataclass(frozen=True, slots=True)
class Draft:
    """A site's conversion, ready to be put into the plan."""

    candidate: Candidate
    splices: tuple[Splice, ...]
    findings: tuple[Finding, ...]
    #: the list of parameters that the optimizer trains
    params: str
    needs: frozenset[str]
    schedules: tuple[Schedule, ...] = ()
    #: argument values that stay in the converted call, and expressions that disappear
    kept: tuple[ast.expr, ...] = ()
    gone: tuple[ast.expr, ...] = ()
    #: TensorFlow's call that takes the optimizer, and the models that it trains
    step: ast.Call | None = None
    models: tuple[ast.expr, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a site's parameters come from: the text, the models it depends on, and edits elsewhere."""

    text: str
    models: tuple[ast.expr, ...] = ()
    names: tuple[str, ...] = ()
    splices: tuple[Splice, ...] = ()
    findings: tuple[Finding, ...] = ()
    step: ast.Call | None = None


@dataclass(slots=True)
class _Site:
    """What is known of a site while it is drafted."""

    found: Found
    candidate: Candidate
    place: tuple[int, int]
    uses: tuple[Use, ...]
    at: Spot
    source: _Source
    below: ast.stmt | None = None
    findings: list[Finding] = field(default_factory=list)


class Drafter:
    """Drafts the sites of one module, so that fresh names and factories are shared between them."""

    def __init__(self, module: Module, options: Options, names: Aliases) -> None:
        self._module = module
        self._options = options
        self._names = names
        self._factories = Factories(module)
        self._fresh: set[tuple[ast.AST | None, str]] = set()

    def draft(self, found: Found, candidate: Candidate) -> Draft:
        """The conversion of ``found`` as ``candidate``.  Raises ``LeftError``."""
        module = self._module
        place = module.position(found.node)
        translation = translate(module, candidate, found.call, self._names.nn, place)
        uses = uses_of(module, found.expression)
        site = _Site(found, candidate, place, uses, spot(module, found.expression), self._source(found, uses, place))
        site.below = self._below(site)
        site.findings += [*translation.findings, *site.source.findings, *self._differences(site, translation)]
        site.findings += self._other_uses(site)
        clips = bool(translation.clips)
        regular = regularization(module, site.source.models, site.below or site.at.statement, place, clips=clips)
        site.findings += regular.findings
        splices, needs = self._edits(site, translation, regular)
        arguments = [argument.origin for argument in translation.arguments]
        values = self._values(found)
        return Draft(
            candidate,
            (*splices, *site.source.splices, *regular.splices),
            tuple(site.findings),
            site.source.text,
            needs,
            translation.schedules,
            tuple(value for position, value in enumerate(values) if position in arguments),
            (*self._gone(found, values, arguments), *translation.gone, *regular.gone),
            site.source.step,
            site.source.models,
        )

    def schedule(self, schedule: Schedule) -> Splice:
        """The edit of a schedule that is bound to a name."""
        rewrite, _, _ = rewrite_schedule(self._module, schedule, self._names.nn)
        return Splice(rewrite.start, rewrite.end, (rewrite,))

    def _source(self, found: Found, uses: Sequence[Use], place: tuple[int, int]) -> _Source:
        """The ladder: the uses, a factory's callers, --params; else the site is left."""
        known = from_uses(self._module, uses, place)
        if isinstance(known, Parameters):
            return _Source(known.text, known.models, known.model_texts, step=known.use.call)
        returned = next((use for use in uses if use.kind is UseKind.RETURN), None)
        why = known
        if returned is not None and known.name != "shared-optimizer":
            factory = self._factories.of(returned, place)
            if isinstance(factory, Factory):
                name = factory.function.name
                note = finding("signature-changed", *place, function=name, parameter=factory.parameter)
                return _Source(factory.parameter, splices=factory.splices, findings=(note,))
            why = factory
        if self._options.params is not None and known.name != "shared-optimizer":
            return _Source(self._options.params)
        raise LeftError(why)

    def _below(self, site: _Site) -> ast.stmt | None:
        """The statement above which the optimizer has to move; None if it can stay.  Raises ``LeftError``."""
        module = self._module
        if all(available(module, model, site.at.statement) for model in site.source.models):
            return None
        below = lower_place(module, site.found.expression, site.at, site.source.models, site.uses)
        if isinstance(below, str):
            if self._options.params is not None:
                site.source = _Source(self._options.params)
                return None
            model = " and ".join(site.source.names)
            raise LeftError(finding("params-unknown/unreachable", *site.place, model=model, why=below))
        line = module.position(below)[0]
        site.findings.append(finding("statement-moved", *site.place, model=" and ".join(site.source.names), line=line))
        return below

    def _differences(self, site: _Site, translation: Translation) -> list[Finding]:
        if self._options.fidelity is Fidelity.NAMES:
            points = [state.because for state in site.candidate.source.state]
            points += [reason for _, reason, _ in differences(site.candidate, translation.settings)]
            return [finding("plain-renaming", *site.place, difference="; ".join(points))] if points else []
        return [
            finding(name, *site.place, help=help, reason=reason)
            for name, reason, help in differences(site.candidate, translation.settings)
        ]

    def _other_uses(self, site: _Site) -> list[Finding]:
        """What else the file does with the optimizer, and with the models' freedom to train."""
        module = self._module
        notes = []
        for use in site.uses:
            line = module.position(use.node)[0]
            match use.kind:
                case UseKind.WRAPPED:
                    notes.append(finding("wrapped-optimizer", *module.position(use.node), wrapper=use.detail))
                case UseKind.ATTRIBUTE:
                    notes.append(finding("optimizer-used-elsewhere/attribute", *site.place, attribute=use.detail, line=line))
                case UseKind.PASSED:
                    notes.append(finding("optimizer-used-elsewhere/passed", *site.place, callee=use.detail, line=line))
                case UseKind.CONTAINER | UseKind.OTHER | UseKind.CUSTOM_COMPILE if use.node is not site.found.expression:
                    notes.append(finding("optimizer-used-elsewhere/other", *site.place, line=line))
                case _:
                    pass
        if frozen := freeze(module, site.source.step):
            model = site.source.names[0] if site.source.names else site.source.text
            notes.append(finding("frozen-parameters", *site.place, model=model, line=frozen))
        for attribute, line in reached_through_model(module, site.source.names):
            notes.append(finding("optimizer-used-elsewhere/attribute", *site.place, attribute=attribute, line=line))
        return list(dict.fromkeys(notes))

    def _edits(
        self, site: _Site, translation: Translation, regular: Regularization
    ) -> tuple[list[Splice], frozenset[str]]:
        """The splices of the site itself, and the MindSpore modules that they name."""
        source = self._module.source
        params = self._params_text(site, regular)
        arguments = (Argument(None, Text(params)), *translation.arguments)
        start, end = source.start(site.found.expression), source.end(site.found.expression)
        callee = f"{self._names.nn}.{site.candidate.rule.target.name.rpartition('.')[2]}"
        call = self._call(site.found, callee, arguments)
        stays = self._options.fidelity is Fidelity.NAMES
        if site.at.form is Form.INLINE and not stays and (site.candidate.source.state or self._in_compile(site)):
            return self._hoisted(site, call, (start, end))
        lines = () if stays else self._state_lines(site, site.at.target)
        needs = frozenset({"nn", "ops"} if lines else {"nn"})
        if site.below is not None:
            return self._moved(site, call, (start, end), lines), needs
        splices = [Splice(start, end, (call,))]
        if lines:
            after = source.line_end(source.end(site.at.statement))
            splices.append(self._insert_lines(after, source.indentation(source.start(site.at.statement)), lines))
        return splices, needs

    def _params_text(self, site: _Site, regular: Regularization) -> str:
        """The parameters, in groups where the model's kernels carry weight decay."""
        text = site.source.text
        if regular.value is None:
            return text
        groups = (
            f'{{"params": [p for p in {text} if p.ndim > 1], "weight_decay": 2 * {regular.value}}}',
            f'{{"params": [p for p in {text} if p.ndim <= 1], "weight_decay": 0.0}}',
            f'{{"order_params": {text}}}',
        )
        source = self._module.source
        start, end = source.start(site.found.expression), source.end(site.found.expression)
        if site.at.form is Form.EMBEDDED or source.line_of(start) != source.line_of(end):
            return f"[{', '.join(groups)}]"
        placed = source.start(site.below or site.at.statement)
        line = source.newline(placed) + source.indentation(placed)
        return "[" + "".join(f"{line}{self._module.indent_unit}{group}," for group in groups) + f"{line}]"

    def _call(self, found: Found, callee: str, arguments: tuple[Argument, ...]) -> Part:
        if found.call is None:
            return NewCall(callee, arguments)
        source = self._module.source
        return CallRewrite(source.start(found.call), source.end(found.call), callee, arguments)

    def _in_compile(self, site: _Site) -> bool:
        return any(use.kind is UseKind.COMPILE and use.node is site.found.expression for use in site.uses)

    def _state_lines(self, site: _Site, target: str | None) -> tuple[str, ...]:
        """The lines that put the state where the source starts it, unindented; a finding where they have no place."""
        states = site.candidate.source.state
        if not states:
            return ()
        if target is None or site.at.form is Form.EMBEDDED:
            where = site.at.where or "here"
            for state in states:
                name = f"{site.candidate.rule.target.name.rpartition('.')[2]}.{state.attribute}"
                details = {"state": name, "actual": state.actual, "value": state.value, "where": where}
                site.findings.append(finding("starting-state-unplaced", *site.place, **details))  # type: ignore[arg-type]
            return ()
        lines = []
        unit = self._module.indent_unit
        for state in states:
            each = self._loop_name(state.each)
            value = f"{self._names.ops}.{'zeros' if state.value == '0' else 'ones'}_like({each})"
            lines += [f"for {each} in {target}.{state.attribute}:  # {state.because}", f"{unit}{each}.set_data({value})"]
            details = {"state": f"{target}.{state.attribute}", "value": state.value, "because": state.because}
            site.findings.append(finding("starting-state", *site.place, **details))  # type: ignore[arg-type]
        return tuple(lines)

    def _hoisted(self, site: _Site, call: Part, span: tuple[int, int]) -> tuple[list[Splice], frozenset[str]]:
        """A statement of its own, just above the one that holds the optimizer."""
        source = self._module.source
        name = self._free("optimizer", self._module.index.function(site.found.expression))
        start = source.start(site.at.statement)
        indent = source.indentation(start)
        lines = self._state_lines(site, name)
        newline = source.newline(start)
        if isinstance(call, CallRewrite):
            outdent = len(source.indentation(span[0])) - len(indent)
            call = replace(call, outdent=outdent, column=len(indent) + len(name) + len(" = "))
        text = "".join(indent + line + newline for line in lines)
        above = Splice(source.line_start(start), source.line_start(start), (f"{indent}{name} = ", call, newline, text))
        return [above, Splice(*span, (name,))], frozenset({"nn", "ops"} if lines else {"nn"})

    def _moved(self, site: _Site, call: Part, span: tuple[int, int], lines: tuple[str, ...]) -> list[Splice]:
        source = self._module.source
        if site.below is None:
            raise LookupError("nowhere to move to")
        statement, below = site.at.statement, source.start(site.below)
        start, end = source.start(statement), source.end(statement)
        indent, newline = source.indentation(below), source.newline(below)
        line_end = source.line_end(end)
        rest = source.data[span[1] : line_end].rstrip(b"\r\n")
        parts = (indent, Keep(start, span[0]), call, Keep(span[1], span[1] + len(rest)), newline)
        text = "".join(indent + line + newline for line in lines)
        at = source.line_start(below)
        return [Splice(source.line_start(start), line_end, ()), Splice(at, at, (*parts, text))]

    def _insert_lines(self, at: int, indent: str, lines: Sequence[str]) -> Splice:
        """Whole lines at the offset ``at``, which begins a line or ends the file."""
        source = self._module.source
        newline = source.newline(max(at - 1, 0))
        text = newline.join(indent + line for line in lines)
        if at == len(source.data) and not source.data.endswith((b"\n", b"\r")):
            return Splice(at, at, (newline + text,))
        return Splice(at, at, (text + newline,))

    def _free(self, base: str, function: ast.AST | None) -> str:
        """A name that the file does not use, and no other site of the same function got."""
        taken = self._module.index.identifiers
        number = 1
        while (name := base if number == 1 else f"{base}_{number}") in taken or (function, name) in self._fresh:
            number += 1
        self._fresh.add((function, name))
        return name

    def _loop_name(self, base: str) -> str:
        """The name of a loop variable; every loop of the file may use the same."""
        taken = self._module.index.identifiers
        return next(name for name in (base, f"{base}_of_optimizer", f"_{base}") if name not in taken)

    @staticmethod
    def _values(found: Found) -> list[ast.expr]:
        if found.call is None:
            return []
        return [*found.call.args, *(keyword.value for keyword in found.call.keywords)]

    @staticmethod
    def _gone(found: Found, values: Sequence[ast.expr], kept: Sequence[int | None]) -> list[ast.expr]:
        dropped = [value for position, value in enumerate(values) if position not in kept]
        expression = found.expression
        callee = [expression.func] if isinstance(expression, ast.Call) else []
        return [*callee, *dropped]
