"""Constraints of weights, which Keras' optimizer applies behind every step, and MindSpore's does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.plan.layers import layers_of
from tf2ms_opt.plan.scattered import names_constraint, scattered
from tf2ms_opt.trace.constants import says_none
from tf2ms_opt.trace.handed import default_of
from tf2ms_opt.trace.module import Module, makes_variable
from tf2ms_opt.trace.scopes import BindingKind


def constraints(module: Module) -> tuple[tuple[ast.Call, ast.keyword], ...]:
    """Every constraint that a call of this file is given."""
    if b"constraint" not in module.source.data:
        return ()
    return tuple(
        (call, keyword)
        for call in module.index.calls
        for keyword in call.keywords
        if (names_constraint(keyword.arg or "") or (keyword.arg == "constraint" and makes_variable(call)))
        and not _is_nothing(module, keyword.value)
    )


def _is_nothing(module: Module, value: ast.expr) -> bool:
    """Whether it is None, or a parameter that is None unless a call gives it, which is then the place to name."""
    if isinstance(value, ast.Constant):
        return value.value is None
    bindings = module.origins(value) if isinstance(value, (ast.Name, ast.Attribute)) else ()
    made = [one.value for one in bindings if isinstance(one.value, ast.Call) and one.value.args]
    if made and len(made) == len(bindings):  # self.kernel_constraint = constraints.get(kernel_constraint)
        return all(_is_nothing(module, one.args[0]) for one in made)
    defaults = [default_of(module, one) for one in bindings if one.kind is BindingKind.PARAMETER]
    return bool(defaults) and len(defaults) == len(bindings) and all(says_none(one) for one in defaults)


def constrained(module: Module, models: Sequence[ast.expr], place: tuple[int, int]) -> Iterator[Finding]:
    """The constraints that may be on weights of ``models``: those of their layers, where these are all seen."""
    every = module.cached(constraints)
    known = [layers_of(module, model) for model in models] if every else []
    calls = {layer.call for layers in known if not isinstance(layers, str) for layer in layers}
    seen = bool(known) and not any(isinstance(layers, str) for layers in known)
    places = [(keyword, module.text(keyword)) for call, keyword in every if not seen or call in calls]
    nodes = [(module.position(keyword)[0], text) for keyword, text in places]
    nodes += [(module.position(one.node)[0], one.text) for one in module.cached(scattered) if one.constraint]
    if nodes:
        said = ", ".join(f"{' '.join(text.split())} (line {line})" for line, text in sorted(nodes))
        yield finding("constraint-remains", *place, constraints=said)
