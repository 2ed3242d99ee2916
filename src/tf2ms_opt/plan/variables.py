"""The list of variables that a step of TensorFlow is told to train."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.uses import Use

#: where the methods of an optimizer take the variables, by position or by name
_POSITIONS: Mapping[str, tuple[int | str, ...]] = {
    "minimize": ("var_list", 1),
    "compute_gradients": ("var_list", 1),
    "apply": ("trainable_variables", 1),
    "build": ("variables", "var_list", 0),
    "get_updates": ("params", 1),
}


def variable_list(module: Module, use: Use) -> ast.expr | None:
    """The variables that ``minimize``, ``compute_gradients`` or ``apply_gradients`` is told to train."""
    call = use.call
    if call is None:
        return None
    if use.detail == "apply_gradients":
        pairs = call.args[0] if call.args else _keyword(call, "grads_and_vars")
        bindings = module.origins(pairs) if isinstance(pairs, ast.Name) else ()
        return _zipped(bindings[0].value if len(bindings) == 1 else pairs)
    positional = _POSITIONS.get(use.detail, ())
    if use.detail == "get_updates" and call.args[2:]:
        positional = (0, "params")  # (params, constraints, loss) of Keras 1
    if use.detail == "minimize" and not _is_tf2(call):
        return _keyword(call, "var_list")
    for where in positional:
        given = _keyword(call, where) if isinstance(where, str) else next(iter(call.args[where : where + 1]), None)
        if given is not None and not isinstance(given, ast.Starred):
            return given
    return None


def _is_tf2(call: ast.Call) -> bool:
    """``minimize(loss, variables)`` of Keras; in TF1 the second argument is the global step."""
    return len(call.args) > 1 and not isinstance(call.args[1], ast.Constant) and "step" not in ast.dump(call.args[1])


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _zipped(pairs: ast.expr | None) -> ast.expr | None:
    """The variables of ``zip(gradients, variables)``, also inside a comprehension that keeps every variable."""
    match pairs:
        case ast.Call(func=ast.Name(id="zip"), args=[_, variables]):
            return variables
        case ast.Call(func=ast.Name(id="list" | "tuple"), args=[inner]):
            return _zipped(inner)
        case ast.ListComp(elt=element, generators=[loop]) | ast.GeneratorExp(elt=element, generators=[loop]):
            kept = _second(element)
            every = all(_has_gradient(test, loop.target) for test in loop.ifs)
            return _zipped(loop.iter) if every and kept is not None and _second(loop.target) == kept else None
        case _:
            return None


def _has_gradient(test: ast.expr, target: ast.expr) -> bool:
    """``gradient is not None``: what has none is not trained, whichever list it is in."""
    match test, target:
        case (
            ast.Compare(left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]),
            ast.Tuple(elts=[ast.Name(id=gradient), _]),
        ):
            return name == gradient
        case _:
            return False


def _second(target: ast.expr) -> str | None:
    """The second name of ``gradient, variable``."""
    match target:
        case ast.Tuple(elts=[_, ast.Name(id=name)]):
            return name
        case _:
            return None
