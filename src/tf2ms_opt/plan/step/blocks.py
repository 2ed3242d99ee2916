"""The block of a gradient tape as the body of a function: what it binds, what it takes, and what is read behind it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.tapes import Step
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding

_FORBIDDEN = (
    ast.Return,
    ast.Yield,
    ast.YieldFrom,
    ast.Await,
    ast.Break,
    ast.Continue,
    ast.Global,
    ast.Nonlocal,
    ast.With,
)


def check_block(module: Module, block: ast.With) -> list[ast.AST]:
    """Every node of the block, if it can be the body of a function.  Raises ``StepLeftError``."""
    inside = [node for statement in block.body for node in ast.walk(statement)]
    bad = next((node for node in inside if isinstance(node, _FORBIDDEN)), None)
    if bad is not None:
        loops = any(isinstance(one, (ast.For, ast.While)) for one in inside)
        if not isinstance(bad, (ast.Break, ast.Continue)) or not loops:
            place = bad if isinstance(bad, ast.stmt) else module.index.statement(bad)
            raise StepLeftError(f"a {type(bad).__name__.lower()} stands inside of the tape's block", place)
    source = module.source
    if source.line_of(source.start(block)) == source.line_of(source.start(block.body[0])):
        raise StepLeftError("the tape's block stands on the line of the with", block)
    return inside


def assigned_names(module: Module, block: ast.With, inside: Sequence[ast.AST]) -> set[str]:
    """The names that the block binds, which are local to the forward function.  Raises ``StepLeftError``."""
    names: set[str] = set()
    for node in inside:
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names.add(node.id)
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            raise StepLeftError("the tape's block sets more than names", node)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            raise StepLeftError("the tape's block defines a function", block)
    if outward := names & module.index.outward:
        raise StepLeftError(f"{min(outward)} is bound for other functions as well", block)
    return names


def taken_names(module: Module, assigned: set[str], inside: Sequence[ast.AST]) -> list[str]:
    """The names that the block binds and whose value from before it is read first: parameters of the function."""
    statements = set(inside)
    found: dict[str, int] = {}
    for node in inside:
        read = node if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else None
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            before = [one for one in statements if _binds(one, node.target.id) and _starts(module, one, node)]
            read = None if before else node.target
        if read is None or read.id not in assigned:
            continue
        own = isinstance(read.ctx, ast.Store)
        if own or any(one.statement not in statements for one in module.origins(read)):
            found.setdefault(read.id, module.source.start(read))
    return sorted(found, key=lambda name: found[name])


def _starts(module: Module, first: ast.AST, second: ast.AugAssign) -> bool:
    return isinstance(first, ast.stmt) and module.source.start(first) < module.source.start(second)


def names_used_later(module: Module, block: ast.With, assigned: set[str], steps: Sequence[Step]) -> list[str]:
    """The names of the block that are read behind it, in the order in which they are bound."""
    inside = set(ast.walk(block))
    consumed = {node for step in steps for node in ast.walk(step.gradient.loss)}
    later: dict[str, int] = {}
    bindings: dict[str, list[Binding]] = {}
    for one in (binding for node in inside for binding in module.index.bound_by.get(node, ())):
        bindings.setdefault(one.key, []).append(one)
    for name, own in ((name, bindings[name]) for name in assigned if name in bindings):
        for use in module.sharing(name, own):
            if use not in inside and use not in consumed:
                later[name] = min(
                    module.source.start(one.node) if isinstance(one.node, ast.expr) else 0
                    for one in module.origins(use) if one.statement in inside
                )  # fmt: skip
    return sorted(later, key=lambda name: (later[name], name))


def check_carried(module: Module, block: ast.With, taken: Sequence[str], inside: Sequence[ast.AST]) -> None:
    """Nothing that the block binds is what it begins with the next time.  Raises ``StepLeftError``."""
    own = set(inside)
    for node in inside:
        if isinstance(node, ast.Name) and node.id in taken:
            read = isinstance(node.ctx, ast.Load) or isinstance(module.index.parents[node], ast.AugAssign)
            origins = module.origins(node) if read else ()
            outer = [one for one in origins if one.statement not in own]
            if outer and len(outer) < len(origins) and not _is_reset(module, block, outer):
                raise StepLeftError(f"{node.id} goes on from one run of the tape's block to the next", node)
            if not origins and read:
                raise StepLeftError(f"{node.id} goes on from one run of the tape's block to the next", node)


def _is_reset(module: Module, block: ast.With, outer: Sequence[Binding]) -> bool:
    """Whether what stands above the block binds the name anew each time that the block runs."""
    beside = module.index.block(block)
    return any(one.statement in beside[: beside.index(block)] for one in outer)


def loss_text(module: Module, step: Step, assigned: set[str], taken: Sequence[str]) -> str:
    """The loss that the gradient is taken of, on one line; ``taken`` are names whose value from above is passed on."""
    inside = set(ast.walk(step.block))
    for node in ast.walk(step.gradient.loss):
        if isinstance(node, ast.Name) and (
            node.id not in assigned
            or (node.id not in taken and any(one.statement not in inside for one in module.origins(node)))
        ):
            raise StepLeftError(f"the loss {node.id} is not bound in the tape's block", step.gradient.loss)
    text = " ".join(module.text(step.gradient.loss).split())
    if any(isinstance(node, ast.Call) for node in ast.walk(step.gradient.loss)):
        raise StepLeftError("the loss is calculated where the gradient is taken", step.gradient.loss)
    return text


def check_several(module: Module, steps: Sequence[Step]) -> None:
    """All gradients are taken before an optimizer changes a weight, since the block runs again for each."""
    source = module.source
    calls = [step.gradient.call for step in steps]
    if (twice := next((step for step in steps if calls.count(step.gradient.call) > 1), None)) is not None:
        raise StepLeftError("the gradients of the block are applied more than once", twice.apply)
    first = min(source.start(step.apply) for step in steps)
    for step in steps:
        if source.start(step.gradient.statement) > first or step.gradient.name is None:
            raise StepLeftError("a gradient of the block is taken after another one is applied", step.gradient.call)


def end_of_head(module: Module, block: ast.With) -> int:
    """The offset of the colon that ends the head of ``block``."""
    source = module.source
    last = block.items[-1].optional_vars or block.items[-1].context_expr
    at = source.end(last)
    between = source.data[at : source.start(block.body[0])]
    head = between.partition(b":")[0]
    if b"#" in head:
        raise StepLeftError("a comment stands in the head of the tape's block", block)
    return at + len(head)


def _binds(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == name for target in node.targets
    )


def is_certain(body: Sequence[ast.stmt], name: str) -> bool:
    """Whether every way through ``body`` binds ``name``."""
    for statement in body:
        if isinstance(statement, ast.If):
            if is_certain(statement.body, name) and is_certain(statement.orelse, name):
                return True
        elif not isinstance(statement, (ast.For, ast.While, ast.Try)):
            stored = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
            if any(node.id == name and isinstance(node.ctx, ast.Store) for node in stored):
                return True
    return False
