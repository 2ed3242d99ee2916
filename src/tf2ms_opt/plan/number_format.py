"""The type in which Keras keeps weights, where the file says another one than float32."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted

#: sets the type of all layers; of the policies only one that does not mix types says no more than that
_FLOATX = "set_floatx"
_POLICIES = {"set_global_policy", "set_policy", "set_dtype_policy"}


def number_format(module: Module, place: tuple[int, int]) -> Iterator[Finding]:
    """What an optimizer at ``place`` has to know of the type of its weights."""
    for call in module.cached(_changes):
        yield finding("number-format", *place, call=module.text(call), line=module.position(call)[0])


def _changes(module: Module) -> tuple[ast.Call, ...]:
    return tuple(call for call in module.index.calls if _changes_type(module, call))


def _changes_type(module: Module, call: ast.Call) -> bool:
    last = (module.keras_path(call.func) or dotted(call.func) or "").rpartition(".")[2]
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    value = module.constant(given[0])[1] if given else None
    return (last == _FLOATX and value != "float32") or (last in _POLICIES and value == "float64")
