"""What has to hold for a training step to be converted; for each, ``StepLeftError`` says what was in the way."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tf2ms_opt.options import Options
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.keras_settings import POLICIES
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.freezes import frozen_once
from tf2ms_opt.plan.step.model_uses import Compiled
from tf2ms_opt.plan.step.origins import check_callers, check_origins
from tf2ms_opt.trace.handed import optimizer_argument
from tf2ms_opt.trace.models import is_model_class
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import BindingKind, FunctionNode, dotted
from tf2ms_opt.trace.uses import receivers, uses_of

#: the first MindSpore that has what the runtime's trainer needs
_FIRST = (2, 0)
_MOVED = "TMO103"
_FROZEN = "what trains is set by .trainable, which a Cell does not have"
_PLAIN = ("float32", "float64")
_PRECISION = (
    "a policy of mixed precision, under which Keras scales the loss: in MindSpore, mindspore.amp.auto_mixed_precision "
    "of the Cell and a LossScaleOptimizer"
)
_MASK = "a layer masks steps, which Keras leaves out of the loss and the metrics, and a Cell has no masks"
_RECURRENT = {"LSTM", "GRU", "SimpleRNN", "RNN"}
_GRAPH = (
    "a graph of TensorFlow 1: write `def forward(inputs, labels): ...` returning the loss, then `loss, grads = "
    "mindspore.value_and_grad(forward, None, optimizer.parameters)(inputs, labels)` and `optimizer(grads)` where the "
    "session ran"
)


def check_version(options: Options, call: ast.Call) -> None:
    """MindSpore has what the runtime and the emitted lines need."""
    version = tuple(int(part) for part in options.mindspore_version.split(".")[:2])
    if version < _FIRST:
        raise StepLeftError(
            f"MindSpore {options.mindspore_version} has no mindspore.value_and_grad (2.0 is the first)", call
        )


def check_network(module: Module, call: ast.Call) -> None:
    """Nothing of the network's own changes what trains, what counts, or in which precision."""
    for scope, binding in module.freezes:
        if not frozen_once(module, scope, binding, call):
            raise StepLeftError(_FROZEN, binding.statement or call)
    if (hindrance := module.cached(_precision_or_mask)) is not None:
        raise StepLeftError(*hindrance)


def _precision_or_mask(module: Module) -> tuple[str, ast.Call] | None:
    """Why no network of the file can be converted, and the first call that says it."""
    for one in module.index.calls:
        path = module.keras_path(one.func) or ""
        last = path.rpartition(".")[2] or (dotted(one.func) or "").rpartition(".")[2]
        if last in POLICIES and any(module.constant(value)[1] not in _PLAIN for value in one.args):
            return _PRECISION, one
        if path.startswith("layers.") and _masks(module, one, last) and not module.cached(_ends_masks):
            return _MASK, one
    return None


def _masks(module: Module, call: ast.Call, name: str) -> bool:
    """Whether a layer tells the ones behind it, and the loss, which steps to leave out."""
    masked = [one.value for one in call.keywords if one.arg == "mask_zero"]
    return name == "Masking" or any(module.constant(value) != (True, False) for value in masked)


def _ends_masks(module: Module) -> bool:
    """Whether the file has a layer that gives one vector for a sequence, behind which nothing is masked any more."""
    for call in module.index.calls:
        name = (module.keras_path(call.func) or "").removeprefix("layers.")
        sequences = [one.value for one in call.keywords if one.arg == "return_sequences"]
        if name in _RECURRENT and all(module.constant(value) == (True, False) for value in sequences):
            return True
        if name in ("GlobalAveragePooling1D", "GlobalAvgPool1D"):
            return True
    return False


def check_optimizers(
    module: Module, model: Compiled, drafts: Mapping[Found, Draft], groups: Mapping[ast.Call, Sequence[Found]]
) -> None:
    """Every compile of the model takes an optimizer that is converted, and nothing about what trains is unclear."""
    for call in model.compiles:
        sites = groups.get(call, ())
        if not sites:
            argument = optimizer_argument(call)
            text = module.text(argument)[:40] if argument is not None else "the default"
            raise StepLeftError(f"its optimizer ({text}) is not converted", call)
        check_network(module, call)
        for site in sites:
            for model_ in drafts[site].models:
                if (hindrance := module.cached(_own_training, model_)) is not None:
                    raise StepLeftError(*hindrance)


@dataclass(frozen=True)
class Optimizers:
    """The optimizers of a file as all of its steps see them.

    ``drafts`` are those to convert, ``converted`` the expressions that build them; ``left`` says which of the others
    comes to a call.
    """

    drafts: Mapping[Found, Draft]
    converted: frozenset[ast.expr]
    left: Mapping[ast.Call, Found]

    @classmethod
    def of(cls, module: Module, drafts: Mapping[Found, Draft], others: Sequence[Found]) -> Optimizers:
        """``others`` are the sites that are left."""
        converted = frozenset(one for site in drafts for one in (site.expression, *site.built))
        uses = [(use.call, other) for other in others for use in uses_of(module, other.expression)]
        return cls(drafts, converted, {call: other for call, other in reversed(uses) if call is not None})


def check_all_converted(
    module: Module, call: ast.Call, sites: Sequence[Found], known: Optimizers, options: Options
) -> None:
    """No optimizer that stays TensorFlow's comes to ``call`` beside those of ``sites``.  Raises ``StepLeftError``."""
    if (other := known.left.get(call)) is not None:
        line = module.position(other.node)[0]
        raise StepLeftError(f"the optimizer of line {line} comes here too, and is not converted", call)
    told = {one.function for one in options.neighbours.received}
    for draft in map(known.drafts.__getitem__, sites):
        mixed = draft.mixed
        mixed = mixed or (returns_other(module, draft.factory.function, known.converted) if draft.factory else "")
        if mixed:
            raise StepLeftError(mixed, call)
        for use in (one for one in draft.uses if one.call is call):
            check_callers(module, use, known.converted, draft.taken)
            check_origins(module, use, known.converted, handed=bool(use.calls) or draft.taken is not None)
            for name in receivers(module, [use]):
                if name not in told and (why := options.neighbours.elsewhere(name)):
                    raise StepLeftError(f"{name} gets the optimizer as an argument, and {why}", call)


def returns_other(module: Module, function: FunctionNode, converted: AbstractSet[ast.expr]) -> str:
    """What ``function`` may return beside the ``converted`` optimizers; empty if nothing."""
    for node in ast.walk(function):
        own = isinstance(node, ast.Return) and module.index.function(node) is function
        if own and isinstance(node, ast.Return) and node.value is not None:
            inside = [one for one in ast.walk(node.value) if isinstance(one, ast.expr)]
            if converted.isdisjoint({*inside, *(binding.value for one in inside for binding in module.origins(one))}):
                line = module.position(node)[0]
                return f"{function.name}() may return what is not converted (line {line})"
    return ""


def _own_training(module: Module, model: ast.expr) -> tuple[str, ast.expr | ast.stmt] | None:
    """Why no trainer can train a model: its class has a training step of its own; and the place that says it."""
    for value in (one.value for one in module.origins(model)):
        if not isinstance(value, ast.Call):
            continue
        if name := _foreign(module, value.func):
            return f"{name} trains by a train_step of its own", value
        for node in (one.node for one in module.origins(value.func)):
            if isinstance(node, ast.ClassDef) and is_model_class(module, value.func):
                own = {"train_step", "test_step", "predict_step", "compile", "fit", "compute_loss"}
                if found := sorted(own & set(module.index.scopes[node].bindings)):
                    return f"{node.name} has a {found[0]} of its own", model
                if any(call.func.attr in ("add_loss", "add_metric") for call in ast.walk(node)
                       if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):  # fmt: skip
                    return f"{node.name} adds losses or metrics of its own", model
    return module.cached(_adds_or_distributes)


def _adds_or_distributes(module: Module) -> tuple[str, ast.expr | ast.stmt] | None:
    """Why no model class of the file can be converted, and the place that says it."""
    for call in module.index.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("add_loss", "add_metric"):
            return "the network adds losses or metrics of its own", call
        if any(keyword.arg == "activity_regularizer" for keyword in call.keywords):
            return "a layer has an activity_regularizer", call
    for statement in module.index.moments:
        if isinstance(statement, ast.With) and any(_is_scope(item.context_expr) for item in statement.items):
            return "it runs under a distribution strategy", statement
    return None


def _foreign(module: Module, func: ast.expr) -> str:
    """The class of a package with training steps of its own that ``func`` is, or is derived from."""
    for name in module.resolve(func).names:
        if name.partition(".")[0] in module.rules.step.own_train_step:
            return name
    own = [one.node for one in module.origins(func) if isinstance(one.node, ast.ClassDef)]
    bases = [base for one in own for base in one.bases if all(two.node is not one for two in module.origins(base))]
    return next((name for base in bases if (name := _foreign(module, base))), "")


def _is_scope(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "scope"


def check_elsewhere(module: Module, model: Compiled, models: Sequence[Compiled]) -> None:
    """A model that the function got from outside may be used there as Keras' model."""
    if not _comes_from_outside(module, model.receiver):
        return
    if not model.steps:
        raise StepLeftError(
            "the model comes from outside of the function, which compiles it for others", model.compiles[0]
        )
    known = {use for one in models for use, _ in one.steps}
    for call in module.index.calls:
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in module.rules.step.method and func.value not in known:
            why = f"the model comes from outside of the function, and line {module.position(call)[0]} may use it"
            raise StepLeftError(why, call)


def _comes_from_outside(module: Module, model: ast.expr) -> bool:
    """Whether it is a parameter of its function, or an attribute that keeps one."""
    return any(
        one.kind is BindingKind.PARAMETER
        or (isinstance(one.value, ast.Name) and _comes_from_outside(module, one.value))
        for one in module.origins(model)
    )


def check_tape(module: Module, draft: Draft, call: ast.Call, options: Options) -> None:
    """The optimizer of a tape or of ``minimize``.  Raises ``StepLeftError``."""
    check_version(options, call)
    if draft.candidate.generation == "tf1":
        raise StepLeftError(_GRAPH, call)
    check_network(module, call)
    if any(one.code == _MOVED for one in draft.findings):
        raise StepLeftError("the optimizer is built above its network, and would move below the gradient", call)
