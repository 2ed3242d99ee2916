"""Recognizes a training step around a gradient tape: its block, its gradients, their clips, and who applies them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from tf2ms_opt.plan.parameters import Given, variables_text
from tf2ms_opt.plan.step.calls import StepLeftError, bind_call
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding

VALUE_AND_GRAD = "mindspore.value_and_grad"
_CLIPS = {"clip_by_global_norm", "clip_by_norm", "clip_by_value"}


@dataclass(slots=True)
class Gradient:
    """``name = tape.gradient(loss, sources)``; ``name`` is None where the call stands inside of the apply."""

    call: ast.Call
    loss: ast.expr
    sources: ast.expr
    statement: ast.stmt
    name: str | None
    #: statements that clip the gradients on their way, in order
    clips: list[ast.Assign] = field(default_factory=list)


@dataclass(slots=True)
class Step:
    """One optimizer's part of a tape: its gradient and the call that applies it."""

    apply: ast.Call
    optimizer: ast.expr
    gradient: Gradient
    block: ast.With
    #: the models whose variables the optimizer trains, where it is built
    models: tuple[ast.expr, ...] = ()


def tape_step(module: Module, apply: ast.Call, params: str, given: Given) -> Step:
    """The step that ``apply`` (``X.apply_gradients(...)``) ends.  Raises ``StepLeftError`` for a form not known.

    ``params`` is the emitted list of what the optimizer trains, ``given`` what the parameters of the function are.
    """
    if not isinstance(apply.func, ast.Attribute) or apply.keywords or len(apply.args) != 1:
        raise StepLeftError("apply_gradients has more than the pairs of gradients and variables", apply)
    statement = module.index.statement(apply)
    if not (isinstance(statement, ast.Expr) and statement.value is apply):
        raise StepLeftError("apply_gradients does not stand alone in its statement", apply)
    pairs = _zipped(module, apply.args[0])
    gradient = _gradient(module, pairs[0], apply)
    models: tuple[ast.expr, ...] = ()
    for variables in (gradient.sources, pairs[1]):
        found = variables_text(module, variables, given=given)
        models = found[1] if found is not None else ()
        if found is None or found[0] != params:
            raise StepLeftError("the gradient is not taken for the variables that the optimizer trains", variables)
    return Step(apply, apply.func.value, gradient, _block(module, gradient), models)


def _zipped(module: Module, node: ast.expr) -> tuple[ast.expr, ast.expr]:
    match node:
        case ast.Call(func=ast.Name(id="zip"), args=[gradients, variables], keywords=[]):
            return gradients, variables
        case ast.Call(func=ast.Name(id="list" | "tuple"), args=[inner], keywords=[]):
            return _zipped(module, inner)
        case ast.Name() if (value := _only(module, node)) is not None:
            raise StepLeftError("the pairs of gradients and variables go by a name", value)
        case _:
            raise StepLeftError("the pairs of gradients and variables are not a plain zip(...)", node)


def _only(module: Module, node: ast.expr) -> ast.expr | None:
    bindings = module.origins(node)
    return bindings[0].value if len(bindings) == 1 else None


def _gradient(module: Module, node: ast.expr, apply: ast.Call) -> Gradient:
    """Follow the gradients back to the tape."""
    if isinstance(node, ast.Call) and _is_gradient(node):
        loss, sources = _arguments(node)
        return Gradient(node, loss, sources, module.index.statement(node), None)
    clips: list[ast.Assign] = []
    current: ast.expr = node
    while isinstance(current, ast.Name):
        bindings = module.origins(current)
        binding = bindings[0] if len(bindings) == 1 else None
        statement = binding.statement if binding is not None else None
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            break
        value = statement.value
        if isinstance(value, ast.Call) and _is_gradient(value) and isinstance(statement.targets[0], ast.Name):
            loss, sources = _arguments(value)
            clips.reverse()
            found = Gradient(value, loss, sources, statement, statement.targets[0].id, clips)
            _check_between(module, found, apply)
            return found
        clips.append(statement)
        current = _clipped(module, statement, binding)
    raise StepLeftError("where the gradients come from is not a plain tape.gradient(...)", node)


def _is_gradient(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute) and call.func.attr == "gradient" and isinstance(call.func.value, ast.Name)
    )


def _arguments(call: ast.Call) -> tuple[ast.expr, ast.expr]:
    given = bind_call(call, ("target", "sources"))
    if set(given) != {"target", "sources"}:
        raise StepLeftError("tape.gradient(...) has more than a loss and variables", call)
    return given["target"], given["sources"]


def _clipped(module: Module, statement: ast.Assign, binding: Binding | None) -> ast.expr:
    """The gradients that ``statement`` clips; what it does with them is rewritten like any other operator."""
    value, target = statement.value, statement.targets[0]
    match value:
        case ast.Call(func=func, args=[first, _]) if _op(module, func) == "clip_by_global_norm":
            if not (isinstance(target, ast.Tuple) and len(target.elts) == 2 and isinstance(target.elts[0], ast.Name)):  # noqa: PLR2004 -- gradients and norm
                raise StepLeftError("clip_by_global_norm is not unpacked into gradients and norm", statement)
            if _is_read(module, target.elts[1], statement):
                raise StepLeftError("the norm that clip_by_global_norm gives is used", statement)
            return first
        case ast.Call(func=ast.Attribute(attr="get_unscaled_gradients"), args=[first], keywords=[]):
            return first  # the runtime's optimizer has the same method
        case ast.Subscript(value=ast.Call(func=func, args=[first, _]), slice=ast.Constant(value=0)) if (
            _op(module, func) == "clip_by_global_norm"
        ):
            return first
        case ast.ListComp(
            elt=ast.Call(func=func), generators=[ast.comprehension(target=ast.Name(), iter=source, ifs=[])]
        ):
            if _op(module, func) in _CLIPS - {"clip_by_global_norm"} and binding is not None:
                return source
    raise StepLeftError("what is done to the gradients is not one of TensorFlow's clips", statement)


def _is_read(module: Module, target: ast.expr, statement: ast.stmt) -> bool:
    """Whether what ``statement`` binds to ``target`` is read anywhere; of anything but a name that is not known."""
    if not isinstance(target, ast.Name):
        return True
    uses = module.index.uses.get(target.id, ())
    return any(one.statement is statement for _, use in uses for one in module.origins(use))


def _op(module: Module, func: ast.expr) -> str:
    name = module.framework_name(func) or ""
    return name.removeprefix("tensorflow.").removeprefix("compat.v1.")


def _check_between(module: Module, found: Gradient, apply: ast.Call) -> None:
    """Nothing but the clips and the apply does more with the gradients than look at them."""
    index = module.index
    known = {index.statement(apply), *found.clips}
    for name in {found.name, *(_target(one) for one in found.clips)} - {None}:
        own = [one for place in (found.statement, *found.clips) for one in index.bound_by.get(place, ())]
        own = [one for one in own if one.key == name]
        for use in module.sharing(name or "", own) if own else ():
            if index.statement(use) not in known and not _is_look(module, use):
                raise StepLeftError(f"the gradients {name} are used elsewhere too", use)


def _is_look(module: Module, use: ast.expr) -> bool:
    """One of the gradients alone, or an argument of a call that is not TensorFlow's."""
    parent = module.index.parents[use]
    if isinstance(parent, ast.Call):
        return use in parent.args and module.framework_name(parent.func) is None
    return isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load)


def _target(statement: ast.Assign) -> str | None:
    target = statement.targets[0]
    first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
    return first.id if isinstance(first, ast.Name) else None


def _block(module: Module, gradient: Gradient) -> ast.With:
    """The ``with`` of the tape, of which the gradient is taken behind its end and beside it."""
    assert isinstance(gradient.call.func, ast.Attribute)  # noqa: S101 -- recognized as such
    tape = gradient.call.func.value
    bindings = module.origins(tape)
    block = bindings[0].statement if len(bindings) == 1 else None
    if not isinstance(block, ast.With):
        raise StepLeftError("the tape is not opened by a with statement in sight", tape)
    for item in block.items:
        call = item.context_expr
        if not (isinstance(call, ast.Call) and _op(module, call.func) in ("GradientTape", "autodiff.GradientTape")):
            raise StepLeftError("the with statement opens more than tapes", item.context_expr)
        if any(keyword.arg != "persistent" for keyword in call.keywords) or call.args:
            raise StepLeftError("the tape watches what it is told to", call)
        if not isinstance(item.optional_vars, ast.Name):
            raise StepLeftError("the tape has no name", call)
    parent = module.index.parents
    if gradient.statement in block.body or parent[gradient.statement] is not parent[block]:
        raise StepLeftError("the gradient is not taken directly behind the block of its tape", gradient.call)
    if module.index.sides[gradient.statement] != module.index.sides[block]:
        raise StepLeftError("the gradient is not taken directly behind the block of its tape", gradient.call)
    return block


def check_uses(module: Module, block: ast.With, gradients: Sequence[Gradient]) -> None:
    """The tapes of ``block`` do nothing but these gradients.  Raises ``StepLeftError``."""
    known = {gradient.call for gradient in gradients}
    for item in block.items:
        name = item.optional_vars
        assert isinstance(name, ast.Name)  # noqa: S101 -- checked with the block
        own = [binding for binding in module.index.bound_by[block] if binding.key == name.id]
        for use in module.sharing(name.id, own):
            parent = module.index.parents[use]
            call = module.index.parents[parent]
            if call not in known:
                raise StepLeftError(f"the tape {name.id} does more than this one gradient", use)
