"""The name that Keras gives to a metric, under which the history and the logs have it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping

from tf2ms_opt.plan.step.calls import StepLeftError, is_none
from tf2ms_opt.step_rules import Counterpart
from tf2ms_opt.trace.module import Module

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.GeneratorExp, ast.DictComp)


def metric_name(
    module: Module,
    generation: str,
    node: ast.expr,
    found: Counterpart,
    name: Mapping[str, ast.expr],
    own: Collection[ast.AST],
) -> str:
    """The name of the metric that ``node`` of a ``compile`` is, a counterpart of ``found``.

    ``name`` holds the argument of that name, ``own`` what the compile is given.  Raises ``StepLeftError`` where the
    name is not known before the code runs.
    """
    snake = found.key or _CAMEL.sub("_", next(iter(found.names), found.target)).lower()
    if snake == "kldivergence":
        snake = "kl_divergence" if generation == "keras3" else "kullback_leibler_divergence"
    if isinstance(node, ast.Constant):
        text = str(node.value)
        text = text if generation == "keras3" or text in found.functions else snake
        return _as_read(module, text, {*found.functions, snake}, own)
    call = constructor(module, node)
    if "name" in name and not is_none(module, name["name"]):
        known, value = module.constant(name["name"])
        if not known or not isinstance(value, str):
            raise StepLeftError("the name of a metric is not written out", name["name"])
        return value
    if call is None:  # a function goes by its own name, however it is spelt: losses.mse is mean_squared_error
        function = (module.keras_path(node) or "").rpartition(".")[2]
        return found.functions[0] if function in found.functions else function
    if found.numbered and (_built_often(module, found) or _runs_often(module, call)):
        raise StepLeftError(f"Keras numbers the names of several {found.names[0]} objects: give them a name=", node)
    return snake


def constructor(module: Module, node: ast.expr) -> ast.Call | None:
    """The constructor that ``node`` is, or that its only binding is."""
    if isinstance(node, ast.Call):
        return node
    bindings = module.origins(node)
    value = bindings[0].value if len(bindings) == 1 else None
    return value if isinstance(value, ast.Call) else None


def _as_read(module: Module, text: str, spellings: Collection[str], own: Collection[ast.AST]) -> str:
    """``text``, or the one other spelling that the file reads: Keras up to 2.2 called ``"accuracy"`` ``acc``."""
    words = {
        node.value.removeprefix("val_")
        for node in ast.walk(module.index.module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in own
    }
    others = words & (set(spellings) - {text})
    return others.pop() if text not in words and len(others) == 1 else text


def _built_often(module: Module, found: Counterpart) -> bool:
    paths = [module.keras_path(call.func) for call in module.index.calls]
    return sum(path is not None and path.removeprefix("metrics.") in found.names for path in paths) > 1


def _runs_often(module: Module, call: ast.Call) -> bool:
    """Whether a constructor may run more than once: in a loop, or in a function that is called more than once."""
    index = module.index
    for outer in index.ancestors(call):
        if isinstance(outer, _LOOPS):
            return True
        if isinstance(outer, ast.FunctionDef):
            uses = [use for key, all_ in index.uses.items() if key.split(".")[-1] == outer.name for _, use in all_]
            return len(uses) > 1 or any(isinstance(one, _LOOPS) for use in uses for one in index.ancestors(use))
    return False
