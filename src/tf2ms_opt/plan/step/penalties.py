"""Regularizers that weight decay cannot express, as a penalty that the trainer adds to the loss."""

from __future__ import annotations

import ast

from tf2ms_opt.diagnostics import finding
from tf2ms_opt.plan.layers import DEFAULT_L2, Regularizer, kernel_layers, layers_of, regularizers
from tf2ms_opt.plan.regularization import models_built
from tf2ms_opt.plan.rewrites import edit_call
from tf2ms_opt.plan.scattered import scattered
from tf2ms_opt.plan.step.calls import StepLeftError, bind_call
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.model_uses import Compiled
from tf2ms_opt.trace.module import Module

PENALTY = "KernelPenalty"
_POSITIONAL = {"l1": ("l1",), "l2": ("l2",), "l1_l2": ("l1", "l2"), "l1l2": ("l1", "l2")}


def penalty(module: Module, model: Compiled, own: str, edits: StepEdits) -> str:
    """The ``penalties=`` of the trainer, and the edits that take the regularizers out of the layers.

    ``own`` is what the result calls :class:`KernelPenalty`.  Raises ``StepLeftError``.
    """
    if module.cached(models_built) > 1 or len(model.compiles) > 1:
        raise StepLeftError(
            "a regularizer stays in the network, and several models are built or compiled", model.receiver
        )
    if apart := [one for one in module.cached(scattered) if not one.constraint]:
        raise StepLeftError(f"a regularizer stays in the network: {apart[0].text}", apart[0].node)
    layers = layers_of(module, model.receiver)
    if isinstance(layers, str):
        raise StepLeftError(f"a regularizer stays in the network: {layers}", model.receiver)
    kernels = sorted((layer.call for layer in kernel_layers(layers)), key=module.source.start)
    factors: dict[ast.Call, tuple[float, float]] = {}
    for one in module.cached(regularizers):
        if one.layer not in kernels or one.keyword.arg not in ("kernel_regularizer", "W_regularizer"):
            text = module.text(one.keyword)[:50]
            raise StepLeftError(f"{text} is more than a penalty of a kernel", one.keyword)
        factors[one.layer] = _factors(module, one)
    each = [factors.get(call, (0.0, 0.0)) for call in kernels]
    arguments = [f"{module.text(model.receiver)}.trainable_params()"]
    for number, name in enumerate(("l1", "l2")):
        values = [pair[number] for pair in each]
        if any(values):
            arguments.append(f"{name}={values[0] if len(set(values)) == 1 else values}")
    text = f"{own}({', '.join(arguments)})"
    for one in module.cached(regularizers):
        edits.splices.append(edit_call(module, one.layer, without={one.keyword}))
        edits.gone.append(one.keyword.value)
        key = "regularizer-in-loss" if len(set(each)) == 1 else "kernels-by-order"
        details = {"regularizer": module.text(one.keyword), "penalty": text}
        edits.findings.append(finding(key, *module.position(one.keyword), **details))
    return text


def _factors(module: Module, one: Regularizer) -> tuple[float, float]:
    """The factors of l1 and l2."""
    names = _POSITIONAL.get(one.kind)
    if names is None:
        raise StepLeftError(f"{module.text(one.keyword)[:50]} is no l1 or l2", one.keyword)
    given: dict[str, ast.expr] = {}
    value = one.keyword.value
    if isinstance(value, ast.Call):
        given = bind_call(value, names)
        given = {
            "l1" if name == "l" and "l1" in names else "l2" if name == "l" else name: node
            for name, node in given.items()
        }
    elif not isinstance(value, ast.Constant):
        raise StepLeftError(f"{module.text(one.keyword)[:50]} is not written out", one.keyword)
    found = dict.fromkeys(names, DEFAULT_L2)
    for name, node in given.items():
        known, number = module.constant(node)
        if name not in names or not known or not isinstance(number, (int, float)):
            raise StepLeftError(f"the factor {module.text(node)[:30]} is not known here", node)
        found[name] = float(number)
    return found.get("l1", 0.0), found.get("l2", 0.0)
