"""The data that comes into converted code from outside, as tensors: arrays, lists and the elements of pipelines."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterator

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.inside import is_bound_in_expression, is_builtin, iterated
from tf2ms_opt.plan.step.operators import Operators
from tf2ms_opt.plan.step.units import Unit, Units, lines_above
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind, dotted

_TENSORS = ("tensorflow.constant", "tensorflow.convert_to_tensor")
_APART = (BindingKind.IMPORT, BindingKind.FUNCTION, BindingKind.CLASS)


class Inputs:
    """Rewrites the data of ``units`` and of the code around them into ``edits``."""

    def __init__(self, module: Module, names: Aliases, edits: StepEdits, operators: Operators, units: Units) -> None:
        self._module = module
        self._edits = edits
        self._operators = operators
        self._units = units
        self._qualified = f"{names.runtime}.to_tensor"
        self._own = names.names[self._qualified]
        self._fresh: set[str] = set()

    def convert(self) -> None:
        for unit in self._units.every:
            self._unit(unit)
        self._around()

    def _unit(self, unit: Unit) -> None:
        """One line above a unit, for all that it takes from outside."""
        module, source = self._module, self._module.source
        inside = self._units.inside(unit)
        targets: dict[str, str] = {}
        for root in self._units.reached[unit]:
            seen: set[ast.AST] = set()
            for value in self._data(root):
                name = _root(value)
                if name is None or value in seen or not self._is_data(name, inside):
                    continue
                if isinstance(value, ast.Attribute) and dotted(value) is None:
                    raise StepLeftError(f"{module.text(value)} is taken apart inside of what is differentiated", value)
                seen.update(ast.walk(value))
                text = module.text(value)
                if self._module.framework_name(value) or _network_part(value, self._units.networks) or _is_size(value):
                    continue
                if not isinstance(value, ast.Name) and not self._from_outside(value, inside):
                    raise StepLeftError(f"{text} is taken apart inside of what is differentiated", value)
                if text not in targets:
                    targets[text] = self._target(value, name, unit)
                if targets[text] != text:
                    if root is not unit.root or not self._sees(unit):
                        raise StepLeftError(f"{text} comes from outside of the function that uses it", value)
                    self._edits.splices.append(Splice(source.start(value), source.end(value), (targets[text],)))
        if targets:
            self._edits.needs.add(self._qualified)
            line = f"{', '.join(targets.values())} = {', '.join(f'{self._own}({text})' for text in targets)}"
            lines_above(module, self._edits, unit.anchor, [line])

    def _sees(self, unit: Unit) -> bool:
        """Whether a name that is bound above the unit's anchor is seen in the unit: it may be defined elsewhere."""
        index = self._module.index
        return not isinstance(unit.root, (ast.FunctionDef, ast.Lambda)) or (
            index.function(unit.root) is index.function(unit.anchor)
        )

    def _target(self, value: ast.expr, name: ast.Name, unit: Unit) -> str:
        """What the tensor is called: the same where nothing else can tell, else a name of its own."""
        scope = self._module.index.scope(unit.anchor)
        bindings = self._module.origins(name)
        local = name.id in scope.bindings
        passing = bool(bindings) and all(one.kind in (BindingKind.PARAMETER, BindingKind.OTHER) for one in bindings)
        if isinstance(value, ast.Name) and local and passing:
            return name.id
        own = value.attr if isinstance(value, ast.Attribute) else name.id
        number, candidate = 1, f"{own}_tensor"
        while candidate in self._module.index.identifiers | self._fresh:
            number += 1
            candidate = f"{own}_tensor_{number}"
        self._fresh.add(candidate)
        return candidate

    def _data(self, root: ast.AST) -> Iterator[ast.expr]:
        """What is given to networks, losses, operators and functions inside of ``root``."""
        for node in ast.walk(root):
            if isinstance(node, ast.Call) and (self._units.takes_data(node) or self._units.is_local(node)):
                yield from (*node.args, *(one.value for one in node.keywords if one.arg != "training"))
            elif isinstance(node, ast.BinOp):
                yield from (node.left, node.right)

    def _around(self) -> None:
        """The data of calls outside of the units, such as those of a validation step, as tensors in their places."""
        module, source = self._module, self._module.source
        # what a unit reaches gets tensors already, and GRAPH compiles it
        inside = self._units.inside()
        helpers = {root for unit in self._units.every for root in self._units.reached[unit][1:]}
        calls = [one for one in self._units.region.nodes() if isinstance(one, ast.Call) and self._units.takes_data(one)]
        calls += [one for one in module.index.calls if self._units.local(one) in helpers]
        for node in dict.fromkeys(calls):
            if node in inside or module.framework_name(node.func) in _TENSORS:
                continue  # the latter becomes a call of it
            given = (*node.args, *(one.value for one in node.keywords if one.arg != "training"))
            for value in (leaf for one in given for leaf in _leaves(one)):
                if not self._operators.is_settled(value) and self._comes_from_outside(value):
                    self._operators.insert(source.start(value), f"{self._own}(", rank=1)
                    self._operators.insert(source.end(value), ")", rank=-1)
                    self._edits.needs.add(self._qualified)

    def _comes_from_outside(self, value: ast.expr) -> bool:
        """An argument that may be an array: a name, a part or an attribute of one, or a foreign call."""
        if isinstance(value, ast.Call):
            known = self._units.takes_data(value) or self._units.is_local(value)
            return not known and not (isinstance(value.func, ast.Name) and hasattr(builtins, value.func.id))
        name = _root(value)
        return name is not None and self._may_be_array(name)

    def _may_be_array(self, name: ast.Name) -> bool:
        """Parameters, loop variables, and what no call of a network or operator gives."""
        if (source := iterated(self._module, name)) is not None:
            return any(self._comes_from_outside(one) for one in source)
        bindings = self._module.origins(name)
        return not self._is_object(name) and (not bindings or any(map(self._is_foreign, bindings)))

    def _is_foreign(self, binding: Binding) -> bool:
        value = binding.value
        if isinstance(value, ast.Call):
            gradient = isinstance(value.func, ast.Attribute) and value.func.attr == "gradient"
            if dotted(value.func) in self._units.networks or self._units.is_local(value) or gradient:
                return False
            return not (self._module.framework_name(value.func) and self._units.region.holds(self._module, value))
        return binding.kind not in _APART

    def _is_object(self, name: ast.Name) -> bool:
        """A network, or something that is called: no data."""
        if name.id in self._units.networks or is_bound_in_expression(self._module, name):
            return True
        return name.id in self._module.cached(_called)

    def _is_data(self, name: ast.Name, inside: set[ast.AST]) -> bool:
        """A name from outside of the unit that may stand for an array."""
        bindings = self._module.origins(name)
        if self._is_object(name) or any(self._within(one, inside) for one in bindings):
            return False
        if is_bound_in_expression(self._module, name) or is_builtin(self._module, name):
            return False
        if any(one.kind in _APART for one in bindings):
            return False
        return not any(self._is_no_array(one.value) for one in bindings if one.value is not None)

    def _is_no_array(self, node: ast.expr) -> bool:
        """Numbers, tensors that the step makes itself, and what is no array at all."""
        module = self._module
        if module.constant(node)[0] or _is_size(node):
            return True
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in ("len", "int", "float"):
                return True
            name = module.framework_name(node.func) or ""
            if any(part in name for part in (".losses.", ".metrics.", ".optimizers.")):
                return True
            return bool(name) and self._units.region.holds(module, node)
        return False

    def _from_outside(self, value: ast.expr, inside: set[ast.AST]) -> bool:
        names = [node for node in ast.walk(value) if isinstance(node, ast.Name)]
        if any(is_bound_in_expression(self._module, name) for name in names):
            return False
        return not any(self._within(one, inside) for name in names for one in self._module.origins(name))

    @staticmethod
    def _within(binding: Binding, inside: set[ast.AST]) -> bool:
        return binding.statement in inside or binding.node in inside


def _root(node: ast.expr) -> ast.Name | None:
    """The name that an argument is, or is a part or an attribute of."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node if isinstance(node, ast.Name) else None


def _leaves(node: ast.expr) -> Iterator[ast.expr]:
    """The operands of arithmetic, or the argument itself."""
    match node:
        case ast.BinOp(left=left, right=right):
            yield from _leaves(left)
            yield from _leaves(right)
        case ast.UnaryOp(operand=operand):
            yield from _leaves(operand)
        case _:
            yield node


def _network_part(value: ast.expr, networks: Collection[str]) -> bool:
    """An attribute of a network: its weights, or a layer of it."""
    key = dotted(value) if isinstance(value, ast.Attribute) else None
    return key is not None and any(f"{key}.".startswith(f"{network}.") for network in networks)


def _is_size(value: ast.expr) -> bool:
    """``x.shape[0]`` and the like: a plain number."""
    parts = [value] if isinstance(value, (ast.Subscript, ast.Attribute)) else []
    for part in parts:
        if isinstance(part, ast.Attribute) and part.attr in ("shape", "size", "ndim"):
            return True
        if isinstance(part.value, (ast.Subscript, ast.Attribute)):
            parts.append(part.value)
    return False


def _called(module: Module) -> set[str]:
    """The names that are called somewhere."""
    return {call.func.id for call in module.index.calls if isinstance(call.func, ast.Name)}
