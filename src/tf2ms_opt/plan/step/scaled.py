"""Keras' wrappers around an optimizer that MindSpore has a counterpart for: the scale of the loss."""

from __future__ import annotations

import ast

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.step.calls import StepLeftError, bind_call
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.uses import UseKind

_PATHS = {"optimizers.LossScaleOptimizer", "mixed_precision.LossScaleOptimizer"}
#: what the runtime's classes have under the same names
SCALING = {"scale_loss", "get_scaled_loss", "get_unscaled_gradients"}
_SCALE = "2.0**15"


def loss_scales(module: Module, names: Aliases, draft: Draft, edits: StepEdits) -> bool:
    """Rewrite the wrappers of ``draft``'s optimizer; whether there are any.  Raises ``StepLeftError`` for others."""
    wrapped = [use.call for use in draft.uses if use.kind is UseKind.WRAPPED and use.call is not None]
    for call in dict.fromkeys(wrapped):
        if module.keras_path(call.func) not in _PATHS:
            raise StepLeftError(f"{module.text(call.func)} around the optimizer has no counterpart", call)
        _rewrite(module, names, draft.candidate.generation, call, edits)
    return bool(wrapped)


def _rewrite(module: Module, names: Aliases, generation: str, call: ast.Call, edits: StepEdits) -> None:
    keras3 = generation == "keras3"
    order = ("inner_optimizer", *(() if keras3 else ("dynamic",)), "initial_scale", "dynamic_growth_steps")
    given = bind_call(call, order)
    if unknown := [name for name in given if name not in order]:
        raise StepLeftError(f"{unknown[0]}= of LossScaleOptimizer has no counterpart", given[unknown[0]])
    qualified = f"{names.runtime}.{'LossScaleOptimizer' if keras3 else 'LossScaleOptimizerKeras2'}"
    source = module.source
    edits.splices.append(Splice(source.start(call.func), source.end(call.func), (names.names[qualified],)))
    edits.gone.append(call.func)
    edits.needs.add(qualified)
    for keyword in call.keywords:
        if keyword.arg == "inner_optimizer":
            start = source.start(keyword)
            edits.splices.append(Splice(start, start + len(keyword.arg), ("optimizer",)))
    dynamic = "dynamic" not in given or module.constant(given["dynamic"]) == (True, True)
    if "initial_scale" not in given and dynamic:
        last = max((*call.args, *(keyword.value for keyword in call.keywords)), key=source.end)
        edits.splices.append(Splice(source.end(last), source.end(last), (f", initial_scale={_SCALE}",), 1))
