"""The experiments of a user's file: each site's constructor, rebuilt from its literal values.

The file is read as the converter reads it, and never executed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tf2ms_opt.diagnostics import Finding
from tf2ms_opt.engine import convert_source, has_candidate
from tf2ms_opt.lab.experiments import STEP, Constructor, Experiment, Place, Value
from tf2ms_opt.lab.program import NotEmittedError, Shape, emitted
from tf2ms_opt.notebooks.code import Notebook
from tf2ms_opt.notebooks.conversion import own_options
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import Outcome, Site, SiteOutcome
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.generation import decide
from tf2ms_opt.plan.layers import DEFAULT_L2, regularizers
from tf2ms_opt.plan.schedules import schedule_of
from tf2ms_opt.plan.signature import LeftError, bind
from tf2ms_opt.plan.sites import find
from tf2ms_opt.rules import Action
from tf2ms_opt.ruleset import Candidate, RuleSet
from tf2ms_opt.source import SourceText, is_notebook
from tf2ms_opt.trace.module import Module


@dataclass(frozen=True, slots=True)
class Skipped:
    """A site that is not run, and why."""

    place: Place
    source: str
    reason: str


def experiments(
    data: bytes, path: str, rules: RuleSet, options: Options, given: Mapping[str, object]
) -> Iterator[Experiment | Skipped]:
    """Every site of one file.

    ``given`` holds values for what is no literal, under the text of the expression (``args.lr``) or the name of the
    parameter (``learning_rate``).
    """
    if not has_candidate(data, rules, path):
        return
    outcome = convert_source(data, rules, options, path)
    if outcome.failed:
        first = outcome.findings[0]
        yield Skipped(Place(path, first.line, first.column, first.cell), path, first.message)
        return
    notebook = Notebook.of(data) if is_notebook(data, path) else None
    module = Module.parse(SourceText.of(data) if notebook is None else notebook.code, rules)
    options = options if notebook is None else own_options(options, notebook)
    chosen = {(site.cell, site.line, site.column): site for site in outcome.sites}
    places = {
        one: (None, *module.position(one.node)) if notebook is None else notebook.place(*module.position(one.node))
        for one in find(module)
    }
    found = [one for one in places if places[one] in chosen]
    verdict = decide(module, found, options)
    for one in found:
        site = chosen[places[one]]
        place = Place(path, site.line, site.column, site.cell)
        try:
            yield _experiment(module, one, verdict.candidates.get(one), site, place, outcome, options, given)
        except _SkipError as skip:
            yield Skipped(place, site.source, str(skip))


def _place(one: Finding | Site) -> tuple[int | None, int, int]:
    return one.cell, one.line, one.column


class _SkipError(Exception):
    """Why a site cannot be run."""


def _experiment(  # noqa: PLR0913, PLR0917 -- all that is known of one site
    module: Module, found: Found, candidate: Candidate | None, site: Site, place: Place, outcome: Outcome,
    options: Options, given: Mapping[str, object],
) -> Experiment:  # fmt: skip
    if site.outcome is SiteOutcome.LEFT or candidate is None:
        why = next((one.message for one in outcome.findings if _place(one) == _place(site)), "")
        raise _SkipError(f"the converter leaves it: {why}")
    builder = _Builder(module, module.rules, given)
    constructor = builder.constructor(candidate, found.call)
    met = {one.name for one in outcome.findings if one.code in site.codes}
    l2 = _penalty(module) if "regularizer-moved" in met else 0.0
    shape = Shape(embedded="starting-state-unplaced" in met, l2=l2)
    try:
        written = emitted(constructor, "optimizer", candidate.generation, module.rules, options.fidelity, shape)
    except NotEmittedError as error:
        raise _SkipError(f"the converter leaves these values: {error}") from error
    return Experiment(
        rule=candidate.rule.name, generation=candidate.generation, kind="optimizer", constructor=constructor,
        fidelity=options.fidelity.value, target=written.target, lines=written.lines, reasons=written.reasons, l2=l2,
        place=place,
    )  # fmt: skip


def _penalty(module: Module) -> float:
    """The factor of the l2 penalty that moved into the optimizer: there is one model in the file, and one factor."""
    l2 = next(one for one in module.cached(regularizers) if one.kind == "l2")
    known, value = module.constant(l2.value) if l2.value is not None else (True, DEFAULT_L2)
    if not known or not isinstance(value, (int, float)):
        raise _SkipError("the factor of its l2 penalty is not known")
    return float(value)


class _Builder:
    """Rebuilds calls of one module from values that are known."""

    def __init__(self, module: Module, rules: RuleSet, given: Mapping[str, object]) -> None:
        self._module = module
        self._rules = rules
        self._given = given

    def constructor(self, candidate: Candidate, call: ast.Call | None, around: str = "") -> Constructor:
        """The call in the module where today's packages have its generation.  Raises ``_SkipError``.

        For a schedule, ``around`` is the generation of the optimizer that takes it: only its own schedules are some.
        """
        framework = self._rules.framework
        wanted = framework.schedules_of(around) if around else ""
        generation = wanted if wanted in candidate.source.generations else candidate.generation
        place = framework.generation[generation]
        module = place.schedule_stand_in if around else place.stand_in
        arguments: dict[str, Value] = {}
        try:
            bound = bind(self._module, candidate, call) if call is not None else {}
        except LeftError as left:
            raise _SkipError(left.finding.message) from left
        for name, (_, node) in bound.items():
            parameter = candidate.parameter(name)
            if parameter is not None and parameter.action is Action.STEP:
                arguments[name] = STEP
            elif parameter is not None and parameter.action is not Action.DROP:
                arguments[name] = self._value(name, node, candidate.generation)
        return Constructor(candidate.source.class_name, module, arguments)

    def _value(self, name: str, node: ast.expr, generation: str) -> Value:
        text = self._module.text(node)
        if text in self._given:
            return self._given[text]
        known, value = self._module.constant(node)
        if known:
            return value
        schedule = schedule_of(self._module, node)
        if schedule is not None:
            return self.constructor(schedule.candidate, schedule.call, generation)
        if name in self._given:
            return self._given[name]
        bindings = self._module.origins(node) if isinstance(node, (ast.Name, ast.Attribute)) else ()
        values = [self._module.constant(one.value) for one in bindings if one.value is not None]
        if len(bindings) == 1 and values and values[0][0]:
            return values[0][1]
        raise _SkipError(f"{name}={text} is not a literal: give its value with --set {text}=VALUE")
