"""Goes over the training steps of a module: each is converted whole, or left whole with what was in the way."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import Splice
from tf2ms_opt.options import Options
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.sites import Found
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.checks import check_elsewhere, check_optimizers, check_tape, check_version
from tf2ms_opt.plan.step.companions import companions
from tf2ms_opt.plan.step.compiled import ModelStep, StepEdits, trainer_name
from tf2ms_opt.plan.step.minimized import Minimized, minimized
from tf2ms_opt.plan.step.models import Compiled, compiled_model
from tf2ms_opt.plan.step.operators import Operators
from tf2ms_opt.plan.step.penalties import PENALTY, penalty
from tf2ms_opt.plan.step.rates import Rates
from tf2ms_opt.plan.step.region import RegionFinder
from tf2ms_opt.plan.step.scaled import SCALING, loss_scales
from tf2ms_opt.plan.step.taped import TapeSteps
from tf2ms_opt.plan.step.tapes import Step, tape_step
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.uses import UseKind

#: findings of an optimizer that say what a converted step takes care of

_REGULARIZERS = {"TMO205", "TMO307"}
_SETTLED = {"TMO207", *_REGULARIZERS}


@dataclass(slots=True)
class Steps:
    """The steps of a module: the drafts with what became of their steps, and the edits of those that are converted."""

    drafts: dict[Found, Draft]
    edits: list[StepEdits] = field(default_factory=list)

    @property
    def needs(self) -> set[str]:
        return {need for one in self.edits for need in one.needs}

    @property
    def splices(self) -> list[Splice]:
        return [splice for one in self.edits for splice in one.splices]


def convert_steps(module: Module, drafts: Mapping[Found, Draft], names: Aliases, options: Options) -> Steps:
    """Convert the steps that the optimizers in ``drafts`` are used in, each whole or not at all."""
    result = Steps(dict(drafts))
    groups = _groups(drafts)
    taken: set[str] = set()
    models: list[tuple[list[Found], Compiled]] = []
    for call, sites in groups.items():
        if not (isinstance(call.func, ast.Attribute) and call.func.attr == "compile"):
            continue
        if any(call in model.compiles for _, model in models):
            continue
        try:
            check_version(options, call)
            model = compiled_model(module, call)
            members = [site for one in model.compiles for site in groups.get(one, ())]
            check_optimizers(module, model, drafts, groups)
            models.append((members or sites, model))
        except StepLeftError as left:
            _leave(module, result, sites, call, left)
    converted: list[Compiled] = []
    for members, model in models:
        call = model.compiles[0]
        name = trainer_name(module, model, taken, alone=len(models) == 1)
        try:
            generation = drafts[members[0]].candidate.generation
            scheduled = any(drafts[one].scheduled for one in members)
            step = ModelStep(module, names, generation, model, name, scheduled=scheduled)
            text, extra = _penalties(module, model, names, [drafts[one] for one in members])
            edits = step.edits(_hoisted(drafts, members), text)
            edits.take(extra)
            check_elsewhere(module, model, [one for _, one in models])
            _settle(module, result, members, names, edits)
            result.edits.append(edits)
            converted.append(model)
        except StepLeftError as left:
            _leave(module, result, members, call, left)
    _convert_tapes(module, result, groups, names, options)
    _convert_data(module, result, converted, names)
    _name_companions(module, result, [model for _, model in models], converted)
    return result


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
        result.edits.append(edits)


def _name_companions(module: Module, result: Steps, models: Sequence[Compiled], converted: Sequence[Compiled]) -> None:
    """What else the file does with Keras models, where a step is converted: Cells do not have it."""
    if not result.edits:
        return
    known = {use for model in models for use in (*(one for one, _ in model.steps), *model.reads, *model.networks)}
    left = [one.receiver for one in models if one not in converted]
    said = {(one.line, one.column) for every in result.edits for one in every.findings}
    notes = [note for note in companions(module, known, left) if (note.line, note.column) not in said]
    site = next(iter(result.drafts))
    result.drafts[site] = replace(result.drafts[site], findings=(*result.drafts[site].findings, *notes))


def _convert_tapes(
    module: Module, result: Steps, groups: Mapping[ast.Call, list[Found]], names: Aliases, options: Options
) -> None:
    """All gradient tapes of the file together: they share functions, losses and metrics."""
    applied = {
        call: sites for call, sites in groups.items()
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("apply_gradients", "minimize")
    }  # fmt: skip
    if not applied:
        return
    steps: list[Step] = []
    losses: list[Minimized] = []
    try:
        for call, sites in applied.items():
            draft = result.drafts[sites[0]]
            check_tape(module, draft, call, options)
            if isinstance(call.func, ast.Attribute) and call.func.attr == "minimize":
                losses.append(minimized(module, call))
            else:
                steps.append(tape_step(module, call, draft.params))
        generation = result.drafts[next(iter(applied.values()))[0]].candidate.generation
        edits = TapeSteps(module, names, generation, steps, losses, _expressions(result)).edits()
        members = list(dict.fromkeys(site for sites in applied.values() for site in sites))
        _settle(module, result, members, names, edits)
        result.edits.append(edits)
    except StepLeftError as left:
        for call, sites in applied.items():
            _leave(module, result, sites, call, left)


def _expressions(result: Steps) -> list[ast.expr]:
    """What the optimizers' own drafts rewrite."""
    found = [site.expression for site in result.drafts]
    found += [schedule.call for draft in result.drafts.values() for schedule, _ in draft.schedules]
    found += [
        use.call.func for draft in result.drafts.values() for use in draft.uses
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


def _groups(drafts: Mapping[Found, Draft]) -> dict[ast.Call, list[Found]]:
    """TensorFlow's call that takes an optimizer -> the sites of the optimizers that it takes."""
    groups: dict[ast.Call, list[Found]] = {}
    for site, draft in drafts.items():
        for call in draft.steps:
            groups.setdefault(call, []).append(site)
    return groups


def _hoisted(drafts: Mapping[Found, Draft], members: Iterable[Found]) -> dict[tuple[int, int], str]:
    """Spans of the source that an optimizer's own edits replace: by its name, or by nothing that a name stands for."""
    return {
        (splice.start, splice.end): splice.parts[0]
        if len(splice.parts) == 1 and isinstance(splice.parts[0], str)
        else ""
        for site in members
        for splice in drafts[site].splices
        if splice.end > splice.start
    }


def _settle(module: Module, result: Steps, members: Iterable[Found], names: Aliases, edits: StepEdits) -> None:
    """Take the step's edits into account in its optimizers' drafts."""
    for site in members:
        draft = result.drafts[site]
        scaled = loss_scales(module, names, draft, edits)
        for use in draft.uses:
            if use.kind is UseKind.ATTRIBUTE and not (use.detail in SCALING and (scaled or draft.wrapped)):
                Rates(module, names, edits, scheduled=draft.scheduled).of_optimizer(use.node, module.text(use.node))
        findings = (
            *(one for one in draft.findings if not _is_settled(one)),
            *edits.findings,
            *_embeddings(module, draft.candidate.generation),
        )
        splices = tuple(
            one for one in draft.splices if (one.start, one.end) not in edits.absorbed or one.start == one.end
        )
        result.drafts[site] = replace(draft, findings=findings, splices=splices, step=None)


def _is_settled(one: Finding) -> bool:
    """A converted step takes care of it: of rates that are read and set, too, but not of whoever gets the optimizer."""
    return one.code in _SETTLED or (one.code == "TMO208" and one.variant == "attribute")


def _embeddings(module: Module, generation: str) -> Iterable[Finding]:
    """Layers whose gradients are sparse, in the generations in which that makes a difference."""
    for call in module.index.calls if generation != "tf2.11" else ():
        if module.keras_path(call.func) == "layers.Embedding":
            yield finding("sparse-embedding", *module.position(call), layer=module.text(call.func))


def _leave(module: Module, result: Steps, sites: Iterable[Found], call: ast.Call, left: StepLeftError) -> None:
    """Say at each optimizer what was in the way of its step."""
    line = module.position(left.node)[0]
    for site in sites:
        draft = result.drafts[site]
        call_text = f"{module.text(call.func)}(...)"
        note = finding("step-left", *module.position(site.node), call=call_text, why=left.why, line=line)
        result.drafts[site] = replace(draft, findings=(*draft.findings, note), step=None)
