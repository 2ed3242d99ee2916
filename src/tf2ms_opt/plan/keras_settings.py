"""Settings of Keras that hold for the whole program and that MindSpore does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted

#: function -> the message, and the value with which it changes nothing
_SETTINGS = {"set_floatx": ("type", "float32"), "set_epsilon": ("epsilon", 1e-7), "set_learning_phase": ("mode", None)}
#: of these only one that does not mix types says no more than the type
POLICIES = {"set_global_policy", "set_policy", "set_dtype_policy"}


def keras_settings(module: Module, place: tuple[int, int]) -> Iterator[Finding]:
    """What an optimizer at ``place`` has to know of the settings that are made, here and in other files."""
    for call, kind in module.cached(settings):
        yield finding(f"keras-setting/{kind}", *place, call=module.text(call), line=module.position(call)[0])
    if module.told.settings:
        yield finding("keras-setting/elsewhere", *place, places=", ".join(module.told.settings))


def settings(module: Module) -> tuple[tuple[ast.Call, str], ...]:
    """The calls of the file that change such a setting, and what of it."""
    kinds = [(call, _kind(module, call)) for call in module.index.calls]
    return tuple((call, kind) for call, kind in kinds if kind)


def _kind(module: Module, call: ast.Call) -> str:
    """What the call sets; empty where it sets nothing that matters."""
    last = (module.keras_path(call.func) or dotted(call.func) or "").rpartition(".")[2]
    if last not in _SETTINGS and last not in POLICIES:
        return ""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    known, value = module.constant(given[0]) if given else (False, None)
    if last in POLICIES:
        return "type" if value == "float64" else ""
    kind, usual = _SETTINGS[last]
    return "" if known and usual is not None and value == usual else kind
