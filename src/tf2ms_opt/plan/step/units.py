"""What is differentiated: the blocks of tapes and the losses of ``minimize``, with the functions that run in them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.networks import is_flagged
from tf2ms_opt.plan.step.region import Region, RegionFinder, is_operator
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted


@dataclass(frozen=True, eq=False)
class Unit:
    """A tape's block or a function; the statement above which lines can stand; the networks."""

    root: ast.AST
    anchor: ast.stmt
    networks: frozenset[str]


class Units:
    """The units of one module, and how the rest of the region stands to them."""

    def __init__(self, module: Module, every: Sequence[Unit], region: Region) -> None:
        self.every = tuple(every)
        self.region = region
        self._module = module
        self._finder = RegionFinder(module)
        self.reached = {unit: self._reach(unit.root) for unit in every}
        self.networks = frozenset(name for unit in every for name in unit.networks)

    def _reach(self, root: ast.AST) -> list[ast.AST]:
        """``root`` and the functions of this file that run inside of it."""
        found: list[ast.AST] = [root]
        for one in found:
            for node in ast.walk(one):
                function = self._finder.local(node.func) if isinstance(node, ast.Call) else None
                if function is not None and function not in found:
                    found.append(function)
        return found

    def inside(self, unit: Unit | None = None) -> set[ast.AST]:
        """Every node that runs in ``unit``, or in any of them."""
        units = self.every if unit is None else (unit,)
        return {node for one in units for root in self.reached[one] for node in ast.walk(root)}

    def of(self, node: ast.AST) -> Unit | None:
        """The unit that ``node`` belongs to, itself or in a function that nothing else calls."""
        around = {node, *self._module.index.ancestors(node)}
        holders = [unit for unit, roots in self.reached.items() if around & set(roots)]
        if len(holders) != 1:
            return None
        inside = self.inside(holders[0])
        for root in self.reached[holders[0]]:
            if root in around and isinstance(root, (ast.FunctionDef, ast.AsyncFunctionDef)):
                calls = (call for call in self._module.index.calls if self._finder.local(call.func) is root)
                if any(call not in inside for call in calls):
                    return None
        return holders[0]

    def calls_a_network(self, unit: Unit) -> bool:
        """Whether one of its own networks is called in the unit."""
        return any(isinstance(node, ast.Call) and dotted(node.func) in unit.networks for node in self.inside(unit))

    def takes_data(self, call: ast.Call) -> bool:
        """A call of a network, a loss or an operator."""
        if dotted(call.func) in self.networks or is_operator(self._module, call):
            return True
        if any(one.kind == "loss" and call.func in one.readers for one in self.region.shared.values()):
            return True
        return is_flagged(self._module, call)

    def local(self, call: ast.Call) -> ast.AST | None:
        """The function of this file that ``call`` runs."""
        return self._finder.local(call.func)

    def is_local(self, call: ast.Call) -> bool:
        """A call of a function of this file."""
        return self.local(call) is not None


def lines_above(module: Module, edits: StepEdits, statement: ast.stmt, lines: Sequence[str]) -> None:
    """Whole lines above ``statement``, indented as it is."""
    source = module.source
    start = source.line_start(source.start(statement))
    indentation = source.indentation(source.start(statement))
    newline = source.newline(source.start(statement))
    edits.splices.append(Splice(start, start, ("".join(f"{indentation}{line}{newline}" for line in lines),)))
