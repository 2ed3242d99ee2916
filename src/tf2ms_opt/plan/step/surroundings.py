"""What stands around the blocks of gradient tapes: the training mode, the data that comes in, and formatted results."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.compiled import StepEdits
from tf2ms_opt.plan.step.operators import Operators, flagged
from tf2ms_opt.plan.step.region import Region, RegionFinder
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import BindingKind, dotted


@dataclass(frozen=True, eq=False)
class Unit:
    """What is differentiated, a tape's block or a function; the statement above which lines can stand; the networks."""

    root: ast.AST
    anchor: ast.stmt
    networks: frozenset[str]


def networks_in(sources: ast.expr | None) -> frozenset[str]:
    """The networks whose variables an expression names."""
    nodes = ast.walk(sources) if sources is not None else ()
    bases = (dotted(node.value) for node in nodes if isinstance(node, ast.Attribute))
    return frozenset(base for base in bases if base is not None)


class Surroundings:
    """Rewrites what a region has around its ``units`` into ``edits``."""

    def __init__(
        self, module: Module, names: Aliases, edits: StepEdits, operators: Operators, region: Region,
        units: Sequence[Unit],
    ) -> None:  # fmt: skip
        self._module = module
        self._names = names
        self._edits = edits
        self._operators = operators
        self._region = region
        self._units = units
        self._finder = RegionFinder(module)
        self._reached = {unit: self._reach(unit.root) for unit in units}
        self._networks = frozenset(name for unit in units for name in unit.networks)

    def _reach(self, root: ast.AST) -> list[ast.AST]:
        """``root`` and the functions of this file that run inside of it."""
        found: list[ast.AST] = [root]
        for one in found:
            for node in ast.walk(one):
                function = self._finder.local(node.func) if isinstance(node, ast.Call) else None
                if function is not None and function not in found:
                    found.append(function)
        return found

    def _unit_of(self, node: ast.AST) -> Unit | None:
        """The unit that ``node`` belongs to, itself or in a function that nothing else calls."""
        around = {node, *self._module.index.ancestors(node)}
        holders = [unit for unit, roots in self._reached.items() if around & set(roots)]
        if len(holders) != 1:
            return None
        inside = {one for root in self._reached[holders[0]] for one in ast.walk(root)}
        for root in self._reached[holders[0]][1:]:
            if root in around and isinstance(root, ast.FunctionDef):
                calls = [call for call in self._module.index.calls if self._finder.local(call.func) is root]
                if any(call not in inside for call in calls):
                    return None
        return holders[0]

    # ------------------------------------------------------------------ training mode

    def flags(self) -> None:
        """``training=`` of a call becomes the mode of the Cell."""
        module, source = self._module, self._module.source
        modes: dict[Unit, dict[str, bool]] = {unit: {} for unit in self._units}
        everywhere = list(flagged(self._region))
        trained: set[str] = set()
        for call, keyword in everywhere:
            known, value = module.constant(keyword.value)
            if not known or module.framework_name(call.func) or dotted(call.func) is None:
                raise StepLeftError("the training flag is not known here", keyword)
            name = module.text(call.func)
            trained |= {name} if value else set()
            self._operators.drop(call, keyword)
            self._operators.settle(keyword)
            unit = self._unit_of(call)
            if unit is None:
                self._operators.insert(source.end(call.func), f".set_train({'' if value else 'False'})")
            elif modes[unit].setdefault(name, bool(value)) != bool(value):
                raise StepLeftError("one block calls the network in both modes", call)
        for unit in self._units:
            for name in unit.networks & trained if self._calls(unit) else ():
                modes[unit].setdefault(name, False)
            lines = [
                f"{name}.set_train({'' if value else 'False'})"
                for name, value in modes[unit].items()
                if value or name in trained
            ]
            if lines:
                lines_above(module, self._edits, unit.anchor, lines)

    def _calls(self, unit: Unit) -> bool:
        """Whether one of its networks is called in the unit."""
        nodes = (node for root in self._reached[unit] for node in ast.walk(root))
        return any(isinstance(node, ast.Call) and dotted(node.func) in unit.networks for node in nodes)

    # ------------------------------------------------------------------ data

    def tensors(self) -> None:
        """The data that comes into a unit from outside, as tensors: one line above it."""
        module = self._module
        own = self._names.names[self._to_tensor]
        for unit in self._units:
            names: dict[str, ast.Name] = {}
            inside = {node for root in self._reached[unit] for node in ast.walk(root)}
            for root in self._reached[unit]:
                for value in self._data(root):
                    if (name := _root(value)) is not None and self._is_data(name, inside):
                        names.setdefault(name.id, name)
            if not names:
                continue
            for name in names.values():
                self._check_local(name, unit)
            self._edits.needs.add(self._to_tensor)
            text = f"{', '.join(names)} = {', '.join(f'{own}({name})' for name in names)}"
            lines_above(module, self._edits, unit.anchor, [text])
        self._inline()

    @property
    def _to_tensor(self) -> str:
        return f"{self._names.runtime}.to_tensor"

    def _data(self, root: ast.AST) -> Iterator[ast.expr]:
        """What is given to networks, losses, operators and functions inside of ``root``."""
        for node in ast.walk(root):
            if isinstance(node, ast.Call) and (self._takes_data(node) or self._finder.local(node.func) is not None):
                yield from (*node.args, *(one.value for one in node.keywords if one.arg != "training"))
            elif isinstance(node, ast.BinOp):
                yield from (node.left, node.right)

    def _inline(self) -> None:
        """The data of calls outside of the units, such as those of a validation step, as tensors in their places."""
        module, source = self._module, self._module.source
        own = self._names.names[self._to_tensor]
        # what a unit reaches gets tensors already, and GRAPH compiles it
        inside = {node for roots in self._reached.values() for root in roots for node in ast.walk(root)}
        for node in self._region.nodes():
            if not isinstance(node, ast.Call) or node in inside or not self._takes_data(node):
                continue
            if module.framework_name(node.func):
                continue
            for value in (*node.args, *(one.value for one in node.keywords if one.arg != "training")):
                root = _root(value)
                if root is not None and self._from_outside(root):
                    self._operators.insert(source.start(value), f"{own}(", rank=1)
                    self._operators.insert(source.end(value), ")", rank=-1)
                    self._edits.needs.add(self._to_tensor)

    def _from_outside(self, name: ast.Name) -> bool:
        """Parameters, loop variables, and what no call of a network or operator gives."""
        for binding in self._module.origins(name):
            value = binding.value
            if isinstance(value, ast.Call) and (
                dotted(value.func) in self._networks or self._module.framework_name(value.func) or value.keywords
            ):
                return False
            if binding.kind in (BindingKind.IMPORT, BindingKind.FUNCTION, BindingKind.CLASS):
                return False
        return True

    def _takes_data(self, call: ast.Call) -> bool:
        """A call of a network, a loss or an operator."""
        if dotted(call.func) in self._networks or self._module.framework_name(call.func):
            return True
        if any(one.kind == "loss" and call.func in one.readers for one in self._region.shared.values()):
            return True
        return any(keyword.arg == "training" for keyword in call.keywords)

    def _is_data(self, name: ast.Name, inside: set[ast.AST]) -> bool:
        """A name from outside of the unit that may stand for an array."""
        module = self._module
        bindings = module.origins(name)
        if not bindings or any(one.statement in inside or one.node in inside for one in bindings):
            return False
        if any(one.kind in (BindingKind.IMPORT, BindingKind.FUNCTION, BindingKind.CLASS) for one in bindings):
            return False
        return not any(_no_array(module, one.value) for one in bindings if one.value is not None)

    def _check_local(self, name: ast.Name, unit: Unit) -> None:
        """Binding a name in another scope than its own would make it another one."""
        scope = self._module.index.scope(unit.anchor)
        if name.id not in scope.bindings:
            raise StepLeftError(f"{name.id} comes from outside of the function and may be no tensor", name)

    def formats(self) -> None:
        """A tensor does not take a format: ``f"{loss:.3f}"`` needs a number."""
        module = self._module
        for node in ast.walk(module.index.module):
            values: list[ast.expr] = []
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                values = [node.value]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
                values = [*node.args, *(one.value for one in node.keywords)]
            for value in values:
                if isinstance(value, ast.Name) and self._is_result(value):
                    if module.text(value) != value.id:
                        raise StepLeftError(f"{value.id} stands in an f-string whose places cannot be told", value)
                    self._operators.insert(module.source.start(value), "float(")
                    self._operators.insert(module.source.end(value), ")")

    def _is_result(self, name: ast.Name) -> bool:
        """Whether a name stands for a tensor that a converted step gives."""
        module = self._module
        inside = {one for unit in self._units for one in ast.walk(unit.root)}
        functions = {root for root in self._region.roots if isinstance(root, ast.FunctionDef)}
        for binding in module.origins(name):
            if binding.statement in inside:
                return True
            value = binding.value
            func = value.func if isinstance(value, ast.Call) else None
            if isinstance(func, ast.Name) and any(one.node in functions for one in module.origins(func)):
                return True
            if isinstance(func, ast.Attribute) and any(one.name == func.attr for one in functions):
                return True
        return False


def _root(node: ast.expr) -> ast.Name | None:
    """The name that an argument is, or is a part of."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node if isinstance(node, ast.Name) else None


def _no_array(module: Module, node: ast.expr) -> bool:
    """Numbers, and what is a tensor already or no array at all."""
    if module.constant(node)[0]:
        return True
    if isinstance(node, ast.Call):
        name = module.framework_name(node.func) or ""
        return (
            name in ("tensorflow.constant", "tensorflow.convert_to_tensor", "tensorflow.random.normal")
            or ".losses." in name
        )
    return False


def lines_above(module: Module, edits: StepEdits, statement: ast.stmt, lines: Sequence[str]) -> None:
    """Whole lines above ``statement``, indented as it is."""
    source = module.source
    start = source.line_start(source.start(statement))
    indentation = source.indentation(source.start(statement))
    newline = source.newline(source.start(statement))
    edits.splices.append(Splice(start, start, ("".join(f"{indentation}{line}{newline}" for line in lines),)))
