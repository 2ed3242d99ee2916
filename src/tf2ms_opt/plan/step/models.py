"""Where one compiled model goes in a file: every place that uses it, sorted into kinds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tf2ms_opt.plan.placement import flow_scope
from tf2ms_opt.plan.reached import OVERRIDES, SETS, reached
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.model_uses import Compiled, on_module
from tf2ms_opt.plan.step.order import check_order
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind, FunctionNode, Scope, dotted

#: functions that look at a network, or draw it
_HARMLESS = {
    "print", "len", "id", "type", "isinstance", "repr", "str", "hasattr", "plot_model", "model_to_dot",
    "visualize_model", "save_model", "Checkpoint",
}  # fmt: skip
#: what the trainer has under the same name
_OWN = {"history", "stop_training", "get_weights", "set_weights"}


def compiled_model(module: Module, call: ast.Call) -> Compiled:
    """All uses of the model that ``call`` compiles.  Raises ``StepLeftError`` for one that no conversion can follow."""
    if not isinstance(call.func, ast.Attribute):
        raise StepLeftError("it is not a method call", call)
    receiver = call.func.value
    _check_overridden(module, call)
    found = Compiled(receiver)
    uses, scope = _uses(module, receiver)
    for use in uses:
        _sort(module, use, found, handed=False)
    for value in found.returned:
        _callers(module, value, found)
    check_order(module, found, scope)
    return found


def _uses(module: Module, receiver: ast.expr) -> tuple[list[ast.expr], Scope]:
    """Every expression that may be the model, and the scope in which the compile stands."""
    key = dotted(receiver)
    if key is None:
        raise StepLeftError(f"{module.text(receiver)[:40]} is not a name", receiver)
    scope = flow_scope(module.index.scope(receiver))
    root, _, attribute = key.partition(".")
    if not attribute:
        return list(_of_name(module, receiver, root)), scope
    if on_module(module, receiver):
        return list(_of_name(module, receiver, key)), scope
    method = module.method_of(scope)
    if method is None or root != method[2] or "." in attribute:
        raise StepLeftError(f"{key} is neither a name nor an attribute of self", receiver)
    return list(_of_attribute(module, receiver, method[0], attribute)), scope


def _of_name(module: Module, receiver: ast.expr, name: str) -> Iterator[ast.expr]:
    own = set(module.origins(receiver))
    for use in module.sharing(name, own):
        if set(module.origins(use)) != own:
            raise StepLeftError(f"{name} may be another model there", use)
        yield use


def _of_attribute(
    module: Module, node: ast.expr, owner: ast.ClassDef, attribute: str, *, handed: bool = False
) -> Iterator[ast.expr]:
    """``self.model`` in all methods of a class and of those above and below it."""
    family = {owner, *module.relatives(owner)}
    for key, uses in module.index.uses.items():
        root, _, rest = key.partition(".")
        if rest != attribute and not key.endswith(f".{attribute}"):
            continue
        for scope, use in uses:
            method = module.method_of(scope)
            if method is not None and method[0] in family and root == method[2] and rest == attribute:
                yield use
            elif isinstance(parent := module.index.parents[use], ast.Attribute) and (
                parent.attr in _steps(module) or (handed and not module.framework_name(use))
            ):
                raise StepLeftError(f"{key}.{parent.attr} reaches it from outside of the class", use)
    for one in reached(module, owner, attribute):
        step = one.path.removeprefix(f"{attribute}.").partition(".")[0]
        if one.kind == SETS and one.path == attribute:
            raise StepLeftError(f"{one.where} sets {attribute} of {owner.name} from outside", node)
        if step in _steps(module):
            raise StepLeftError(f"{one.where} reaches {one.path} of {owner.name} from outside", node)
    bound = [binding for one in family for _, binding in module.attribute_bindings(one, attribute)]
    if len([one for one in bound if not isinstance(one.value, ast.Constant)]) > 1:
        raise StepLeftError(f"self.{attribute} is set in more than one place", node)


def _check_overridden(module: Module, node: ast.expr) -> None:
    """Raise ``StepLeftError`` where a class in another file has the method again in which ``node`` stands."""
    method = module.method_of(module.index.scope(node))
    for one in reached(module, method[0], method[1].name) if method is not None else ():
        if method is not None and one.kind == OVERRIDES:
            raise StepLeftError(f"{one.where} has {one.path} of {method[0].name} again", node)


def _steps(module: Module) -> set[str]:
    table = module.rules.step
    return {"compile", *table.method, *table.without}


def _sort(module: Module, use: ast.expr, found: Compiled, *, handed: bool) -> None:
    """Put one use where it belongs.  Raises ``StepLeftError``."""
    table = module.rules.step
    parent = module.index.parents[use]
    if handed:
        found.handed.add(use)
    match parent:
        case ast.Attribute(attr=attr):
            outer = module.index.parents[parent]
            called = outer if isinstance(outer, ast.Call) and outer.func is parent else None
            if attr == "compile" and called is not None:
                if handed:
                    raise StepLeftError("it is compiled again behind the function that returns it", use)
                found.compiles.append(called)
            elif attr in table.method and called is not None:
                found.steps.append((use, called))
            elif attr in _OWN:
                found.reads.append(use)
            elif attr == "optimizer":
                found.optimizers.append(parent)
            elif attr in table.weights:
                found.weights.append(parent)
                found.networks.append(use)
            elif attr in table.network:
                found.networks.append(use)
            else:
                raise StepLeftError(table.without.get(attr, f"`.{attr}` of a Keras model has no counterpart"), parent)
        case ast.Call(func=func) if func is use or (dotted(func) or "").rpartition(".")[2] in _HARMLESS:
            found.networks.append(use)
        case ast.Call(func=func):
            why = "which takes Keras' model" if module.framework_name(func) else "which may use it as Keras' model"
            raise StepLeftError(f"the model is handed to {module.text(func)[:40]}: {why}", use)
        case ast.Expr() | ast.FormattedValue() | ast.Compare():
            found.networks.append(use)
        case ast.Return() if not handed:
            found.returned.append(use)
        case ast.Return():
            raise StepLeftError("it is returned once more", use)
        case _:
            raise StepLeftError(f"the model goes on under another name in line {module.position(use)[0]}", use)


def _callers(module: Module, value: ast.expr, found: Compiled) -> None:
    """The uses of what a function gives that returns the compiled model."""
    function = module.index.function(value)
    if function is None or not isinstance(function, ast.FunctionDef) or function.decorator_list:
        raise StepLeftError("the function that returns the model is decorated", value)
    returns = [node for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    if len(returns) != 1:
        raise StepLeftError(f"{function.name}() returns it from one of several places", value)
    for call in _calls_of(module, function, value):
        for use in _results(module, call):
            _sort(module, use, found, handed=True)


def _calls_of(module: Module, function: FunctionNode, value: ast.expr) -> Iterator[ast.Call]:
    owner = module.index.enclosing_class(function)
    names = [key for key in module.index.uses if key.rpartition(".")[2] == function.name]
    for key in names:
        for scope, use in module.index.uses[key]:
            parent = module.index.parents[use]
            method = module.method_of(scope)
            if owner is None and ("." in key or not any(one.node is function for one in module.origins(use))):
                continue
            if owner is not None and not (method and method[0] is owner and key == f"{method[2]}.{function.name}"):
                raise StepLeftError(f"{key} may be another method than the one that compiles the model", use)
            if not (isinstance(parent, ast.Call) and parent.func is use):
                raise StepLeftError(f"{function.name} is handed on, and called we do not know where", use)
            yield parent
    if owner is not None and module.relatives(owner):
        raise StepLeftError(f"{owner.name} has relatives that may call {function.name} as well", value)


def _results(module: Module, call: ast.Call) -> Iterator[ast.expr]:
    """Every expression that is what ``call`` gives."""
    parent = module.index.parents[call]
    match parent:
        case ast.Expr():
            return
        case ast.Attribute():
            yield call
            return
        case ast.Assign(targets=[target]) if (key := dotted(target)) is not None:
            root, _, attribute = key.partition(".")
            scope = module.index.scope(target)
            method = module.method_of(scope)
            if not attribute:
                yield from _of_binding(module, call, root)
                return
            if method is not None and root == method[2] and "." not in attribute:
                if len(module.attribute_bindings(method[0], attribute)) > 1:
                    raise StepLeftError(f"{key} is set in more than one place", target)
                yield from _of_attribute(module, target, method[0], attribute, handed=True)
                return
    raise StepLeftError(
        f"what the call in line {module.position(call)[0]} gives goes where it cannot be followed", call
    )


def _of_binding(module: Module, call: ast.Call, name: str) -> Iterator[ast.expr]:
    for _, use in module.index.uses.get(name, ()):
        reached = module.origins(use)
        own = [binding for binding in reached if binding.value is call]
        others = [binding for binding in reached if not _same_function(module, binding, call)]
        if own and others:
            raise StepLeftError(f"{name} may be another model there", use)
        if own:
            yield use


def _same_function(module: Module, binding: Binding, call: ast.Call) -> bool:
    """Whether a binding is what the same function returned as well."""
    return (
        binding.kind is BindingKind.ASSIGN
        and isinstance(binding.value, ast.Call)
        and module.text(binding.value.func) == module.text(call.func)
    )
