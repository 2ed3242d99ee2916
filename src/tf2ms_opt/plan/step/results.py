"""What converted steps give and the file prints: a tensor does not take a format of numbers, a number does."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.operators import Operators
from tf2ms_opt.plan.step.units import Units
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, dotted

_DEPTH = 8
#: a format that takes floats as it takes numbers of any other kind
_NUMBER = re.compile(r"[^a-zA-Z]*[eEfFgG%]$")
#: calls that give a plain number
_PLAIN_CALLS = {"float", "int", "len", "round", "time", "perf_counter", "item", "strftime", "str", "numpy", "result"}


_REDUCTIONS = {
    f"numpy.{name}" for name in ("mean", "sum", "std", "var", "max", "min", "amax", "amin", "prod", "any", "all")
}


class Results:
    """Rewrites the values that a file formats as numbers, where they may be tensors of converted steps."""

    def __init__(self, module: Module, operators: Operators, units: Units) -> None:
        self._module = module
        self._operators = operators
        self._units = units

    def formats(self) -> None:
        """``f"{loss:.3f}"`` needs a number, and ``float`` makes one of all that takes such a format."""
        module = self._module
        for value in self._formatted():
            if self._is_plain(value, _DEPTH):
                continue
            names = [node for node in ast.walk(value) if isinstance(node, ast.Name)]
            if any(module.text(name) != name.id for name in names):
                raise StepLeftError("a result stands in an f-string whose places cannot be told", value)
            self._operators.insert(module.source.start(value), "float(", rank=2)
            self._operators.insert(module.source.end(value), ")", rank=-2)

    def arrays(self) -> None:
        """``np.mean(logits)`` calls a method of what is no array, with arguments that a tensor does not take."""
        module, inside = self._module, self._units.inside()
        for call in module.index.calls:
            names = module.resolve(call.func).names
            if call in inside or not call.args or not any(one in _REDUCTIONS for one in names):
                continue
            value = call.args[0]
            if self._is_tensor(value):
                self._operators.insert(module.source.end(value), ".asnumpy()", rank=-2)

    def _is_tensor(self, node: ast.expr) -> bool:
        """Whether ``node`` is what a converted operator, network or function gives, whatever way was taken."""
        units = self._units
        if isinstance(node, ast.Name):
            bindings = self._module.origins(node)
            return bool(bindings) and all(
                one.statement in units.inside() or (one.value is not None and self._is_tensor(one.value))
                for one in bindings
            )
        if isinstance(node, ast.Call):
            return units.takes_data(node) and units.region.holds(self._module, node)
        return False

    def _formatted(self) -> Iterator[ast.expr]:
        for node in ast.walk(self._module.index.module):
            match node:
                case ast.FormattedValue(value=value, format_spec=ast.JoinedStr(values=[ast.Constant(value=str(spec))])):
                    if _NUMBER.match(spec):
                        yield value
                case ast.Call(func=ast.Attribute(value=template, attr="format")):
                    known, text = self._module.constant(template)
                    if known and isinstance(text, str):
                        yield from _arguments(node, text)

    def _is_plain(self, node: ast.expr, depth: int) -> bool:
        """Whether ``node`` can only be a number of Python or numpy."""
        module = self._module
        if module.constant(node)[0] or not depth:
            return bool(depth)
        match node:
            case ast.BinOp(left=left, right=right):
                return self._is_plain(left, depth - 1) and self._is_plain(right, depth - 1)
            case ast.UnaryOp(operand=operand):
                return self._is_plain(operand, depth - 1)
            case ast.Call(func=func):
                name = (dotted(func) or "").rpartition(".")[2] or getattr(func, "attr", "")
                return name in _PLAIN_CALLS or any(one.startswith("numpy.") for one in module.resolve(func).names)
            case ast.Name():
                bindings = module.origins(node)
                return bool(bindings) and all(self._gives_plain(one, depth) for one in bindings)
        return False

    def _gives_plain(self, binding: Binding, depth: int) -> bool:
        statement = binding.statement
        if isinstance(statement, ast.For):
            called = statement.iter.func if isinstance(statement.iter, ast.Call) else None
            return isinstance(called, ast.Name) and called.id == "range"
        return binding.value is not None and self._is_plain(binding.value, depth - 1)


def _arguments(call: ast.Call, text: str) -> Iterator[ast.expr]:
    """The arguments of ``text.format(...)`` that it formats as numbers."""
    try:
        fields = [(name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        return
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    for place, (name, spec) in enumerate(fields):
        at = int(name) if name.isdigit() else place if not name else None
        value = call.args[at] if at is not None and at < len(call.args) else named.get(name)
        if value is not None and not isinstance(value, ast.Starred) and _NUMBER.match(spec):
            yield value
