"""Goes over the training steps of a module: each is converted whole, or left whole with what was in the way."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field, replace

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import Splice
from tf2ms_opt.options import Options
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.step.abroad import handed_losses
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.checks import (
    Optimizers,
    check_all_converted,
    check_elsewhere,
    check_optimizers,
    check_version,
)
from tf2ms_opt.plan.step.companions import companions
from tf2ms_opt.plan.step.compiled import Circumstances, ModelStep
from tf2ms_opt.plan.step.model_uses import Compiled
from tf2ms_opt.plan.step.models import compiled_model
from tf2ms_opt.plan.step.networks import embeddings
from tf2ms_opt.plan.step.operators import Operators
from tf2ms_opt.plan.step.optimizers import by_call, in_calls
from tf2ms_opt.plan.step.parts import Part, Taped, torn
from tf2ms_opt.plan.step.penalties import PENALTY, penalty
from tf2ms_opt.plan.step.rates import Rates
from tf2ms_opt.plan.step.region import RegionFinder
from tf2ms_opt.plan.step.scaled import SCALING, loss_scales
from tf2ms_opt.plan.step.taped import TapeSteps
from tf2ms_opt.plan.step.trainer_names import TakenNames, trainer_name
from tf2ms_opt.plan.suppressed import keep_lines, lose_nothing
from tf2ms_opt.suppressions import Ignore
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted
from tf2ms_opt.trace.uses import UseKind

#: findings of an optimizer that say what a converted step takes care of

_REGULARIZERS = {"TMO205", "TMO307"}
_SETTLED = {"TMO207", *_REGULARIZERS}


@dataclass(slots=True)
class Steps:
    """The steps of a module: the drafts with what became of their steps, and the edits of those that are converted."""

    drafts: dict[Found, Draft]
    edits: list[StepEdits] = field(default_factory=list)
    #: the comments for which a step stays as it is
    kept_by: set[Ignore] = field(default_factory=set)

    @property
    def needs(self) -> set[str]:
        return {need for one in self.edits for need in one.needs}

    @property
    def losses(self) -> set[tuple[str, str]]:
        return {one for each in self.edits for one in each.losses}

    @property
    def splices(self) -> list[Splice]:
        return [splice for one in self.edits for splice in one.splices]


def convert_steps(
    module: Module, drafts: Mapping[Found, Draft], others: Sequence[Found], names: Aliases, options: Options
) -> Steps:
    """Convert the steps that the optimizers in ``drafts`` are used in, each whole or not at all.

    ``others`` are the optimizers that are left.
    """
    result = Steps(dict(drafts))
    groups = by_call(drafts)
    known = Optimizers.of(module, drafts, others)
    taped = Taped(module, known, {call: sites for call, sites in groups.items() if _is_taped(call)}, options)
    parts = [*_model_parts(module, known, groups, names, taped, options)]
    models = [part.model for part in parts if part.model is not None]
    compiled = {dotted(one.func.value) or "" for one in groups if isinstance(one.func, ast.Attribute)}
    parts += _tape_parts(module, drafts, taped, names, compiled)
    own = [splice for draft in drafts.values() for splice in draft.splices]
    for part in parts:
        if part.left is None:
            try:
                part.settled = {site: _settled(module, drafts[site], names, part.edits) for site in part.sites}
                first = next(iter(part.sites.values()))
                keep_lines(module, part.edits.splices, first, result.kept_by)
                lose_nothing(module, part.edits.splices, own, first)
            except StepLeftError as left:
                part.left = left
    while (pair := torn(parts)) is not None:
        part, why = pair
        text = f"another step of the same network stays TensorFlow's: {why.why}"
        part.left = StepLeftError(text, why.node)
    for part in parts:
        if part.left is not None:
            for site, call in part.sites.items():
                _leave(module, result, site, call, part.left)
    converted = [part for part in parts if part.left is None]
    for part in converted:
        result.edits.append(part.edits)
        for site, draft in part.settled.items():
            before = result.drafts[site]
            shared = before is not drafts[site]  # the object is in another converted part too
            findings = tuple(dict.fromkeys([*before.findings, *draft.findings])) if shared else draft.findings
            wanted = set(before.splices)
            splices = tuple(one for one in draft.splices if one in wanted)
            result.drafts[site] = replace(draft, findings=findings, splices=splices)
    known_models = [part.model for part in converted if part.model is not None]
    _convert_data(module, result, known_models, names)
    result.edits += handed_losses(module, result.drafts.values(), names)
    _name_companions(module, result, models, known_models)
    return result


def _model_parts(
    module: Module,
    known: Optimizers,
    groups: Mapping[ast.Call, list[Found]],
    names: Aliases,
    taped: Taped,
    options: Options,
) -> Iterator[Part]:
    """One part for every compiled model."""
    drafts, taken = known.drafts, TakenNames()
    parts: list[Part] = []
    compiles: set[ast.Call] = set()
    for call, sites in groups.items():
        if not (isinstance(call.func, ast.Attribute) and call.func.attr == "compile"):
            continue
        if call in compiles:
            continue
        part = Part(dict.fromkeys(sites, call), frozenset(module.origins(call.func.value)))
        parts.append(part)
        try:
            check_version(options, call)
            part.model = compiled_model(module, call)
            compiles.update(part.model.compiles)
            part.sites |= {site: call for one in part.model.compiles for site in groups.get(one, ())}
            check_optimizers(module, part.model, drafts, groups)
            for one in part.model.compiles:
                check_all_converted(module, one, groups.get(one, ()), known, options)
        except StepLeftError as left:
            part.left = left
    models = [part.model for part in parts if part.model is not None and part.left is None]
    for part in parts:
        if part.left is None and part.model is not None:
            name = trainer_name(module, part.model, taken, alone=len(models) == 1)
            members = [drafts[one] for one in part.sites]
            scheduled = any(one.scheduled for one in members)
            try:
                generation = members[0].candidate.generation
                own = part.model.networks if dotted(part.model.receiver) in taped.networks else ()
                circumstances = Circumstances(generation, scheduled, taped.inside | set(own))
                step = ModelStep(module, names, part.model, name, circumstances)
                text, extra = _penalties(module, part.model, names, members)
                part.edits = step.edits(in_calls(drafts, part.sites), text)
                part.edits.take(extra)
                check_elsewhere(module, part.model, models)
            except StepLeftError as left:
                part.left = left
        yield part


def _tape_parts(
    module: Module, drafts: Mapping[Found, Draft], taped: Taped, names: Aliases, compiled: AbstractSet[str]
) -> Iterator[Part]:
    """All gradient tapes of the file together: they share functions, losses and metrics."""
    if not taped.applied:
        return
    sites = {site: call for call, members in taped.applied.items() for site in members}
    networks = {binding for site in sites for model in drafts[site].models for binding in module.origins(model)}
    part = Part(sites, frozenset(networks), left=taped.left)
    if part.left is None:
        try:
            generation = drafts[next(iter(sites))].candidate.generation
            own = compiled - taped.networks
            steps = TapeSteps(module, names, generation, taped, _expressions(drafts), own)
            part.edits = steps.edits()
        except StepLeftError as left:
            part.left = left
    yield part


def _is_taped(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("apply_gradients", "minimize")


def _convert_data(module: Module, result: Steps, models: Sequence[Compiled], names: Aliases) -> None:
    """Tensors that the file makes for its converted trainers alone, with operators that MindSpore has too."""
    gone = {node for one in result.edits for node in one.gone}
    given = [
        value
        for model in models for _, call in model.steps
        for one in (*call.args, *(keyword.value for keyword in call.keywords))
        for value in (one.elts if isinstance(one, ast.Tuple) else (one,))
    ]  # fmt: skip
    region = RegionFinder(module).around_values(given)
    region.roots = [one for one in region.roots if not gone & set(ast.walk(one))]
    if not result.edits or not region.roots:
        return
    generation = next(iter(result.drafts.values())).candidate.generation
    edits = StepEdits()
    with suppress(StepLeftError):  # what cannot be converted stays, and the trainer takes its values
        Operators(module, names, generation, edits).convert(region)
        keep_lines(module, edits.splices, given[0], result.kept_by)
        lose_nothing(module, edits.splices, (), given[0])
        result.edits.append(edits)


def _name_companions(module: Module, result: Steps, models: Sequence[Compiled], converted: Sequence[Compiled]) -> None:
    """What else the file does with Keras models, where a step is converted: Cells do not have it."""
    handed = [one for draft in result.drafts.values() if _is_handed_over(draft) for one in draft.models]
    if not result.edits and not handed:
        return
    known = {use for model in models for use in (*(one for one, _ in model.steps), *model.reads, *model.networks)}
    left = [one.receiver for one in models if one not in converted]
    said = {(one.line, one.column) for every in result.edits for one in every.findings}
    notes = [note for note in companions(module, known, left, handed) if (note.line, note.column) not in said]
    site = next(iter(result.drafts))
    result.drafts[site] = replace(result.drafts[site], findings=(*result.drafts[site].findings, *notes))


def _is_handed_over(draft: Draft) -> bool:
    """Whether a function of another file takes the optimizer's step, and is converted with it."""
    return any(one.name == "handed-over" and one.variant == "default" for one in draft.findings)


def _expressions(drafts: Mapping[Found, Draft]) -> list[ast.expr]:
    """What the optimizers' own drafts rewrite."""
    found = [one for site in drafts for one in (site.expression, *site.built)]
    found += [schedule.call for draft in drafts.values() for schedule in draft.flow.schedules]
    found += [
        use.call.func for draft in drafts.values() for use in draft.uses
        if use.kind is UseKind.WRAPPED and use.call is not None
    ]  # fmt: skip
    return found


def _penalties(module: Module, model: Compiled, names: Aliases, drafts: Sequence[Draft]) -> tuple[str, StepEdits]:
    """The penalties of regularizers that did not become weight decay, and the edits that go with them."""
    edits = StepEdits()
    if not any(one.code in _REGULARIZERS for draft in drafts for one in draft.findings):
        return "", edits
    qualified = f"{names.runtime}.{PENALTY}"
    edits.needs.add(qualified)
    return penalty(module, model, names.names[qualified], edits), edits


def _settled(module: Module, draft: Draft, names: Aliases, edits: StepEdits) -> Draft:
    """``draft`` where its step is converted by ``edits``, which it may add to.  Raises ``StepLeftError``."""
    scaled = loss_scales(module, names, draft, edits)
    for use in draft.uses:
        if use.kind is UseKind.ATTRIBUTE and not (use.detail in SCALING and (scaled or draft.wrapped)):
            Rates(module, names, edits, scheduled=draft.scheduled).of_optimizer(use.node, module.text(use.node))
    findings = (
        *(one for one in draft.findings if not _is_settled(one, taped=all(map(_is_taped, draft.steps)))),
        *edits.findings,
        *embeddings(module, draft.candidate.generation),
        *_frozen(module, draft),
    )
    splices = tuple(one for one in draft.splices if (one.start, one.end) not in edits.absorbed or one.start == one.end)
    return replace(draft, findings=findings, splices=splices, step=None)


def _is_settled(one: Finding, *, taped: bool) -> bool:
    """A converted step takes care of it: of rates that are read and set, too, but not of whoever gets the optimizer."""
    unasked = taped and one.name == "penalties-elsewhere"  # no tape that asks for losses is converted
    return unasked or one.code in _SETTLED or (one.code == "TMO208" and one.variant == "attribute")


def _frozen(module: Module, draft: Draft) -> Iterable[Finding]:
    """Layers that do not train, wherever the file says so: the network's counterpart has to be frozen as well."""
    if any(one.code == "TMO204" for one in draft.findings):
        return
    for _, binding in module.freezes:
        if binding.statement is not None:
            line, column = module.position(binding.statement)
            yield finding(
                "frozen-parameters", line, column, model=draft.params.removesuffix(".trainable_params()"), line=line
            )


def _leave(module: Module, result: Steps, site: Found, call: ast.Call, left: StepLeftError) -> None:
    """Say at an optimizer what was in the way of its step."""
    line = module.position(left.node)[0]
    draft = result.drafts[site]
    call_text = f"{module.text(call.func)}(...)"
    note = finding("step-left", *module.position(site.node), call=call_text, why=left.why, line=line)
    result.drafts[site] = replace(draft, findings=(*draft.findings, note), step=None)
