"""Writes the decisions for one site as splices: the call, its statement, and the lines of its starting state."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import Argument, CallRewrite, Keep, NewCall, Part, Splice, Text
from tf2ms_opt.plan.factories import Factory
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.imports import OPS, Aliases
from tf2ms_opt.plan.parameters import Built, Parameters
from tf2ms_opt.plan.placement import Form, Spot
from tf2ms_opt.plan.rewrites import spelled_out
from tf2ms_opt.plan.translation import Translation
from tf2ms_opt.rules import State
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.uses import Use, UseKind


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a site's parameters come from: the text, the models it depends on, and edits elsewhere."""

    text: str
    models: tuple[ast.expr, ...] = ()
    names: tuple[str, ...] = ()
    splices: tuple[Splice, ...] = ()
    findings: tuple[Finding, ...] = ()
    step: ast.Call | None = None
    #: further models that the same object is compiled into
    others: tuple[Parameters, ...] = ()
    #: the function that returns the optimizer
    factory: Factory | None = None

    @property
    def built(self) -> tuple[Built, ...]:
        """What the callers of the function that returns the optimizer do with it."""
        return self.factory.built if self.factory is not None else ()

    @property
    def told(self) -> tuple[Parameters, ...]:
        """The parameters that the callers pass, and those of further models."""
        return (*self.others, *(one.parameters for one in self.built))


@dataclass(slots=True)
class SiteFacts:
    """What is known of a site while it is drafted."""

    found: Found
    candidate: Candidate
    place: tuple[int, int]
    uses: tuple[Use, ...]
    at: Spot
    origin: Origin
    #: the statement above which it is built instead, or behind which
    below: ast.stmt | None = None
    behind: bool = False
    #: the state that has to be put where the source starts it; that of the runtime's classes starts there
    states: tuple[State, ...] = ()
    findings: list[Finding] = field(default_factory=list)


class Editor:
    """Makes the splices of the sites of one module; ``plain`` for the renaming alone, without lines around it."""

    def __init__(self, module: Module, names: Aliases, *, plain: bool) -> None:
        self._module = module
        self._names = names
        self._plain = plain
        self._fresh: set[tuple[ast.AST | None, str]] = set()

    def edits(
        self, site: SiteFacts, translation: Translation, weight_decay: str | None
    ) -> tuple[list[Splice], frozenset[str]]:
        """The splices of the site itself, and the dotted names that have to be imported for them."""
        source = self._module.source
        params = self._params_text(site, weight_decay)
        arguments = (Argument(None, Text(params)), *translation.arguments)
        start, end = source.start(site.found.expression), source.end(site.found.expression)
        callee = self._names.callee(translation.choice)
        site.states = () if translation.choice.runtime else site.candidate.source.state
        call = self.around(self._call(site.found, callee, arguments), translation)
        if site.at.form is Form.INLINE and not self._plain and (site.states or self._in_compile(site)):
            splices, lines = self._hoisted(site, call, (start, end))
            return splices, translation.needs | ({OPS} if lines else set())
        lines = () if self._plain else self._state_lines(site, site.at.target)
        needs = translation.needs | ({OPS} if lines else set())
        clones = [splice for other in site.origin.others for splice in self._clone(site, other, callee, translation)]
        if site.below is not None:
            return [*clones, *self._moved(site, call, (start, end), lines)], needs
        splices = [*clones, Splice(start, end, call)]
        if lines:
            after = source.logical_end(source.end(site.at.statement))
            splices.append(self._insert_lines(after, source.indentation(source.start(site.at.statement)), lines))
        return splices, needs

    def placed(self, site: SiteFacts, call: tuple[Part, ...]) -> list[Splice]:
        """``call`` in place of the site, in a statement of its own above, or further down; it needs no lines."""
        source = self._module.source
        span = source.start(site.found.expression), source.end(site.found.expression)
        if site.at.form is Form.INLINE and not self._plain and self._in_compile(site):
            return self._hoisted(site, call, span)[0]
        return self._moved(site, call, span, ()) if site.below is not None else [Splice(*span, call)]

    def around(self, call: CallRewrite | NewCall, translation: Translation) -> tuple[Part, ...]:
        """``call`` inside of the class that carries out what the base class of Keras' optimizers does."""
        if not translation.wrapper:
            return (call,)
        given = "".join(f", {name}={text}" for name, text in translation.wrapped)
        return (f"{self._names.names[translation.wrapper]}(", call, f"{given})")

    def _params_text(self, site: SiteFacts, weight_decay: str | None) -> str:
        """The parameters, in groups of one where the model's kernels carry weight decay."""
        text = site.origin.text
        if weight_decay is None:
            return text
        # One group a parameter keeps their order, and no group can be empty, which MindSpore refuses.
        each = self._loop_name("p")
        decay = f"2 * {weight_decay} if {each}.ndim > 1 else 0.0"
        return f'[{{"params": [{each}], "weight_decay": {decay}}} for {each} in {text}]'

    def _call(self, found: Found, callee: str, arguments: tuple[Argument, ...]) -> CallRewrite | NewCall:
        if found.call is None:
            return NewCall(callee, arguments)
        if found.apart:
            values = [*found.call.args, *(keyword.value for keyword in found.call.keywords)]
            return NewCall(callee, spelled_out(self._module, arguments, values))
        source = self._module.source
        return CallRewrite(source.start(found.call), source.end(found.call), callee, arguments)

    def _in_compile(self, site: SiteFacts) -> bool:
        return any(use.kind is UseKind.COMPILE and use.node is site.found.expression for use in site.uses)

    def _state_lines(self, site: SiteFacts, target: str | None) -> tuple[str, ...]:
        """The lines that put the state where the source starts it, unindented; a finding where they have no place."""
        states = site.states
        if not states:
            return ()
        if target is None or site.at.form is Form.EMBEDDED:
            where = site.at.where or "here"
            for state in states:
                name = f"{site.candidate.rule.target.name.rpartition('.')[2]}.{state.attribute}"
                details = {"state": name, "actual": state.actual, "value": state.value, "where": where}
                site.findings.append(finding("starting-state-unplaced", *site.place, **details))
            return ()
        lines = []
        unit = self._module.indent_unit
        for state in states:
            each = self._loop_name(state.each)
            value = f"{self._names.ops}.{'zeros' if state.value == '0' else 'ones'}_like({each})"
            lines += [
                f"for {each} in {target}.{state.attribute}:  # {state.because}",
                f"{unit}{each}.set_data({value})",
            ]
            details = {"state": f"{target}.{state.attribute}", "value": state.value, "because": state.because}
            site.findings.append(finding("starting-state", *site.place, **details))
        return tuple(lines)

    def _hoisted(
        self, site: SiteFacts, call: tuple[Part, ...], span: tuple[int, int]
    ) -> tuple[list[Splice], tuple[str, ...]]:
        """A statement of its own, just above the one that holds the optimizer, and the lines behind it."""
        name = self._free("optimizer", self._module.index.function(site.found.expression))
        lines = self._state_lines(site, name)
        above = self._above(site.at.statement, name, call, lines)
        return [above, Splice(*span, (name,))], lines

    def _clone(self, site: SiteFacts, other: Parameters, callee: str, translation: Translation) -> list[Splice]:
        """The same optimizer built once more, just above the compile of another model."""
        source, use = self._module.source, other.use.node
        name = self._free("optimizer", self._module.index.function(use))
        inner = self._call(site.found, callee, (Argument(None, Text(other.text)), *translation.arguments))
        call = self.around(inner, translation)
        lines = () if self._plain else self._state_lines(site, name)
        above = self._above(self._module.index.statement(use), name, call, lines)
        return [above, Splice(source.start(use), source.end(use), (name,))]

    def _above(self, statement: ast.stmt, name: str, call: tuple[Part, ...], lines: Sequence[str]) -> Splice:
        """``name = call`` and the lines that belong to it, as statements above ``statement``."""
        source = self._module.source
        start = source.start(statement)
        indent, newline = source.indentation(start), source.newline(start)
        column = len(indent) + len(name) + len(" = ")
        moved: list[Part] = []
        for part in call:
            if isinstance(part, CallRewrite):
                outdent = len(source.indentation(part.start)) - len(indent)
                moved.append(replace(part, outdent=outdent, column=column))
            else:
                moved.append(part)
                column += len(part) if isinstance(part, str) else 0
        text = "".join(indent + line + newline for line in lines)
        at = source.line_start(start)
        return Splice(at, at, (f"{indent}{name} = ", *moved, newline, text))

    def _moved(
        self, site: SiteFacts, call: tuple[Part, ...], span: tuple[int, int], lines: tuple[str, ...]
    ) -> list[Splice]:
        source = self._module.source
        if site.below is None:
            raise LookupError("nowhere to move to")
        statement, below = site.at.statement, source.start(site.below)
        start, end = source.start(statement), source.end(statement)
        indent, newline = source.indentation(below), source.newline(below)
        line_end = source.line_end(end)
        rest = source.data[span[1] : line_end].rstrip(b"\r\n")
        parts = (indent, Keep(start, span[0]), *call, Keep(span[1], span[1] + len(rest)), newline)
        text = "".join(indent + line + newline for line in lines)
        gone = Splice(source.line_start(start), line_end, ())
        if not site.behind:
            at = source.line_start(below)
            return [gone, Splice(at, at, (*parts, text))]
        at = source.logical_end(source.end(site.below))
        ends = at == len(source.data) and not source.data.endswith((b"\n", b"\r"))
        return [gone, Splice(at, at, (newline if ends else "", *parts, text))]

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
        return next(name for name in chain((base,), (f"{base}_{number}" for number in count(2))) if name not in taken)
