"""The code that a gradient tape takes with it: its function, the functions it calls, and the objects they share.

All of it is rewritten for MindSpore's tensors or none of it: what TensorFlow has there and MindSpore has not leaves
the step.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.given import given
from tf2ms_opt.step_rules import Lookup
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import FunctionNode, dotted

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOPS = (ast.For, ast.While)


@dataclass(frozen=True, eq=False)
class Shared:
    """A loss or metric object that the region uses: its constructor, and every place that reads it.

    What calls in other files pass to the ``parameter`` of ``function`` is converted there; ``call`` is None where all
    are there.
    """

    call: ast.Call | None
    kind: str
    readers: tuple[ast.expr, ...]
    function: FunctionNode | None = None
    parameter: str = ""


@dataclass(slots=True)
class Region:
    """Functions and statements that are converted together."""

    roots: list[ast.stmt] = field(default_factory=list)
    shared: dict[ast.AST, Shared] = field(default_factory=dict)

    def nodes(self) -> Iterator[ast.AST]:
        seen: set[ast.AST] = set()
        for root in self.roots:
            for node in ast.walk(root):
                if node not in seen:
                    seen.add(node)
                    yield node

    def holds(self, module: Module, node: ast.AST) -> bool:
        return node in self.roots or any(one in self.roots for one in module.index.ancestors(node))


class RegionFinder:
    """Collects the region of one or several tapes of a module."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._losses = Lookup(module.rules.step.loss).by_class
        self._metrics = Lookup(module.rules.step.metric).by_class

    def around(self, statements: Iterable[ast.stmt]) -> Region:
        """The region that begins with the blocks ``statements``.  Raises ``StepLeftError``."""
        region = Region()
        pending: list[ast.stmt] = [self.root(statement) for statement in statements]
        while pending:
            root = pending.pop()
            if root in region.roots:
                continue
            region.roots.append(root)
            for node in ast.walk(root):
                pending += self._led_to(node, region)
        return region

    def root(self, statement: ast.AST) -> ast.stmt:
        """The outermost function around ``statement``; at module level the outermost loop, or the statement alone."""
        function: ast.stmt | None = None
        loop: ast.stmt | None = None
        for one in (statement, *self._module.index.ancestors(statement)):
            if isinstance(one, _FUNCTIONS):
                function = one
            elif isinstance(one, _LOOPS):
                loop = one
        found = function or loop or statement
        if not isinstance(found, ast.stmt):
            found = self._module.index.statement(found)
        return found

    def _led_to(self, node: ast.AST, region: Region) -> Iterator[ast.stmt]:
        """What else has to be converted because of ``node``."""
        module = self._module
        if isinstance(node, ast.Call) and (function := self.local(node.func)) is not None:
            yield function
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(getattr(node, "ctx", None), ast.Load):
            bindings = module.origins(node)
            call = bindings[0].value if len(bindings) == 1 else None
            if isinstance(call, ast.Call) and isinstance(node, ast.Name) and self._is_made(node, call):
                yield module.index.statement(call)
                yield from (self.root(reader) for reader in module.readers(node.id, call) if self._operated(reader))
            if isinstance(call, ast.Call) and call not in region.shared and (kind := self.kind(call)):
                readers = tuple(self._readers(call, node))
                region.shared[call] = Shared(call, kind, readers)
                for reader in readers:
                    yield self.root(reader)
            elif len(bindings) == 1 and not isinstance(call, ast.Call) and (found := given(module, node)) is not None:
                kinds = {self.kind(built) for built, _ in found.constructors}
                if not all(kinds) or len(kinds) > 1 or (found.abroad and kinds - {"loss"}):
                    return
                parameter = found.parameter if found.abroad else ""
                for built, readers in found.constructors:
                    shared = Shared(built, self.kind(built), (*found.readers, *readers), found.function, parameter)
                    region.shared.setdefault(built, shared)
                    yield from map(self.root, shared.readers)
                if found.abroad and not found.constructors:
                    shared = Shared(None, "loss", found.readers, found.function, parameter)
                    region.shared.setdefault(bindings[0].node, shared)
                    yield from map(self.root, shared.readers)

    def around_values(self, values: Iterable[ast.expr]) -> Region:
        """The statements that make the tensors ``values`` of written numbers, where nothing else needs them."""
        region = Region()
        for value in values:
            bindings = self._module.origins(value)
            call = bindings[0].value if len(bindings) == 1 else None
            written = call is not None and all(
                self._is_written(one) for one in ast.walk(call) if isinstance(one, ast.Name)
            )
            if written and isinstance(call, ast.Call) and isinstance(value, ast.Name) and self._is_made(value, call):
                if any(map(self._operated, self._module.readers(value.id, call))):
                    continue  # an operator that stays TensorFlow's takes it too
                statement = self._module.index.statement(call)
                region.roots += [statement] if statement not in region.roots else []
        return region

    def _is_made(self, name: ast.Name, call: ast.Call) -> bool:
        """A tensor that an operator makes, and that nothing of TensorFlow but operators reads."""
        module = self._module
        made = is_operator(module, call) and isinstance(module.index.parents[call], ast.Assign)
        if not made:
            return False
        for reader in module.readers(name.id, call):
            parent = module.index.parents[reader]
            taker = parent if isinstance(parent, ast.Call) else None
            if taker is not None and module.framework_name(taker.func) and not is_operator(module, taker):
                return False
        return True

    def _is_written(self, name: ast.Name) -> bool:
        """A number under a name, or a part of a name of TensorFlow."""
        return self._module.constant(name)[0] or self._module.framework_name(name) is not None

    def _operated(self, reader: ast.expr) -> bool:
        """Whether an operator of TensorFlow takes ``reader``, itself or in a keyword."""
        parent = self._module.index.parents[reader]
        parent = self._module.index.parents[parent] if isinstance(parent, ast.keyword) else parent
        return isinstance(parent, ast.Call) and is_operator(self._module, parent)

    def kind(self, call: ast.Call) -> str:
        """``loss`` or ``metric`` for the constructor of one; empty for anything else."""
        path = self._module.keras_path(call.func) or ""
        place, _, name = path.rpartition(".")
        if place == "losses" and name in self._losses:
            return "loss"
        known = name in self._metrics or name in self._losses or name == "Mean"
        return "metric" if place == "metrics" and known else ""

    def _readers(self, call: ast.Call, node: ast.expr) -> Iterator[ast.expr]:
        module = self._module
        key = dotted(node) or ""
        if "." not in key:
            yield from module.readers(key, call)
            return
        method = module.method_of(module.index.scope(node))
        attribute = key.partition(".")[2]
        if method is None or "." in attribute or module.relatives(method[0]):
            raise StepLeftError(f"{key} is read where it cannot be followed", node)
        for other, uses in module.index.uses.items():
            if not other.endswith(f".{attribute}"):
                continue
            for scope, use in uses:
                reader = module.method_of(scope)
                if reader is None or reader[0] is not method[0] or other != f"{reader[2]}.{attribute}":
                    raise StepLeftError(f"{other} may be the same object as {key}", use)
                yield use

    def local(self, func: ast.expr) -> FunctionNode | None:
        """The function or method of this file that a call runs."""
        module = self._module
        if isinstance(func, ast.Name):
            nodes = [binding.node for binding in module.origins(func)]
            return nodes[0] if len(nodes) == 1 and isinstance(nodes[0], _FUNCTIONS) else None
        return module.own_method(func)


def is_operator(module: Module, call: ast.Call) -> bool:
    """Whether a call is one of TensorFlow's operators or loss functions."""
    name = module.framework_name(call.func) or ""
    keras = module.keras_path(call.func)
    below = f"keras.{keras}" if keras is not None else name.removeprefix("tensorflow.")
    place, _, last = (keras or "").rpartition(".")
    if place in ("losses", "metrics") and last in Lookup(module.rules.step.loss).by_function:
        return True
    return bool(name) and module.rules.step.operator(below) is not None


def results_read(module: Module, region: Region) -> Iterator[ast.stmt]:
    """Statements around operators of TensorFlow that take what a function of ``region`` gives."""
    finder = RegionFinder(module)
    functions = {root for root in region.roots if isinstance(root, (ast.FunctionDef, ast.AsyncFunctionDef))}
    for call in module.index.calls:
        if not is_operator(module, call) or region.holds(module, call):
            continue
        for name in (node for node in ast.walk(call) if isinstance(node, ast.Name)):
            values = [one.value for one in module.origins(name) if one.value is not None]
            calls = (node for value in values for node in ast.walk(value) if isinstance(node, ast.Call))
            if any(finder.local(one.func) in functions for one in calls):
                yield finder.root(module.index.statement(call))
