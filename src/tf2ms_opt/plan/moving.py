"""Moves an optimizer that is built before its model down to its first use, where nothing in between can tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tf2ms_opt.plan.between import begins, rebound, touched
from tf2ms_opt.plan.placement import Form, Spot, available, evaluated, flow_scope, is_construction
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.reaching import owner, reaching
from tf2ms_opt.trace.scopes import dotted
from tf2ms_opt.trace.uses import Use
from tf2ms_opt.values import is_pure


def lower_place(
    module: Module, node: ast.expr, at: Spot, models: Sequence[ast.expr], uses: Sequence[Use]
) -> ast.stmt | str:
    """The statement above which an optimizer can be built instead, once its models exist; or why there is none."""
    scope = module.index.scope(at.statement)
    alone = isinstance(at.statement, (ast.Assign, ast.AnnAssign)) and at.statement.value is node
    if at.form is not Form.ASSIGNED or not alone:
        return "it is not built in a statement of its own"
    if not all(is_pure(value) or _names_only_call(value) for value in evaluated(node)):
        return "its arguments call functions"
    if any(flow_scope(module.index.scope(use.node)) is not scope for use in uses):
        return "it is used in another function"
    if not uses:
        return "it is not used"
    if any(_bound_inside(module, model) for model in models):
        return "the model is the variable of a comprehension or a lambda"
    first = module.index.statement(uses[0].node)
    why = "the model is not known just above its first use either"
    for place in _places(module, at.statement, first):
        if not all(available(module, model, place) for model in models):
            continue
        why = "something that it is built from may change before its first use"
        if not _tells(module, node, at, place, uses):
            source = module.source
            if source.data[source.line_start(source.start(place)) : source.start(place)].strip(b" \t\f"):
                return "its first use shares a line with another statement"
            return place
    return why


def _bound_inside(module: Module, model: ast.expr) -> bool:
    """Whether the model's name exists only inside an expression of its statement."""
    scope = module.index.scope(model)
    names = [node.id for node in ast.walk(model) if isinstance(node, ast.Name)]
    places = [owner(scope, name) for name in names]
    return any(place is not None and flow_scope(place) is not place for place in places)


def _names_only_call(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and is_construction(value)


def _places(module: Module, origin: ast.stmt, first: ast.stmt) -> Iterator[ast.stmt]:
    """From the block of ``origin`` down to ``first``, as long as every step is taken at most once."""
    path = [first]
    for ancestor in module.index.ancestors(first):
        if isinstance(ancestor, ast.stmt):
            path.append(ancestor)
        if ancestor is module.index.parents[origin]:
            break
    block = module.index.block(origin)
    inside = [step for step in path if step in block]
    if not inside:
        return
    start = path.index(inside[0])
    for position in range(start, -1, -1):
        yield path[position]
        if not isinstance(path[position], (ast.With, ast.AsyncWith, ast.If, ast.Try)):
            return


def _tells(module: Module, node: ast.expr, at: Spot, place: ast.stmt, uses: Sequence[Use]) -> bool:
    """Whether moving to ``place`` could be told: a value changes in between, or a use comes first or is skipped."""
    scope = module.index.scope(at.statement)
    for name in ast.walk(node):
        if isinstance(name, ast.Subscript):
            return True
        key = dotted(name)
        if key is None or not isinstance(name, ast.expr) or module.resolve(name).names:
            continue  # no name of its own, or one of a module
        before, after = (set(reaching(module.index, scope, key, one)) for one in (at.statement, place))
        if before != after or rebound(module, scope, key, at.statement, place):
            return True
        if ("." in key or key in module.index.outward) and touched(module, key, at.statement, place):
            return True
    holder = module.index.parents[place]
    if holder is not module.index.parents[at.statement]:
        return not all(holder in module.index.ancestors(use.node) for use in uses)
    return any(begins(module, use.node) < begins(module, place) for use in uses)
