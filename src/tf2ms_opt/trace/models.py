"""Whether the receiver of a ``compile`` is a Keras model, told from how it is built or, failing that, from the call."""

from __future__ import annotations

import ast
import sys

from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind, dotted

_MODELS = {
    "Sequential",
    "Model",
    "models.Sequential",
    "models.Model",
    "engine.Model",
    "engine.training.Model",
    "Functional",
}
#: arguments that only the compile of Keras takes
_KERAS_KEYWORDS = {
    "loss",
    "metrics",
    "loss_weights",
    "sample_weight_mode",
    "weighted_metrics",
    "run_eagerly",
    "steps_per_execution",
}


def is_keras_model(module: Module, call: ast.Call) -> bool:
    """Whether ``call`` (``X.compile(...)``) is Keras' compile.

    A receiver that is certainly a model or certainly something else decides; of an unknown one, the arguments do,
    in a file that imports Keras at all.
    """
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver = call.func.value
    verdict = False if has_own_compile(module, call) else _receiver(module, receiver)
    if verdict is not None:
        return verdict
    keywords = {keyword.arg for keyword in call.keywords}
    looks_like_it = bool(keywords & _KERAS_KEYWORDS) or len(call.args) > 1
    return looks_like_it and module.cached(_imports_framework)


def has_own_compile(module: Module, call: ast.Call) -> bool:
    """Whether the receiver's class, in this file, defines ``compile`` itself or is certainly no Keras model."""
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver = call.func.value
    if isinstance(receiver, ast.Call) and isinstance(receiver.func, ast.Name) and receiver.func.id == "super":
        return False
    if any(_defines_compile(module, node) for node in _classes(module, receiver)):
        return True
    return _receiver(module, receiver) is False


def _classes(module: Module, receiver: ast.expr) -> list[ast.ClassDef]:
    """The classes of this file that ``receiver`` may be an instance of."""
    method = module.method_of(module.index.scope(receiver))
    if method is not None and isinstance(receiver, ast.Name) and receiver.id == method[2]:
        return [method[0]]
    found = []
    for binding in module.origins(receiver):
        if isinstance(binding.value, ast.Call):
            found += [one.node for one in module.origins(binding.value.func) if isinstance(one.node, ast.ClassDef)]
    return found


def _defines_compile(module: Module, node: ast.ClassDef) -> bool:
    if "compile" in module.index.scopes[node].bindings:
        return True
    return any(_defines_compile(module, base) for base in module.bases(node) if base is not node)


def is_model_class(module: Module, node: ast.expr) -> bool:
    """Whether ``node`` names Keras' model classes, or a class of this file that derives from one."""
    if (module.keras_path(node) or "") in _MODELS:
        return True
    return any(_derives(module, binding) for binding in module.origins(node))


def _derives(module: Module, binding: Binding) -> bool:
    return isinstance(binding.node, ast.ClassDef) and any(is_model_class(module, base) for base in binding.node.bases)


def certain_model(module: Module, node: ast.expr) -> bool:
    """Whether ``node`` is certainly a Keras model."""
    return _receiver(module, node) is True


def _receiver(module: Module, receiver: ast.expr) -> bool | None:
    """True for a model, False for something else, None where the file does not tell."""
    names = module.resolve(receiver).names
    if names and not any(module.rules.from_framework(name) for name in names):
        # a module such as re, or an object of a package with a compile of its own; what a file imports by its name
        # from somewhere else may be a model
        return None if _imported_object(module, receiver) else False
    if isinstance(receiver, ast.Call):
        return _built(module, receiver)
    built = [_origin_call(one) for one in module.origins(receiver)]
    verdicts = {_built(module, call) if call is not None else None for call in built}
    if True in verdicts:
        return True
    return False if verdicts == {False} else None


def _imported_object(module: Module, receiver: ast.expr) -> bool:
    """Whether ``from module import name`` gives ``receiver``, and the module is not known for a compile of its own."""
    if not isinstance(receiver, ast.Name):
        return False
    own = set(module.rules.framework.own_compile)
    places = [
        one.statement.module or "" for one in module.origins(receiver) if isinstance(one.statement, ast.ImportFrom)
    ]
    return bool(places) and not any(place.partition(".")[0] in own | sys.stdlib_module_names for place in places)


def _origin_call(binding: Binding) -> ast.Call | None:
    """The call that gives a binding its value, also by ``with call() as name``."""
    if isinstance(binding.value, ast.Call):
        return binding.value
    if isinstance(binding.node, (ast.With, ast.AsyncWith)):
        for item in binding.node.items:
            if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == binding.key:
                return item.context_expr if isinstance(item.context_expr, ast.Call) else None
    return None


def _built(module: Module, call: ast.Call) -> bool | None:
    """What a call returns: a model, certainly something else, or unknown."""
    if is_model_class(module, call.func):
        return True
    if any(name.partition(".")[0] in module.rules.framework.own_compile for name in module.resolve(call.func).names):
        return False
    if (method := module.own_method(call.func)) is not None:
        return True if _returns_model(module, method) else None
    for binding in module.origins(call.func):
        if isinstance(binding.node, ast.ClassDef) and not _opaque_base(module, binding.node):
            return False
        if isinstance(binding.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return True if _returns_model(module, binding.node) else None
    return None


def _opaque_base(module: Module, node: ast.ClassDef) -> bool:
    """Whether a base class comes from elsewhere, so that this class may be a model after all."""
    for base in node.bases:
        local = [one.node for one in module.origins(base) if isinstance(one.node, ast.ClassDef)]
        if not local and not (isinstance(base, ast.Name) and base.id == "object"):
            return True
        if any(_opaque_base(module, other) for other in local if other is not node):
            return True
    return False


def _returns_model(module: Module, function: ast.AST) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            value = node.value
            calls = [value] if isinstance(value, ast.Call) else [one.value for one in module.origins(value)]
            if any(isinstance(call, ast.Call) and is_model_class(module, call.func) for call in calls):
                return True
    return False


def _imports_framework(module: Module) -> bool:
    for scope in module.index.scopes.values():
        if any(module.rules.from_framework(star) for _, star in scope.stars):
            return True
        for group in scope.bindings.values():
            for binding in group:
                if binding.kind is BindingKind.IMPORT and module.rules.from_framework(binding.qualified or ""):
                    return True
    return False


def is_compiled_here(module: Module, model: ast.expr) -> bool:
    """Whether the file calls ``compile`` of the same object, as with Keras' arguments."""
    key = dotted(model)
    origins = set(module.origins(model))
    for _, use in module.index.uses.get(f"{key}.compile", ()) if key is not None else ():
        call = module.index.parents[use]
        known = isinstance(use, ast.Attribute) and not origins.isdisjoint(module.origins(use.value))
        if known and isinstance(call, ast.Call) and is_keras_model(module, call):
            return True
    return False
