"""What may run inside of what is differentiated: code that is converted with it, and code that is certain to be plain.

A call that is not followed may calculate with TensorFlow, on copies of MindSpore's tensors: its gradient would be 0.
"""

from __future__ import annotations

import ast
import builtins

from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.networks import is_flagged
from tf2ms_opt.plan.step.units import Units
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted

_BUILT_IN = {
    "range", "len", "zip", "enumerate", "float", "int", "print", "list", "tuple", "sum", "isinstance", "abs",
    "reversed", "str", "bool",
}  # fmt: skip
#: methods of dictionaries and of the runtime's optimizers
_METHODS = {"items", "keys", "values", "scale_loss", "get_scaled_loss"}
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def check_inside(module: Module, units: Units) -> None:
    """Raises ``StepLeftError`` for what would lose its meaning inside of a differentiated function."""
    for unit in units.every:
        for root in units.reached[unit]:
            for node in ast.walk(root):
                _check(module, units, node)


def _check(module: Module, units: Units, node: ast.AST) -> None:
    match node:
        case ast.Call() if not _is_known(module, units, node):
            text = module.text(node.func)[:40]
            raise StepLeftError(f"{text}(...) is not followed: it may calculate with TensorFlow", node)
        case ast.Call(func=func, args=[_, ast.Constant(value=bool())]) if dotted(func) in units.networks:
            raise StepLeftError("the training flag is given by position", node)
        case ast.Attribute(attr="name", ctx=ast.Load()):
            raise StepLeftError("weights are told apart by their names, which MindSpore's are not", node)
        case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
            raise StepLeftError("it sets more than names, which a compiled function does not", node)
        case ast.Global() | ast.Nonlocal():
            raise StepLeftError("it binds names outside of itself, which a compiled function does not", node)


def _is_known(module: Module, units: Units, call: ast.Call) -> bool:
    func = call.func
    if dotted(func) in units.networks or is_flagged(module, call) or units.is_local(call):
        return True
    objects = {reader for one in units.region.shared.values() for reader in one.readers}
    if func in objects or (isinstance(func, ast.Attribute) and func.value in objects):
        return True
    if isinstance(func, ast.Name) and func.id in _BUILT_IN and not module.origins(func):
        return True
    if module.framework_name(func) is not None:
        return True  # an operator, or what the operators refuse by name
    return isinstance(func, ast.Attribute) and func.attr in _METHODS


def is_bound_in_expression(module: Module, name: ast.Name) -> bool:
    """Whether a comprehension or a lambda around ``name`` binds it."""
    for one in module.index.ancestors(name):
        if isinstance(one, ast.stmt):
            return False
        targets: list[ast.AST] = []
        if isinstance(one, _COMPREHENSIONS):
            targets = [node for loop in one.generators for node in ast.walk(loop.target)]
        names = {node.id for node in targets if isinstance(node, ast.Name)}
        if isinstance(one, ast.Lambda):
            names = {argument.arg for argument in one.args.args}
        if name.id in names:
            return True
    return False


def iterated(module: Module, name: ast.Name) -> list[ast.expr] | None:
    """What a comprehension around ``name`` takes it from, one by one or with others; None where none binds it."""
    for one in module.index.ancestors(name):
        if isinstance(one, ast.stmt):
            return None
        for loop in one.generators if isinstance(one, _COMPREHENSIONS) else ():
            if any(isinstance(node, ast.Name) and node.id == name.id for node in ast.walk(loop.target)):
                zipped = isinstance(loop.iter, ast.Call) and isinstance(loop.iter.func, ast.Name)
                return list(loop.iter.args) if zipped and isinstance(loop.iter, ast.Call) else [loop.iter]
    return None


def is_builtin(module: Module, name: ast.Name) -> bool:
    """Whether ``name`` is one of Python's own."""
    return hasattr(builtins, name.id) and not module.origins(name)
