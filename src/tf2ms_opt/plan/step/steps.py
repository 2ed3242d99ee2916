"""Goes over the training steps of a module: each is converted whole, or left whole with what was in the way."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tf2ms_opt.diagnostics import finding
from tf2ms_opt.facts import Splice
from tf2ms_opt.options import Options
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.sites import Found
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.compiled import ModelStep, StepEdits, trainer_name
from tf2ms_opt.plan.step.minimized import Minimized, minimized
from tf2ms_opt.plan.step.models import Compiled, compiled_model
from tf2ms_opt.plan.step.penalties import PENALTY, penalty
from tf2ms_opt.plan.step.rates import Rates
from tf2ms_opt.plan.step.scaled import SCALING, loss_scales
from tf2ms_opt.plan.step.taped import TapeSteps
from tf2ms_opt.plan.step.tapes import Step, tape_step
from tf2ms_opt.trace.models import certain_model, is_model_class
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind
from tf2ms_opt.trace.uses import UseKind, optimizer_argument

#: findings of an optimizer that say what a converted step takes care of
_MOVED = "TMO103"
_REGULARIZERS = {"TMO205", "TMO307"}
_SETTLED = {"TMO207", "TMO208", *_REGULARIZERS}
#: the first MindSpore that has what the runtime's trainer needs
_FIRST = (2, 0)


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
            _check_version(options, call)
            model = compiled_model(module, call)
            members = [site for one in model.compiles for site in groups.get(one, ())]
            _check_optimizers(module, model, drafts, groups)
            models.append((members or sites, model))
        except StepLeftError as left:
            _leave(module, result, sites, call, left)
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
            _check_elsewhere(module, model, [one for _, one in models])
            _settle(module, result, members, names, edits)
            result.edits.append(edits)
        except StepLeftError as left:
            _leave(module, result, members, call, left)
    _convert_tapes(module, result, groups, names, options)
    _name_companions(module, result, [model for _, model in models])
    return result


def _name_companions(module: Module, result: Steps, models: Sequence[Compiled]) -> None:
    """Methods of other Keras models of a file of which a step is converted: Cells do not have them either."""
    if not result.edits:
        return
    known = {use for model in models for use, _ in model.steps}
    edits = result.edits[0]
    said = {(one.line, one.column) for every in result.edits for one in every.findings}
    for call in module.index.calls:
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in _COMPANION or func.value in known:
            continue
        place = module.position(func)
        if place not in said and certain_model(module, func.value):
            advice = module.rules.step.weights["predict"].format(model=module.text(func.value))
            note = finding("model-method-remains", *place, call=module.text(func), advice=advice)
            edits.findings.append(note)
            site = next(iter(result.drafts))
            draft = result.drafts[site]
            result.drafts[site] = replace(draft, findings=(*draft.findings, note))


_COMPANION = {"predict", "predict_on_batch", "__call__"}


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
            _check_version(options, call)
            draft = result.drafts[sites[0]]
            if draft.candidate.generation == "tf1":
                raise StepLeftError(_GRAPH, call)
            if module.freezes:
                raise StepLeftError(_UNCLEAR["TMO204"], call)
            _check_unclear(draft, call)
            if any(one.code == _MOVED for one in draft.findings):
                raise StepLeftError("the optimizer is built above its network, and would move below the gradient", call)
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


_GRAPH = (
    "a graph of TensorFlow 1: write `def forward(inputs, labels): ...` returning the loss, then `loss, grads = "
    "mindspore.value_and_grad(forward, None, optimizer.parameters)(inputs, labels)` and `optimizer(grads)` where the "
    "session ran"
)


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


def _check_version(options: Options, call: ast.Call) -> None:
    version = tuple(int(part) for part in options.mindspore_version.split(".")[:2])
    if version < _FIRST:
        raise StepLeftError(
            f"MindSpore {options.mindspore_version} has no mindspore.value_and_grad (2.0 is the first)", call
        )


def _check_optimizers(
    module: Module, model: Compiled, drafts: Mapping[Found, Draft], groups: Mapping[ast.Call, Sequence[Found]]
) -> None:
    """Every compile of the model takes an optimizer that is converted, and nothing about what trains is unclear."""
    for call in model.compiles:
        sites = groups.get(call, ())
        if not sites:
            argument = optimizer_argument(call)
            text = module.text(argument)[:40] if argument is not None else "the default"
            raise StepLeftError(f"its optimizer ({text}) is not converted", call)
        if module.freezes:
            raise StepLeftError(_UNCLEAR["TMO204"], call)
        for site in sites:
            _check_unclear(drafts[site], call)
            for model_ in drafts[site].models:
                _check_class(module, model_)


def _check_unclear(draft: Draft, call: ast.Call) -> None:
    codes = {one.code for one in draft.findings}
    for code, why in _UNCLEAR.items():
        if code in codes:
            raise StepLeftError(why, call)


_UNCLEAR = {
    "TMO204": "what trains is set by .trainable, which a Cell does not have",
}


def _check_class(module: Module, model: ast.expr) -> None:
    """A model class of the file with a training step of its own."""
    for binding in module.origins(model):
        value = binding.value
        for one in module.origins(value.func) if isinstance(value, ast.Call) else ():
            if isinstance(one.node, ast.ClassDef) and is_model_class(
                module, value.func if isinstance(value, ast.Call) else model
            ):
                own = {"train_step", "test_step", "predict_step", "compile", "fit", "compute_loss"}
                if found := sorted(own & set(module.index.scopes[one.node].bindings)):
                    raise StepLeftError(f"{one.node.name} has a {found[0]} of its own", model)
                if any(call.func.attr in ("add_loss", "add_metric") for call in ast.walk(one.node)
                       if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):  # fmt: skip
                    raise StepLeftError(f"{one.node.name} adds losses or metrics of its own", model)
    for call in module.index.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("add_loss", "add_metric"):
            raise StepLeftError("the network adds losses or metrics of its own", call)
        if any(keyword.arg == "activity_regularizer" for keyword in call.keywords):
            raise StepLeftError("a layer has an activity_regularizer", call)
    for statement in module.index.moments:
        if isinstance(statement, ast.With) and any(_is_scope(item.context_expr) for item in statement.items):
            raise StepLeftError("it runs under a distribution strategy", statement)


def _is_scope(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "scope"


def _check_elsewhere(module: Module, model: Compiled, models: Sequence[Compiled]) -> None:
    """A model that the function got from outside may be used there as Keras' model."""
    if not any(_is_parameter(one) for one in module.origins(model.receiver)):
        return
    known = {use for one in models for use, _ in one.steps}
    for call in module.index.calls:
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in module.rules.step.method and func.value not in known:
            why = f"the model comes from outside of the function, and line {module.position(call)[0]} may use it"
            raise StepLeftError(why, call)


def _is_parameter(binding: Binding) -> bool:
    return binding.kind is BindingKind.PARAMETER


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
        findings = (*(one for one in draft.findings if one.code not in _SETTLED), *edits.findings)
        splices = tuple(
            one for one in draft.splices if (one.start, one.end) not in edits.absorbed or one.start == one.end
        )
        result.drafts[site] = replace(draft, findings=findings, splices=splices, step=None)


def _leave(module: Module, result: Steps, sites: Iterable[Found], call: ast.Call, left: StepLeftError) -> None:
    """Say at each optimizer what was in the way of its step."""
    line = module.position(left.node)[0]
    for site in sites:
        draft = result.drafts[site]
        call_text = f"{module.text(call.func)}(...)"
        note = finding("step-left", *module.position(site.node), call=call_text, why=left.why, line=line)
        result.drafts[site] = replace(draft, findings=(*draft.findings, note), step=None)
