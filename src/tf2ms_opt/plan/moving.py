"""Moves an optimizer that is built before its model down to its first use, where nothing in between can tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tf2ms_opt.plan.between import begins, rebound, touched, touched_by
from tf2ms_opt.plan.placement import Form, Spot, available, available_behind, evaluated, flow_scope, is_construction
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.reaching import owner, reaching
from tf2ms_opt.trace.scopes import dotted
from tf2ms_opt.trace.uses import Use
from tf2ms_opt.values import is_pure


@dataclass(frozen=True, slots=True)
class Behind:
    """The statement behind which an optimizer can be built that other functions use."""

    statement: ast.stmt


def lower_place(
    module: Module, node: ast.expr, at: Spot, models: Sequence[ast.expr], uses: Sequence[Use]
) -> ast.stmt | Behind | str:
    """The statement above which an optimizer can be built instead, once its models exist; or why there is none."""
    scope = module.index.scope(at.statement)
    alone = isinstance(at.statement, (ast.Assign, ast.AnnAssign)) and at.statement.value is node
    if at.form is not Form.ASSIGNED or not alone:
        return "it is not built in a statement of its own"
    if not all(is_pure(value) or _names_only_call(value) for value in evaluated(node)):
        return "its arguments call functions"
    if any(flow_scope(module.index.scope(use.node)) is not scope for use in uses):
        return _behind_its_model(module, node, at, models, uses) or "it is used in another function"
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


def _behind_its_model(
    module: Module, node: ast.expr, at: Spot, models: Sequence[ast.expr], uses: Sequence[Use]
) -> Behind | None:
    """The statement of the same block that completes the models, if nothing up to there runs a use or could tell."""
    block = module.index.block(at.statement)
    for place in block[block.index(at.statement) + 1 :]:
        if _runs_a_use(module, place, uses):
            return None
        if all(available_behind(module, model, place) for model in models):
            told = _changes(module, node, at, place) or any(
                touched_by(module, key, place) for key in _own_names(module, node)
            )
            return None if told or _shares_a_line(module, place) else Behind(place)
    return None


def _runs_a_use(module: Module, statement: ast.stmt, uses: Sequence[Use]) -> bool:
    """Whether ``statement`` may run code that uses the optimizer: itself, or by anything of this file that it names."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return bool(statement.decorator_list) and not all(map(module.framework_name, statement.decorator_list))
    readers = {ancestor for use in uses for ancestor in (use.node, *module.index.ancestors(use.node))}
    pending: list[ast.AST] = [statement]
    seen: set[ast.AST] = set()
    while pending:
        current = pending.pop()
        seen.add(current)
        if current in readers:
            return True
        if any(isinstance(one, ast.Call) and _hands_over_self(module, one) for one in ast.walk(current)):
            return True
        pending += [one for one in _named_in(module, current) if one not in seen]
    return False


def _named_in(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """The functions and classes of this file that ``node`` may mean by the names in it."""
    for one in ast.walk(node):
        if not isinstance(one, (ast.Name, ast.Attribute)):
            continue
        name = one.id if isinstance(one, ast.Name) else one.attr
        method = module.method_of(module.index.scope(one)) if isinstance(one, ast.Attribute) else None
        of_self = isinstance(one, ast.Attribute) and method is not None and dotted(one.value) == method[2]
        owners = (method[0], *module.relatives(method[0])) if of_self and method is not None else ()
        places = [part for owner in owners for part in owner.body] if of_self else module.index.scopes
        yield from (place for place in places if getattr(place, "name", None) == name)


def _hands_over_self(module: Module, call: ast.Call) -> bool:
    """Whether ``call`` gets the object whose method it stands in, and may call any method of it."""
    method = module.method_of(module.index.scope(call))
    values = (*call.args, *(keyword.value for keyword in call.keywords))
    return method is not None and any(dotted(value) == method[2] for value in values)


def _shares_a_line(module: Module, statement: ast.stmt) -> bool:
    """Whether something else stands on the last line of ``statement``."""
    source = module.source
    end = source.end(statement)
    rest = source.data[end : source.line_end(end)].strip()
    return bool(rest) and not rest.startswith(b"#")


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
    if _changes(module, node, at, place):
        return True
    holder = module.index.parents[place]
    if holder is not module.index.parents[at.statement]:
        return not all(holder in module.index.ancestors(use.node) for use in uses)
    return any(begins(module, use.node) < begins(module, place) for use in uses)


def _own_names(module: Module, node: ast.expr) -> Iterator[str]:
    """The names and attributes that ``node`` is built from, without those of modules."""
    for name in ast.walk(node):
        key = dotted(name)
        if key is not None and isinstance(name, ast.expr) and not module.resolve(name).names:
            yield key


def _changes(module: Module, node: ast.expr, at: Spot, place: ast.stmt) -> bool:
    """Whether a value that ``node`` is built from may change on the way down to ``place``."""
    scope = module.index.scope(at.statement)
    if any(isinstance(one, ast.Subscript) for one in ast.walk(node)):
        return True
    for key in _own_names(module, node):
        before, after = (set(reaching(module.index, scope, key, one)) for one in (at.statement, place))
        if before != after or rebound(module, scope, key, at.statement, place):
            return True
        if ("." in key or key in module.index.outward) and touched(module, key, at.statement, place):
            return True
    return False
