"""``optimizer.minimize(loss, variables)`` with a loss that is a function, in TensorFlow 2."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from tf2ms_opt.diagnostics import finding
from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.step.calls import StepLeftError, bind_call
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.tapes import VALUE_AND_GRAD
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import FunctionNode


@dataclass(frozen=True, eq=False)
class Minimized:
    """One call of ``minimize``: the optimizer, and the loss as a function of this file or a lambda."""

    call: ast.Call
    optimizer: ast.expr
    loss: ast.expr
    function: FunctionNode | ast.Lambda
    variables: ast.expr | None


def minimized(module: Module, call: ast.Call) -> Minimized:
    """Raises ``StepLeftError`` for a form that is not known."""
    assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- asked for by its name
    given = bind_call(call, ("loss", "var_list"))
    if set(given) - {"loss", "var_list", "name"} or "loss" not in given:
        raise StepLeftError("minimize(...) is given more than a loss and variables", call)
    statement = module.index.statement(call)
    if not (isinstance(statement, ast.Expr) and statement.value is call):
        raise StepLeftError("minimize(...) does not stand alone in its statement", call)
    loss = given["loss"]
    function: ast.AST = loss
    if isinstance(loss, ast.Name):
        nodes = [binding.node for binding in module.origins(loss)]
        values = [binding.value for binding in module.origins(loss)]
        function = nodes[0] if len(nodes) == 1 else loss
        if len(values) == 1 and isinstance(values[0], ast.Lambda):
            function = values[0]
    if not isinstance(function, (ast.FunctionDef, ast.Lambda)):
        raise StepLeftError("the loss of minimize(...) is not a function of this file", loss)
    arguments = function.args
    if arguments.args or arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
        raise StepLeftError("the loss of minimize(...) takes arguments", loss)
    return Minimized(call, call.func.value, loss, function, given.get("var_list"))


def check_losses(every: Sequence[Minimized]) -> None:
    """What a loss reads may change between two calls that take it.  Raises ``StepLeftError``."""
    if len({one.function for one in every}) < len(every):
        raise StepLeftError("several calls of minimize(...) take the same loss", every[-1].call)


def convert_minimized(module: Module, names: Aliases, one: Minimized, forward: str, edits: StepEdits) -> None:
    """``minimize`` as a call of the optimizer with the gradients; a lambda becomes the function ``forward``."""
    source = module.source
    statement = module.index.statement(one.call)
    start, end = source.start(statement), source.end(statement)
    if b"#" in source.data[start:end]:
        raise StepLeftError("a comment stands inside of minimize(...)", statement)
    optimizer = module.text(one.optimizer)
    gradients = f"{names.names[VALUE_AND_GRAD]}({{}}, None, {optimizer}.parameters)()[1]"
    edits.needs.add(VALUE_AND_GRAD)
    function = forward if one.loss is one.function else module.text(one.loss)
    details = {"forward": function, "gradients": gradients.format(function)}
    edits.findings.append(finding("step-converted/tape", *module.position(one.call), **details))
    if one.loss is one.function and isinstance(one.function, ast.Lambda):
        indentation, newline = source.indentation(start), source.newline(start)
        body = one.function.body
        opening, closing = ("(", ")") if "\n" in module.text(body) else ("", "")
        head = f"def {forward}():{newline}{indentation}{module.indent_unit}return {opening}"
        tail = f"{closing}{newline}{indentation}{optimizer}({gradients.format(forward)})"
        edits.splices.append(Splice(start, source.start(body), (head,)))
        edits.splices.append(Splice(source.end(body), end, (tail,)))
    else:
        edits.splices.append(Splice(start, end, (f"{optimizer}({gradients.format(module.text(one.loss))})",)))
