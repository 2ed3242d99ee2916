"""Decides whether the l2 regularizers of a model become weight decay of its optimizer, and says what remains.

Keras adds x * sum(w**2) to the loss; MindSpore's weight_decay adds wd * w to the gradient: wd = 2 * x on the kernels.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.constraints import constrained
from tf2ms_opt.plan.layers import DEFAULT_L2, Regularizer, kernel_layers, layers_of, regularizers
from tf2ms_opt.plan.placement import available
from tf2ms_opt.plan.rewrites import edit_call
from tf2ms_opt.plan.scattered import Scattered, scattered
from tf2ms_opt.trace.handed import optimizer_argument
from tf2ms_opt.trace.models import is_model_class
from tf2ms_opt.trace.module import Module

_TERMS = {
    "l1": "x * ops.abs(w).sum() for each kernel w",
    "l1_l2": "l1 * ops.abs(w).sum() + l2 * ops.square(w).sum() for each kernel w",
    "l1l2": "l1 * ops.abs(w).sum() + l2 * ops.square(w).sum() for each kernel w",
    "orthogonalregularizer": "the orthogonality penalty of w.T (MindSpore's Dense holds w the other way round)",
    "custom": "its own penalty",
}


@dataclass(frozen=True, slots=True)
class Regularization:
    """What the regularizers of a file mean for one optimizer.

    ``value`` is the l2 factor to write as weight decay (None for none); ``splices`` take the arguments out of the
    layers.
    """

    value: str | None = None
    splices: tuple[Splice, ...] = ()
    findings: tuple[Finding, ...] = ()
    #: the expressions that go
    gone: tuple[ast.expr, ...] = ()


def regularization(
    module: Module, models: Sequence[ast.expr], statement: ast.stmt, place: tuple[int, int], why_not: str
) -> Regularization:
    """The regularizers and constraints that concern the optimizer of ``models``, built at ``statement``.

    ``why_not`` says why no regularizer can become weight decay, whatever it is; empty if one may.
    """
    found = _regularizers(module, models, statement, place, why_not)
    return replace(found, findings=(*found.findings, *constrained(module, models, place)))


def _regularizers(
    module: Module, models: Sequence[ast.expr], statement: ast.stmt, place: tuple[int, int], why_not: str
) -> Regularization:
    every = module.cached(regularizers)
    apart = [one for one in module.cached(scattered) if not one.constraint]
    if apart:
        return _scattered(module, every, apart, place)
    if not every:
        return Regularization()
    found = _model_regularizers(module, models, every)
    if isinstance(found, str):
        return _remaining(module, every, place, "unseen", found)
    own, kernels = found
    if not own:
        return Regularization()
    l2 = [one for one in own if one.kind == "l2" and one.keyword.arg in ("kernel_regularizer", "W_regularizer")]
    if len(l2) < len(own):
        return _remaining(module, own, place, "unseen", "other regularizers stand beside them")
    values = {_factor(module, one) for one in l2}
    if len(values) > 1 or {one.layer for one in l2} != kernels:
        return _remaining(module, own, place, "partial", "")
    if why := why_not or _obstacle(module, models, l2, statement):
        return _remaining(module, own, place, "unseen", why)
    value = values.pop()
    model = module.text(models[0])
    notes = [
        finding(
            "regularizer-moved",
            *module.position(one.keyword),
            regularizer=module.text(one.keyword),
            model=model,
            value=value,
        )
        for one in l2
    ]
    return Regularization(
        value,
        tuple(edit_call(module, one.layer, without={one.keyword}) for one in l2),
        tuple(notes),
        tuple(one.keyword.value for one in l2),
    )


def _scattered(
    module: Module, every: Sequence[Regularizer], apart: Sequence[Scattered], place: tuple[int, int]
) -> Regularization:
    """Nothing is moved, and all are named with the optimizer."""
    lines = [
        (module.position(one.keyword)[0], f"{module.text(one.layer.func)} {module.text(one.keyword)}") for one in every
    ]
    lines += [(module.position(one.node)[0], one.text) for one in apart]
    layers = ", ".join(f"{text} (line {line})" for line, text in sorted(lines))
    return Regularization(findings=(finding("regularizer-remains/scattered", *place, layers=layers),))


def _model_regularizers(
    module: Module, models: Sequence[ast.expr], every: tuple[Regularizer, ...]
) -> tuple[list[Regularizer], set[ast.Call]] | str:
    """The regularizers of the model and its layers with kernels, or why they are not known."""
    if len(models) != 1:
        return "the optimizer does not train one model of this file"
    layers = layers_of(module, models[0])
    if isinstance(layers, str):
        return layers
    calls = {layer.call for layer in layers}
    return [one for one in every if one.layer in calls], {layer.call for layer in kernel_layers(layers)}


def _factor(module: Module, regularizer: Regularizer) -> str:
    if regularizer.value is None:
        return repr(DEFAULT_L2)
    text = module.text(regularizer.value)
    return text if isinstance(regularizer.value, (ast.Constant, ast.Name, ast.Attribute)) else f"({text})"


def _obstacle(module: Module, models: Sequence[ast.expr], l2: Sequence[Regularizer], statement: ast.stmt) -> str:
    if module.cached(models_built) > 1:
        return "several models are built in this file"
    key = module.text(models[0])
    if module.cached(_compiles)[key] > 1:
        return "the model is compiled more than once"
    if _builders_called(module, models[0]) > 1:
        return "the model is built more than once"
    for one in l2:
        value = one.value
        if value is None:
            continue
        named = isinstance(value, ast.Name) and available(module, value, statement)
        if not module.constant(value)[0] or not (named or isinstance(value, ast.Constant)):
            return f"{_factor(module, one)} is not known to be the same where the optimizer is built"
    return ""


def models_built(module: Module) -> int:
    """How many models this file builds."""
    return sum(is_model_class(module, call.func) for call in module.index.calls)


def _compiles(module: Module) -> Counter[str]:
    """How often each model, by its text, is compiled."""
    return Counter(
        module.text(call.func.value)
        for call in module.index.calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "compile" and optimizer_argument(call) is not None
    )


def _builders_called(module: Module, model: ast.expr) -> int:
    """How often the function that builds the model is called, or named at all."""
    for binding in module.origins(model):
        func = binding.value.func if isinstance(binding.value, ast.Call) else None
        if isinstance(func, ast.Name) and any(isinstance(one.node, ast.FunctionDef) for one in module.origins(func)):
            return len(module.index.uses.get(func.id, ()))
    return 1


def _remaining(
    module: Module, every: Sequence[Regularizer], place: tuple[int, int], message: str, why: str
) -> Regularization:
    """Nothing is moved: l2 is named with the optimizer, everything else at its own place with its loss term."""
    l2 = [one for one in every if one.kind == "l2"]
    findings = [_left(module, one) for one in every if one.kind != "l2"]
    if l2:
        layers = ", ".join(
            f"{module.text(one.layer.func)} {module.text(one.keyword)} (line {module.position(one.keyword)[0]})"
            for one in l2
        )
        details = {"layers": layers, "why": why} if message == "unseen" else {"layers": layers}
        findings.insert(0, finding(f"regularizer-remains/{message}", *place, **details))
    return Regularization(findings=tuple(findings))


def _left(module: Module, regularizer: Regularizer) -> Finding:
    name = regularizer.keyword.arg or ""
    term = _TERMS.get(regularizer.kind, _TERMS["custom"])
    if name == "activity_regularizer":
        term = "the penalty of the layer's output, divided by the batch size,"
    text = module.text(regularizer.keyword)
    return finding("regularizer-left", *module.position(regularizer.keyword), regularizer=text, term=term)
