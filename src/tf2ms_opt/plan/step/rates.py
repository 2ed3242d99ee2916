"""The learning rate at run time: reads and writes of ``optimizer.lr`` as MindSpore has them.

A rate is written with ``ops.assign``: on MindSpore 2.10 what ``set_data`` writes is lost after the first step.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.imports import OPS, Aliases
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.trace.module import Module

if TYPE_CHECKING:
    from tf2ms_opt.plan.step.changes import StepEdits
    from tf2ms_opt.plan.step.model_uses import Compiled

TENSOR = "mindspore.Tensor"
FLOAT32 = "mindspore.float32"
_RATES = ("lr", "learning_rate")


_SYMBOLS = {ast.Mult: "*", ast.Div: "/", ast.Add: "+", ast.Sub: "-"}


class Rates:
    """Rewrites the rates of one step's optimizers into its edits."""

    def __init__(self, module: Module, names: Aliases, edits: StepEdits, *, scheduled: bool = False) -> None:
        self._module = module
        self._names = names
        self._edits = edits
        self._scheduled = scheduled

    def of_models(self, model: Compiled, trainer: str) -> None:
        """``model.optimizer.lr`` and the like.  Raises ``StepLeftError`` for what cannot be followed."""
        for attribute in model.optimizers:
            handed = attribute.value in model.handed
            owner = self._module.text(attribute.value) if handed else trainer
            self.of_optimizer(attribute, f"{owner}.optimizer")

    def of_optimizer(self, node: ast.expr, text: str) -> None:
        """One use ``node`` of an optimizer, which the result calls ``text``.  Raises ``StepLeftError``."""
        index = self._module.index
        rate = index.parents[node]
        if not isinstance(rate, ast.Attribute):
            raise StepLeftError("the model's optimizer goes on under another name", node)
        if rate.attr == "iterations":
            self._read(rate, f"{text}.global_step")
        elif rate.attr in _RATES and self._scheduled:
            raise StepLeftError("the learning rate that is read or set is a schedule", rate)
        elif rate.attr in _RATES:
            self._rate(rate, f"{text}.learning_rate")
        else:
            raise StepLeftError(f"`optimizer.{rate.attr}` has no counterpart", rate)

    def _rate(self, rate: ast.Attribute, text: str) -> None:
        index = self._module.index
        parent = index.parents[rate]
        match parent:
            case ast.Assign(targets=[target], value=value) if target is rate:
                self._write(parent, text, value)
            case ast.AugAssign(target=target, op=op, value=value) if target is rate:
                symbol = _SYMBOLS.get(type(op))
                if symbol is None:
                    raise StepLeftError("the learning rate is assigned in a way that is not known", rate)
                self._write(parent, text, value, f"{_read_as('float', text)} {symbol} ")
            case ast.Attribute(attr="assign"):
                call = index.parents[parent]
                if isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords:
                    self._write(call, text, call.args[0])
                    return
                raise StepLeftError("the learning rate is assigned in a way that is not known", rate)
            case ast.Call(func=func, args=[first, value]) if first is rate and self._backend(func) == "set_value":
                self._edits.gone.append(func)
                self._write(parent, text, value)
            case ast.Attribute(attr=attr) if attr not in ("numpy", "value", "read_value"):
                raise StepLeftError(f"`.{attr}` of the learning rate has no counterpart", rate)
            case _ if not isinstance(rate.ctx, ast.Load):
                raise StepLeftError("the learning rate is assigned in a way that is not known", rate)
            case _:
                self._read(rate, text)

    def _write(self, node: ast.expr | ast.stmt, text: str, value: ast.expr, before: str = "") -> None:
        """``node`` as an assignment of ``value``, which keeps its own text."""
        source = self._module.source
        names = self._names.names
        start, end = source.start(node), source.end(node)
        parts = (one for one in ast.walk(value) if isinstance(one, (ast.Name, ast.Attribute)))
        if any(self._module.framework_name(one) for one in parts):
            raise StepLeftError("the learning rate is calculated by TensorFlow", value)
        opening, closing = ("(", ")") if before else ("", "")
        head = f"{self._names.ops}.assign({text}, {names[TENSOR]}({before}{opening}"
        after = f"{closing}, {names[FLOAT32]}))"
        self._edits.splices.append(Splice(start, source.start(value), (head,)))
        self._edits.splices.append(Splice(source.end(value), end, (after,)))
        self._edits.needs |= {OPS, TENSOR, FLOAT32}

    def _read(self, node: ast.Attribute, text: str) -> None:
        """A read as a plain number: ``K.get_value(x)``, ``x.numpy()``, ``float(x)`` or ``x`` alone."""
        index, source = self._module.index, self._module.source
        whole: ast.expr = node
        parent = index.parents[node]
        match parent:
            case ast.Attribute(attr="numpy" | "value" | "read_value"):
                call = index.parents[parent]
                whole = call if isinstance(call, ast.Call) else parent
            case ast.Call(func=func, args=[_]) if self._backend(func) in ("get_value", "eval"):
                self._edits.gone.append(func)
                whole = parent
            case ast.Call(func=ast.Name(id="float" | "int")):
                whole = parent
        number = "int" if text.endswith("global_step") else "float"
        read = _read_as(number, text)
        self._edits.splices.append(Splice(source.start(whole), source.end(whole), (read,)))

    def _backend(self, func: ast.expr) -> str:
        path = self._module.keras_path(func) or ""
        return path.removeprefix("backend.") if path.startswith("backend.") else ""


def _read_as(number: str, text: str) -> str:
    """A parameter of one element as a plain number."""
    return f"{number}({text}.asnumpy().item())"
