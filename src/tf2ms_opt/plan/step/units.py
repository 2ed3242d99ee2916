"""What is differentiated: the blocks of tapes and the losses of ``minimize``, with the functions that run in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.parameters import variables_text
from tf2ms_opt.plan.step.changes import StepEdits
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
        for root in self.reached[holders[0]][1:]:
            if root in around:
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


def networks_in(module: Module, sources: ast.expr | None) -> frozenset[str]:
    """The networks whose variables an expression names, itself or by what its names stand for."""
    found = variables_text(module, sources) if sources is not None else None
    bases = (dotted(model) for model in (found[1] if found is not None else ()))
    return frozenset(base for base in bases if base is not None)


def is_flagged(module: Module, call: ast.Call) -> bool:
    """A call that is told the training mode, and no function of the file."""
    flagged = any(keyword.arg == "training" for keyword in call.keywords)
    return flagged and RegionFinder(module).local(call.func) is None and not module.framework_name(call.func)


def network_calls(module: Module, networks: frozenset[str]) -> Iterator[ast.Call]:
    """Every call of a network of the file, in any function, but for those in the networks' own classes."""
    for call in module.index.calls:
        if (dotted(call.func) in networks or is_flagged(module, call)) and not _in_network(module, call):
            yield call


def _in_network(module: Module, node: ast.AST) -> bool:
    """Whether ``node`` stands in a class that derives from one of TensorFlow's."""
    for one in module.index.ancestors(node):
        if isinstance(one, ast.ClassDef) and any(_derives(module, base) for base in one.bases):
            return True
    return False


def _derives(module: Module, base: ast.expr) -> bool:
    if module.framework_name(base):
        return True
    nodes = [binding.node for binding in module.origins(base)]
    return any(isinstance(node, ast.ClassDef) and any(_derives(module, one) for one in node.bases) for node in nodes)


def lines_above(module: Module, edits: StepEdits, statement: ast.stmt, lines: Sequence[str]) -> None:
    """Whole lines above ``statement``, indented as it is."""
    source = module.source
    start = source.line_start(source.start(statement))
    indentation = source.indentation(source.start(statement))
    newline = source.newline(source.start(statement))
    edits.splices.append(Splice(start, start, ("".join(f"{indentation}{line}{newline}" for line in lines),)))
