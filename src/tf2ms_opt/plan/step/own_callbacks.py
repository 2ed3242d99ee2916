"""Callback classes of the file itself: which of them do nothing that the runtime's base class does not know."""

from __future__ import annotations

import ast
import builtins

from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted

#: what a callback may ask of its model, which is the trainer
_OF_MODEL = {"stop_training", "predict", "evaluate", "predict_on_batch", "history"}
#: attributes of Keras' base class that the runtime's has not
_WITHOUT = {"validation_data"}


def own_class(module: Module, func: ast.expr) -> ast.ClassDef | None:
    """The class of this file that a constructor's ``func`` names, if it derives from Keras' ``Callback`` alone."""
    nodes = [binding.node for binding in module.origins(func)]
    node = nodes[0] if len(nodes) == 1 else None
    if not isinstance(node, ast.ClassDef) or len(node.bases) != 1 or node.keywords or node.decorator_list:
        return None
    name = module.framework_name(node.bases[0])
    return node if name is not None and module.rules.keras_path(name) == "callbacks.Callback" else None


def check_own_class(module: Module, node: ast.ClassDef) -> None:
    """All that the class does, it can do with the trainer as well.  Raises ``StepLeftError``."""
    base = set(ast.walk(node.bases[0]))
    for one in ast.walk(node):
        if one in base or (isinstance(one, ast.Name) and hasattr(builtins, one.id)):
            continue
        if isinstance(one, (ast.Name, ast.Attribute)) and module.framework_name(one):
            raise StepLeftError(f"the callback class {node.name} uses TensorFlow", one)
        if not isinstance(one, ast.Attribute):
            continue
        if one.attr in _WITHOUT:
            raise StepLeftError(f"the callback class {node.name} reads `.{one.attr}`, which is Keras' own", one)
        if one.attr == "model" and (dotted(one) or "").count(".") == 1:
            parent = module.index.parents[one]
            if not isinstance(parent, ast.Attribute) or parent.attr not in _OF_MODEL:
                raise StepLeftError(f"the callback class {node.name} reaches into Keras' model", one)


def check_readers(module: Module, node: ast.ClassDef, calls: list[ast.Call]) -> None:
    """Nothing but the constructors ``calls`` reads the class, which is no callback of Keras any more."""
    for _, use in module.index.uses.get(node.name, ()):
        if node in module.index.ancestors(use) or module.index.parents[use] in calls:
            continue
        if any(binding.node is node for binding in module.origins(use)):
            raise StepLeftError(f"the callback class {node.name} is used outside of this model's fit", use)
