"""Scopes and bindings: who gives a name its value, and where that holds."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeAlias

FunctionNode: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"
ScopeNode: TypeAlias = (
    "ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef"
    " | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp"
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


#: scopes with something around them that belongs to the scope outside: decorators, defaults, base classes
_WITH_BODY = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class BindingKind(Enum):
    """How a name gets its value."""

    IMPORT = auto()
    ASSIGN = auto()
    PARAMETER = auto()
    FUNCTION = auto()
    CLASS = auto()
    OTHER = auto()  # loops, with, except, del, augmented assignment, patterns


@dataclass(frozen=True, eq=False)
class Binding:
    """One place where ``key`` (a name, or a dotted path such as ``self.model``) is bound.

    ``value`` is the expression assigned, where there is one for this name alone; ``qualified`` what an import
    names.  ``moment`` orders the binding among statements: it holds from there on.
    """

    key: str
    kind: BindingKind
    node: ast.AST
    statement: ast.stmt | None
    moment: int
    value: ast.expr | None = None
    qualified: str | None = None


@dataclass(eq=False)
class Scope:
    """A module, function, class, lambda or comprehension with the names that it binds."""

    node: ScopeNode
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    outward: set[str] = field(default_factory=set)
    stars: list[tuple[int, str]] = field(default_factory=list)

    def bind(self, binding: Binding) -> None:
        owner: Scope = self
        if binding.key in self.outward:
            while owner.parent is not None and (owner is self or binding.key not in owner.bindings):
                owner = owner.parent
        owner.bindings.setdefault(binding.key, []).append(binding)


def dotted(node: ast.AST) -> str | None:
    """``a.b.c`` for a chain of attributes on a name; None for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join((node.id, *reversed(names)))


def evaluated_inside(side: str, scope: ast.AST) -> bool:
    """Whether what stands on ``side`` of a scope's node is evaluated in that scope rather than around it.

    Of a comprehension the first iterable is not; for our purpose the whole comprehension is one place.
    """
    return side == "body" or not isinstance(scope, _WITH_BODY)
