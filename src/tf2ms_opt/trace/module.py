"""One parsed module with everything that tracing needs to know of it: text, index, names and rules."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from tf2ms_opt.neighbours import NOBODY, Neighbours, Taker, Told
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.selfcheck import parse
from tf2ms_opt.source import SourceText
from tf2ms_opt.trace.constants import calculated, literal
from tf2ms_opt.trace.index import Index
from tf2ms_opt.trace.indexing import index
from tf2ms_opt.trace.names import Names, Resolved
from tf2ms_opt.trace.reaching import only_binding, reaching
from tf2ms_opt.trace.scopes import Binding, BindingKind, FunctionNode, Scope, dotted

T = TypeVar("T")
_DEEP = 20  # operands of one constant expression
#: calls that make a variable: their trainable= and constraint= are about that, and about no layer
_VARIABLES = {"Variable", "add_weight", "add_variable", "get_variable"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, eq=False)
class Module:
    """A module as the stages after parsing see it."""

    source: SourceText
    index: Index
    names: Names
    rules: RuleSet
    #: what other files of the run say to it
    neighbours: Neighbours = NOBODY
    #: key -> expression bound to it -> where that value is read; filled in as keys are asked for
    _readers: dict[str, dict[ast.expr, list[ast.expr]]] = field(default_factory=dict)
    _origins: dict[ast.expr, tuple[Binding, ...]] = field(default_factory=dict)
    #: key -> binding, or None -> where the key is read and may hold it, numbered in the order of the file
    _shared: dict[str, dict[Binding | None, list[tuple[int, ast.expr]]]] = field(default_factory=dict)
    _answers: dict[object, object] = field(default_factory=dict)
    _attributes: dict[ast.ClassDef, dict[str, list[tuple[FunctionNode, Binding]]]] = field(default_factory=dict)

    @classmethod
    def parse(cls, source: SourceText, rules: RuleSet, neighbours: Neighbours = NOBODY) -> Module:
        """Parse ``source``.

        Raises ``SyntaxError`` (or ``ValueError`` for a null byte) as ``ast.parse`` does, and ``OversizedError``.
        """
        found = index(parse(source.text))
        return cls(source, found, Names(found, rules), rules, neighbours)

    @property
    def told(self) -> Told:
        """What other files tell this one, whatever becomes of them."""
        return self.neighbours.told

    @cached_property
    def takers(self) -> Mapping[tuple[int, int], Sequence[Taker]]:
        """Line and column of a call -> what the function of another file does with the optimizers that it gets."""
        found: dict[tuple[int, int], list[Taker]] = {}
        for place, taker in self.neighbours.takers:
            found.setdefault(place, []).append(taker)
        return found

    @cached_property
    def indent_unit(self) -> str:
        """One step of indentation, as the first block of the file writes it."""
        for statement in self.index.moments:
            body = getattr(statement, "body", None)
            if isinstance(statement, ast.stmt) and isinstance(body, list) and body[0].lineno > statement.lineno:
                inner = self.source.indentation(self.source.start(body[0]))
                return inner.removeprefix(self.source.indentation(self.source.start(statement))) or "    "
        return "    "

    def position(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        return self.source.position(self.source.start(node))

    def text(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        return self.source.slice(node)

    def resolve(self, node: ast.expr) -> Resolved:
        return self.names.resolve(node)

    def keras_path(self, node: ast.expr) -> str | None:
        """What ``node`` is below Keras (``layers.Dense``), if it can be nothing else."""
        resolved = self.resolve(node)
        paths = {self.rules.keras_path(name) for name in resolved.names}
        return paths.pop() if len(paths) == 1 and not resolved.other else None

    def framework_name(self, node: ast.expr) -> str | None:
        """The dotted name of ``node`` if it comes from TensorFlow or Keras."""
        for name in sorted(self.resolve(node).names):
            if self.rules.from_framework(name):
                return self.rules.canonical(name)
        return None

    def method_of(self, scope: Scope) -> tuple[ast.ClassDef, FunctionNode, str] | None:
        """The class, the method and its first parameter (``self``) in which ``scope`` lies."""
        return self.cached(_method_of, scope.node)

    def own_method(self, func: ast.expr) -> FunctionNode | None:
        """The method that ``self.name`` is, in the class that it stands in."""
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
            return None
        method = self.method_of(self.index.scope(func))
        if method is None or func.value.id != method[2]:
            return None
        return next((one for one in method[0].body if isinstance(one, _FUNCTIONS) and one.name == func.attr), None)

    def attribute_bindings(self, owner: ast.ClassDef, attribute: str) -> Sequence[tuple[FunctionNode, Binding]]:
        """Every ``self.attribute = ...`` in the methods of ``owner``."""
        if owner not in self._attributes:
            found: dict[str, list[tuple[FunctionNode, Binding]]] = {}
            for method in owner.body:
                if isinstance(method, _FUNCTIONS) and (parameters := [*method.args.posonlyargs, *method.args.args]):
                    for key, bindings in self.index.scopes[method].bindings.items():
                        root, _, name = key.partition(".")
                        if root == parameters[0].arg and name:
                            found.setdefault(name, []).extend((method, binding) for binding in bindings)
            self._attributes[owner] = found
        return self._attributes[owner].get(attribute, ())

    def cached(self, question: Callable[..., T], *about: ast.AST | str) -> T:
        """The answer to a question about the whole module, or about nodes or names of it, asked once."""
        key = (question, *about)
        if key not in self._answers:
            self._answers[key] = question(self, *about)
        return self._answers[key]  # type: ignore[return-value]

    def derives(self, node: ast.ClassDef, base: ast.ClassDef) -> bool:
        """Whether ``node`` is a subclass of ``base``, as far as this file shows."""
        return any(one is base or (one is not node and self.derives(one, base)) for one in self.bases(node))

    def bases(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """The base classes of ``node`` that this file defines."""
        found = [binding.node for base in node.bases for binding in self.origins(base)]
        return [one for one in found if isinstance(one, ast.ClassDef)]

    @cached_property
    def stars(self) -> tuple[str, ...]:
        """The modules of which everything is imported, in the order of their scopes."""
        return tuple(star for scope in self.index.scopes.values() for _, star in scope.stars)

    @cached_property
    def classes(self) -> tuple[ast.ClassDef, ...]:
        return tuple(node for node in self.index.scopes if isinstance(node, ast.ClassDef))

    def relatives(self, owner: ast.ClassDef) -> tuple[ast.ClassDef, ...]:
        """The classes of this file above and below ``owner``."""
        above, below = self._related
        family = {*_reached(owner, above), *_reached(owner, below)} - {owner}
        return tuple(node for node in self.classes if node in family) if family else ()

    @cached_property
    def _related(self) -> tuple[dict[ast.ClassDef, list[ast.ClassDef]], dict[ast.ClassDef, list[ast.ClassDef]]]:
        """Class -> its base classes, and class -> those that name it as one."""
        above = {node: self.bases(node) for node in self.classes}
        below: dict[ast.ClassDef, list[ast.ClassDef]] = {}
        for node, bases in above.items():
            for base in bases:
                below.setdefault(base, []).append(node)
        return above, below

    @cached_property
    def trainables(self) -> tuple[tuple[Scope, Binding], ...]:
        """Every place that says what trains: ``X.trainable = ...``, setattr, and the keyword of a layer."""
        found = [pair for key, pairs in self.index.bound.items() if key.endswith(".trainable") for pair in pairs]
        for call in self.index.calls:
            variable = makes_variable(call)
            values = [keyword.value for keyword in call.keywords if keyword.arg == "trainable" and not variable]
            match call:
                case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="trainable"), value]):
                    values.append(value)
            statement = self.index.statement(call)
            moment = self.index.moments[statement][1]
            found += [
                (self.index.scope(call), Binding("?.trainable", BindingKind.OTHER, call, statement, moment, value))
                for value in values
            ]
        return tuple(found)

    @cached_property
    def freezes(self) -> tuple[tuple[Scope, Binding], ...]:
        """Those of ``trainables`` that do not say True."""
        return tuple(
            (scope, binding)
            for scope, binding in self.trainables
            if not (isinstance(binding.value, ast.Constant) and binding.value.value)
        )

    def origins(self, node: ast.expr) -> tuple[Binding, ...]:
        """The bindings from which a name or an attribute of self gets its value."""
        if node not in self._origins:
            self._origins[node] = self._trace(node)
        return self._origins[node]

    def _trace(self, node: ast.expr) -> tuple[Binding, ...]:
        key = dotted(node)
        if key is None:
            return ()
        scope = self.index.scope(node)
        if bindings := reaching(self.index, scope, key, node):
            return bindings
        root, _, attribute = key.partition(".")
        method = self.method_of(scope)
        if method is not None and attribute and "." not in attribute and root == method[2]:
            return tuple(binding for _, binding in self.attribute_bindings(method[0], attribute))
        return ()

    def readers(self, key: str, value: ast.expr) -> Sequence[ast.expr]:
        """Where ``key`` is read while it may hold ``value``, in the scopes that see the binding."""
        if key not in self._readers:
            found: dict[ast.expr, list[ast.expr]] = {}
            for scope, use in self.index.uses.get(key, ()):
                for binding in reaching(self.index, scope, key, use):
                    if binding.value is not None:
                        found.setdefault(binding.value, []).append(use)
            self._readers[key] = found
        return self._readers[key].get(value, ())

    def sharing(self, key: str, bindings: Collection[Binding]) -> list[ast.expr]:
        """Where ``key`` is read and may hold one of ``bindings``; for none, where this file has no binding for it."""
        if key not in self._shared:
            found: dict[Binding | None, list[tuple[int, ast.expr]]] = {}
            for number, (_, use) in enumerate(self.index.uses.get(key, ())):
                for binding in self.origins(use) or (None,):
                    found.setdefault(binding, []).append((number, use))
            self._shared[key] = found
        wanted = bindings or (None,)
        uses = {pair for binding in wanted for pair in self._shared[key].get(binding, ())}
        return [use for _, use in sorted(uses, key=lambda pair: pair[0])]

    def constant(self, node: ast.expr) -> tuple[bool, object]:
        """Whether ``node`` can only have one value (a constant, a name of one, arithmetic on them), and that value."""
        return self._constant(node, _DEEP)

    def _constant(self, node: ast.expr, depth: int) -> tuple[bool, object]:
        if (found := literal(node)) is not None:
            return True, found[0]
        if isinstance(node, ast.BinOp) and depth:
            left, right = self._constant(node.left, depth - 1), self._constant(node.right, depth - 1)
            return calculated(node.op, left[1], right[1]) if left[0] and right[0] else (False, None)
        if (
            isinstance(node, ast.Name)
            and (binding := self.only_binding(node)) is not None
            and binding.value is not None
        ):
            found = literal(binding.value)
            return (True, found[0]) if found is not None else (False, None)
        return False, None

    def text_constant(self, node: ast.expr) -> str | None:
        """The text that ``node`` certainly is."""
        value = self.constant(node)[1]
        return value if isinstance(value, str) else None

    def only_binding(self, node: ast.Name) -> Binding | None:
        """The binding of a name that is bound once in the file's scope that it belongs to, and nowhere from outside."""
        return only_binding(self.index, node)


def _reached(start: ast.ClassDef, steps: Mapping[ast.ClassDef, Sequence[ast.ClassDef]]) -> set[ast.ClassDef]:
    """``start`` and everything that ``steps`` lead to from it."""
    found, pending = {start}, [start]
    while pending:
        new = [one for one in steps.get(pending.pop(), ()) if one not in found]
        found.update(new)
        pending += new
    return found


def _method_of(module: Module, node: ast.AST) -> tuple[ast.ClassDef, FunctionNode, str] | None:
    scope: Scope | None = module.index.scopes[node]
    while scope is not None:
        if isinstance(scope.node, _FUNCTIONS):
            holder = module.index.enclosing_class(scope.node)
            parameters = [*scope.node.args.posonlyargs, *scope.node.args.args]
            if holder is not None and parameters:
                return holder, scope.node, parameters[0].arg
        scope = scope.parent
    return None


def makes_variable(call: ast.Call) -> bool:
    """Whether ``call``, by its name, makes a variable."""
    return (dotted(call.func) or "").rpartition(".")[2] in _VARIABLES
