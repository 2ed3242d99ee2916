"""Which bindings of a name can reach a use: nearest first, branch by branch, with loops and early exits.

An over-approximation: a binding that is not listed cannot reach the use; one that is listed may.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from tf2ms_opt.trace.index import Index
from tf2ms_opt.trace.scopes import Binding, BindingKind, Scope

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_EXITS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def owner(scope: Scope, key: str) -> Scope | None:
    """The scope in which the root of ``key``, used in ``scope``, is bound; None for builtins and star imports."""
    root = key.partition(".")[0]
    current: Scope | None = scope
    while current is not None:
        visible = current is scope or not isinstance(current.node, ast.ClassDef)
        if visible and root not in current.outward and root in current.bindings:
            return current
        current = current.parent
    return None


def only_binding(index: Index, node: ast.Name) -> Binding | None:
    """The binding of a name that is bound once in the file's scope that it belongs to, and nowhere from outside."""
    place = owner(index.scope(node), node.id)
    bindings = place.bindings[node.id] if place is not None else []
    alone = len(bindings) == 1 and node.id not in index.outward and bindings[0].kind is BindingKind.ASSIGN
    return bindings[0] if alone else None


def reaching(index: Index, scope: Scope, key: str, place: ast.AST) -> tuple[Binding, ...]:
    """The bindings of ``key`` that may hold where ``place`` (in ``scope``) is evaluated.

    A dotted ``key`` that this scope does not bind has no bindings here, whatever others do to the object.
    """
    bound_in = scope if "." in key else owner(scope, key)
    bindings = bound_in.bindings.get(key, []) if bound_in is not None else []
    if not bindings or bound_in is None:
        return ()
    if bound_in is not scope and not _same_flow(bound_in, scope):
        return tuple(bindings)
    foreign: list[Binding] = []
    if key in index.outward:
        foreign = [binding for binding in bindings if _foreign(index, binding, bound_in)]
        bindings = [binding for binding in bindings if binding not in foreign]
    elif (last := _certain(index, bindings, bound_in, place)) is not None:
        return (last,)
    return (*_walk_back(index, bindings, place), *foreign)


def _foreign(index: Index, binding: Binding, scope: Scope) -> bool:
    """Whether a function binds a name of ``scope`` by a ``global`` or ``nonlocal``: nobody knows when it runs."""
    return (
        binding.key in index.outward
        and binding.statement is not None
        and not _same_flow(scope, index.scope(binding.statement))
    )


def _same_flow(outer: Scope, inner: Scope) -> bool:
    """Whether ``inner`` is a comprehension evaluated in the flow of ``outer``."""
    current: Scope | None = inner
    while current is not None and current is not outer:
        if not isinstance(current.node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return False
        current = current.parent
    return True


def _certain(index: Index, bindings: Sequence[Binding], scope: Scope, place: ast.AST) -> Binding | None:
    """The last of all bindings of ``scope``, where ``place`` is behind it and no branch or loop is around it.

    So it is for most names; it is also what walking back would find.
    """
    last = bindings[-1]
    alone = last.statement is None or index.parents[last.statement] is scope.node
    return last if alone and last.moment < index.moments[index.statement(place)][0] else None


def _walk_back(index: Index, bindings: Sequence[Binding], place: ast.AST) -> Iterator[Binding]:
    # Bindings stand in the order of their moments, and most walks end at the first one.
    chain = _chain(index, place)
    before = bisect_left(bindings, index.moments[index.statement(place)][0], key=lambda binding: binding.moment)
    stop_loops: set[ast.AST] = set()
    branch: ast.AST | None = None
    in_branch: list[Binding] = []
    settled = False
    for position in range(before - 1, -1, -1):
        binding = bindings[position]
        fork = _fork(index, binding, chain)
        if fork is not branch and branch is not None:
            yield from in_branch
            if _covers(branch, in_branch):
                settled = True
                break
            in_branch = []
        branch = fork
        if fork is None:  # in a block that the use is in: it replaces whatever was before
            yield binding
            stop_loops = set(index.ancestors(binding.statement)) if binding.statement is not None else set()
            settled = True
            break
        if _reaches(index, binding, fork, chain):
            in_branch.append(binding)
    if not settled and branch is not None:
        yield from in_branch
        if _covers(branch, in_branch):
            stop_loops = set(index.ancestors(branch))
    # A loop comes round to what stands inside of it, not to its own head.
    loops: set[ast.AST] = {
        one for one in chain if isinstance(one, _LOOPS) and one not in stop_loops and one is not place
    }
    if loops:
        yield from _around_loops(index, bindings[before:], loops)


def _around_loops(index: Index, later: Sequence[Binding], loops: set[ast.AST]) -> Iterator[Binding]:
    """Bindings further down in one of the loops around a use, which its next turn sees."""
    for binding in later:
        if binding.statement is not None and not loops.isdisjoint(index.ancestors(binding.statement)):
            yield binding


def _chain(index: Index, place: ast.AST) -> dict[ast.AST, str]:
    """Everything around ``place`` with the block that leads there."""
    chain = {place: ""}
    child = place
    for ancestor in index.ancestors(place):
        chain[ancestor] = index.sides[child]
        child = ancestor
    return chain


def _fork(index: Index, binding: Binding, chain: Mapping[ast.AST, str]) -> ast.AST | None:
    """The outermost compound statement whose branch holds ``binding`` but not the use; None if there is none."""
    if binding.statement is None:
        return None
    fork: ast.AST | None = None
    child: ast.AST = binding.statement
    for ancestor in index.ancestors(binding.statement):
        together = chain.get(ancestor) == index.sides[child]
        if not together and not _always_runs(ancestor, index.sides[child]):
            fork = ancestor
        if ancestor in chain:
            break
        child = ancestor
    return fork


def _always_runs(ancestor: ast.AST, side: str) -> bool:
    """Whether the block ``side`` is executed whenever ``ancestor`` is."""
    match ancestor:
        case ast.If() | ast.While() | ast.For() | ast.AsyncFor():
            return side not in ("body", "orelse")
        case ast.Try():
            return side == "finalbody"
        case ast.Match():
            return side == "subject"
        case _:
            return True


def _reaches(index: Index, binding: Binding, fork: ast.AST, chain: Mapping[ast.AST, str]) -> bool:
    """Whether ``binding``, in a branch of ``fork``, can be seen where the use is."""
    if fork in chain and _exclusive(index, binding, fork, chain):
        return any(isinstance(ancestor, _LOOPS) for ancestor in index.ancestors(fork))
    for ancestor in (binding.statement, *index.ancestors(binding.statement or fork)):
        if ancestor is fork or not isinstance(ancestor, ast.stmt):
            break
        block = index.block(ancestor)
        if _returns(index, block[block.index(ancestor) :]):
            return False
    return True


def _exclusive(index: Index, binding: Binding, fork: ast.AST, chain: Mapping[ast.AST, str]) -> bool:
    """Whether ``binding`` and the use stand in two branches of ``fork`` of which one run takes only one."""
    own, other = _chain(index, binding.node)[fork], chain[fork]
    if isinstance(fork, (ast.If, ast.Match)):
        return own != other
    if isinstance(fork, ast.Try):
        branches = ("handlers", "orelse")
        return own != other and own.startswith(branches) and other.startswith((*branches, "body"))
    return False


def _covers(fork: ast.AST, bindings: Sequence[Binding]) -> bool:
    """Whether every path through ``fork`` that comes out of it binds the name."""
    holders = {binding.statement for binding in bindings}

    def block_binds(block: Sequence[ast.stmt]) -> bool:
        return _leaves(block) or any(statement in holders or binds(statement) for statement in block)

    def binds(node: ast.AST) -> bool:
        match node:
            case ast.If():
                return bool(node.orelse) and block_binds(node.body) and block_binds(node.orelse)
            case ast.Try():
                if any(statement in holders or binds(statement) for statement in node.finalbody):
                    return True
                main = block_binds(node.body) or (bool(node.orelse) and block_binds(node.orelse))
                return main and all(block_binds(handler.body) for handler in node.handlers)
            case ast.Match():
                last = node.cases[-1]
                default = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
                return default and all(block_binds(case.body) for case in node.cases)
            case ast.With() | ast.AsyncWith():
                return block_binds(node.body)
            case _:
                return False

    return binds(fork)


def _returns(index: Index, block: Sequence[ast.stmt]) -> bool:
    """Whether the function certainly ends in ``block``: a return, or a raise that nothing here can catch.

    A break or continue goes on behind or at the head of its loop, and takes the binding along.
    """
    for statement in block:
        if isinstance(statement, ast.Return):
            return True
        if isinstance(statement, ast.Raise):
            return not any(isinstance(ancestor, ast.Try) for ancestor in index.ancestors(statement))
    return False


def _leaves(block: Sequence[ast.stmt]) -> bool:
    """Whether control never comes out at the end of ``block``."""
    for statement in block:
        if isinstance(statement, _EXITS):
            return True
        if isinstance(statement, ast.If) and statement.orelse and _leaves(statement.body) and _leaves(statement.orelse):
            return True
    return False
