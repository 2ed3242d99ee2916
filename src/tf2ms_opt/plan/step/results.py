"""What converted steps give and the file prints: a tensor does not take a format of numbers, a number does."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.operators import Operators
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, dotted

_DEPTH = 8
#: a format that takes floats as it takes numbers of any other kind
_NUMBER = re.compile(r"[^a-zA-Z]*[eEfFgG%]$")
#: calls that give a plain number
_PLAIN_CALLS = {"float", "int", "len", "round", "time", "perf_counter", "item", "strftime", "str", "numpy", "result"}


class Results:
    """Rewrites the values that a file formats as numbers, where they may be tensors of converted steps."""

    def __init__(self, module: Module, operators: Operators) -> None:
        self._module = module
        self._operators = operators

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

    def _formatted(self) -> Iterator[ast.expr]:
        for node in ast.walk(self._module.index.module):
            match node:
                case ast.FormattedValue(value=value, format_spec=ast.JoinedStr(values=[ast.Constant(value=str(spec))])):
                    if _NUMBER.match(spec):
                        yield value
                case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
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
