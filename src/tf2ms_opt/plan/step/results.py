"""What converted steps give and the file prints: a tensor does not take a format, a number does."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.operators import Operators
from tf2ms_opt.plan.step.units import Units
from tf2ms_opt.trace.module import Module


class Results:
    """Rewrites the formatted results of ``units``."""

    def __init__(self, module: Module, operators: Operators, units: Units) -> None:
        self._module = module
        self._operators = operators
        self._inside = {node for unit in units.every for node in ast.walk(unit.root)}
        self._functions = {root for root in units.region.roots if isinstance(root, ast.FunctionDef)}

    def formats(self) -> None:
        """``f"{loss:.3f}"`` needs a number."""
        module = self._module
        for value in self._formatted():
            if not isinstance(value, (ast.Name, ast.BinOp, ast.Subscript)):
                continue
            names = [node for node in ast.walk(value) if isinstance(node, ast.Name)]
            if not any(self._is_result(name, whole=name is value) for name in names):
                continue
            if any(module.text(name) != name.id for name in names):
                raise StepLeftError("a result stands in an f-string whose places cannot be told", value)
            self._operators.insert(module.source.start(value), "float(")
            self._operators.insert(module.source.end(value), ")")

    def _formatted(self) -> Iterator[ast.expr]:
        for node in ast.walk(self._module.index.module):
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                yield node.value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
                yield from (one for one in node.args if not isinstance(one, ast.Starred))
                yield from (one.value for one in node.keywords if one.arg is not None)

    def _is_result(self, name: ast.Name, *, whole: bool) -> bool:
        """Whether a name stands for a tensor that a converted step gives; alone, it has to be one tensor."""
        module = self._module
        for binding in module.origins(name):
            if binding.statement in self._inside:
                return True
            value, unpacked = binding.value, False
            if value is None and isinstance(binding.statement, ast.Assign):
                value, unpacked = binding.statement.value, True
            if isinstance(value, ast.Call) and (function := self._called(value)) is not None:
                return not whole or unpacked or not _gives_several(function)
        return False

    def _called(self, call: ast.Call) -> ast.FunctionDef | None:
        func = call.func
        if isinstance(func, ast.Name):
            nodes = [one.node for one in self._module.origins(func)]
            return next((node for node in nodes if isinstance(node, ast.FunctionDef) and node in self._functions), None)
        if isinstance(func, ast.Attribute):
            return next((one for one in self._functions if one.name == func.attr), None)
        return None


def _gives_several(function: ast.FunctionDef) -> bool:
    """Whether a function returns a tuple or a dictionary."""
    returns = (node.value for node in ast.walk(function) if isinstance(node, ast.Return))
    return any(isinstance(value, (ast.Tuple, ast.Dict, ast.List)) for value in returns)
