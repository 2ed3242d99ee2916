"""A schedule that the file calls itself, to draw it or to log a rate: the call with a tensor of MindSpore's."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.imports import OPS, Aliases
from tf2ms_opt.plan.schedules import Flow, OwnSchedule
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding

_FLOAT32 = "mindspore.float32"
_TENSOR = "mindspore.Tensor"
_DTYPES = ("float32", "int32", "int64", "dtypes.float32", "dtypes.int32", "dtypes.int64")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a call of a schedule becomes."""

    splices: tuple[Splice, ...]
    gone: tuple[ast.expr, ...]
    needs: frozenset[str]


def reading(module: Module, names: Aliases, use: ast.expr, flow: Flow) -> Reading | None:
    """The call of the schedule ``use``, where its step and its result are of a kind that the tool can follow."""
    call = module.index.parents[use]
    if not isinstance(call, ast.Call) or call.func is not use or len(call.args) != 1 or call.keywords:
        return None
    step = _steps(module, names, call.args[0], flow)
    result = _result(module, call)
    if step is None or result is None:
        return None
    return Reading((*step.splices, *result.splices), (*step.gone, *result.gone), step.needs | result.needs)


def _steps(module: Module, names: Aliases, node: ast.expr, flow: Flow) -> Reading | None:
    source = module.source
    start, end = source.start(node), source.end(node)
    if isinstance(node, ast.Call) and module.framework_name(node.func) == "tensorflow.range":
        alone = all(isinstance(one, OwnSchedule) for one in flow.schedules) and len(flow.schedules) == 1
        typed = {one.arg: one.value for one in node.keywords}
        dtype = typed.pop("dtype", None)
        known = dtype is None or (module.framework_name(dtype) or "").removeprefix("tensorflow.") in _DTYPES
        plain = all(_is_number(module, one) for one in (*node.args, *typed.values()))
        if not (alone and known and plain) or set(typed) - {"start", "limit"} or len(node.args) + len(typed) > 2:  # noqa: PLR2004
            return None
        bounds = [*node.args, *(typed[name] for name in ("start", "limit") if name in typed)]
        text = ", ".join(module.text(one) for one in bounds)
        if b"#" in source.data[start:end]:
            return None
        made = f"{names.ops}.arange({text}, dtype={names.names[_FLOAT32]})"
        return Reading((Splice(start, end, (made,)),), (node,), frozenset({OPS, _FLOAT32}))
    if (isinstance(node, ast.Constant) and _is_number(module, node)) or _counts(module, node):
        made = f"{names.names[_TENSOR]}({module.text(node)}, {names.names[_FLOAT32]})"
        return Reading((Splice(start, end, (made,)),), (), frozenset({_TENSOR, _FLOAT32}))
    return None


def _is_number(module: Module, node: ast.expr) -> bool:
    """Whether ``node`` is calculated from constants."""
    known, value = module.constant(node)
    return known and isinstance(value, (int, float)) and not isinstance(value, bool)


def _counts(module: Module, node: ast.expr) -> bool:
    """Whether ``node`` is the variable of a loop over ``range``, or the counter of one over ``enumerate``."""
    if not isinstance(node, ast.Name):
        return False
    # the element of a comprehension stands before what binds its names
    bindings = module.index.scope(node).bindings.get(node.id) or module.origins(node)
    return bool(bindings) and all(_is_counter(module, binding) for binding in bindings)


def _is_counter(module: Module, binding: Binding) -> bool:
    """Whether ``binding`` takes whole numbers from ``range`` or ``enumerate``, in a loop or a comprehension."""
    holder: ast.AST | None = binding.node  # the loop, or a name of a comprehension's target
    while isinstance(holder, (ast.Name, ast.Tuple)):
        holder = module.index.parents.get(holder)
    if not isinstance(holder, (ast.For, ast.comprehension)):
        return False
    target, first = holder.target, isinstance(holder.target, ast.Tuple)
    counter = target.elts[0] if isinstance(target, ast.Tuple) else target
    if not isinstance(counter, ast.Name) or counter.id != binding.key:
        return False
    values: list[ast.expr | None] = [holder.iter]
    if isinstance(holder.iter, ast.Name):
        values = [one.value for one in module.origins(holder.iter)]
    wanted = "enumerate" if first else "range"
    return bool(values) and all(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == wanted
        and not module.origins(one.func)
        for one in values
    )  # fmt: skip


def _result(module: Module, call: ast.Call) -> Reading | None:
    """What is done with the rate: it is drawn, or becomes a number or an array."""
    source = module.source
    parent = module.index.parents[call]
    outer = module.index.parents[parent]
    if isinstance(parent, ast.Attribute) and parent.attr == "numpy" and isinstance(outer, ast.Call):
        start = source.end(parent) - len("numpy")
        return Reading((Splice(start, source.end(parent), ("asnumpy",)),), (), frozenset())
    if not isinstance(parent, ast.Call) or call not in parent.args:
        return None
    if isinstance(parent.func, ast.Name) and parent.func.id == "float" and not module.origins(parent.func):
        return Reading((), (), frozenset())
    if module.keras_path(parent.func) == "ops.convert_to_numpy" and len(parent.args) == 1 and not parent.keywords:
        head = Splice(source.start(parent), source.start(call), ())
        return Reading(
            (head, Splice(source.end(call), source.end(parent), (".asnumpy()",))), (parent.func,), frozenset()
        )
    drawn = {name.partition(".")[0] for name in module.resolve(parent.func).names}
    if drawn and drawn <= {"matplotlib", "numpy"}:
        return Reading((Splice(source.end(call), source.end(call), (".asnumpy()",)),), (), frozenset())
    return None
