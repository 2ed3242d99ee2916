"""What a name or attribute stands for: dotted names of the modules it comes from, by binding and never by text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property

from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.trace.constants import says_none
from tf2ms_opt.trace.index import Index
from tf2ms_opt.trace.reaching import only_binding, owner, reaching
from tf2ms_opt.trace.scopes import Binding, dotted

_DEEP = 12  # aliases of aliases: no real code goes further


@dataclass(frozen=True, slots=True)
class Resolved:
    """The dotted names that an expression may stand for, and whether it may be something else as well."""

    names: frozenset[str] = frozenset()
    other: bool = False

    def attribute(self, name: str) -> Resolved:
        return Resolved(frozenset(f"{base}.{name}" for base in self.names), self.other)


_UNKNOWN = Resolved(other=True)


def attribute_name(index: Index, node: ast.expr) -> str | None:
    """The attribute that ``getattr`` certainly gives: a text, or a name that is bound once, to a text."""
    match node:
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), *_]):
            return name
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Name() as given, *_]):
            binding = only_binding(index, given)
            if binding is not None and isinstance(binding.value, ast.Constant) and isinstance(binding.value.value, str):
                return binding.value.value
    return None


class Names:
    """Resolves the expressions of one module; results are kept, since one name is asked for many times."""

    def __init__(self, index: Index, rules: RuleSet) -> None:
        self._index = index
        self._rules = rules
        self._known: dict[ast.expr, Resolved] = {}

    @cached_property
    def _stars(self) -> list[tuple[int, str]]:
        """The moment and the module of every ``from module import *``."""
        return [star for scope in self._index.scopes.values() for star in scope.stars]

    def resolve(self, node: ast.expr) -> Resolved:
        """The dotted names of ``node``; nothing but ``other`` for an expression that is not a name of a module."""
        return self._resolve(node, _DEEP)

    def _resolve(self, node: ast.expr, depth: int) -> Resolved:
        if node not in self._known:
            self._known[node] = _UNKNOWN  # an alias of itself is unknown
            self._known[node] = self._work_out(node, depth) if depth else _UNKNOWN
        return self._known[node]

    def _work_out(self, node: ast.expr, depth: int) -> Resolved:
        match node:
            case ast.Name():
                return self._name(node, depth)
            case ast.Attribute():
                key = dotted(node)
                if key is not None and (bindings := reaching(self._index, self._index.scope(node), key, node)):
                    return self._join(bindings, depth)
                if key in self._index.bound and not key.startswith("self."):
                    base = self._resolve(node.value, depth).attribute(node.attr)
                    return Resolved(base.names, other=True)  # set somewhere else: a patched module
                return self._resolve(node.value, depth).attribute(node.attr)
            case ast.Call(func=ast.Name(id="getattr"), args=[base, _, *_]) if name := attribute_name(self._index, node):
                return self._resolve(base, depth).attribute(name)
            case ast.Call(func=ast.Name(id="__import__"), args=[ast.Constant(value=str(name))]):
                return Resolved(frozenset({name.partition(".")[0]}))
            case ast.Call() if self._resolve(node.func, depth).names == {"importlib.import_module"}:
                match node.args:
                    case [ast.Constant(value=str(name))]:
                        return Resolved(frozenset({name}))
                return _UNKNOWN
            case _:
                return _UNKNOWN

    def _name(self, node: ast.Name, depth: int) -> Resolved:
        scope = self._index.scope(node)
        if bindings := reaching(self._index, scope, node.id, node):
            found = self._join(bindings, depth)
            return Resolved(found.names, other=True) if self._hidden_by_star(bindings) else found
        if owner(scope, node.id) is not None:
            return _UNKNOWN
        return self._starred(node.id)

    def _hidden_by_star(self, bindings: tuple[Binding, ...]) -> bool:
        """Whether a later star import, of a module of optimizers that is not Keras', may bring the same name."""
        last = max(binding.moment for binding in bindings)
        return any(
            moment > last and "optim" in star and not self._rules.from_framework(star) for moment, star in self._stars
        )

    def _starred(self, name: str) -> Resolved:
        """A name that nothing binds, from the star imports: the last one that is known to have it wins."""
        candidates: set[str] = set()
        other = False
        for module in reversed([star for _, star in self._stars]):
            full = f"{module}.{name}"
            if self._rules.named(full):
                return Resolved(frozenset({full}), other)
            if self._rules.from_framework(module):
                candidates.add(full)
            else:
                other = True
        return Resolved(frozenset(candidates), other or not candidates)

    def _join(self, bindings: tuple[Binding, ...], depth: int) -> Resolved:
        names: set[str] = set()
        other = False
        for binding in bindings:
            found = self._binding(binding, depth)
            names |= found.names
            other |= found.other
        return Resolved(frozenset(names), other)

    def _binding(self, binding: Binding, depth: int) -> Resolved:
        if binding.qualified is not None:
            return Resolved(frozenset({binding.qualified}))
        if says_none(binding.value):
            return Resolved()  # the "not installed" of an import guard
        if binding.value is not None:
            return self._resolve(binding.value, depth - 1)
        return _UNKNOWN
