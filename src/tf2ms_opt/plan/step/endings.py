"""What a Keras network ends in: the activation of its last layer, where the file shows it.

Other than :mod:`tf2ms_opt.plan.layers`, nothing is asked of the layers before the last one.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tf2ms_opt.trace.models import is_model_class
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted

#: layer -> where its activation stands among the arguments by position; None where it is only taken by name
_ACTIVATED = {
    "Dense": 1, "Activation": 0, "Conv1D": None, "Conv2D": None, "Conv3D": None, "Conv2DTranspose": None,
}  # fmt: skip
_ITSELF = {"Softmax": "softmax", "ReLU": "relu", "LeakyReLU": "leaky_relu"}
_FUNCTIONS = ("tensorflow.nn.", "tensorflow.math.", "keras.ops.", "tensorflow.")


@dataclass(frozen=True, slots=True)
class Ending:
    """The activation that a network ends in (``linear`` for none at all).

    ``keras`` says that it is Keras' own, of which the losses find the logits whatever the activation is.
    """

    name: str
    keras: bool = True


def last_activation(module: Module, model: ast.expr) -> Ending | None:
    """What ``model`` ends in; None where that is not seen."""
    bindings = module.origins(model)
    if len(bindings) != 1 or not isinstance(bindings[0].value, ast.Call):
        return None
    built = bindings[0].value
    if is_model_class(module, built.func):
        return _ending(module, built, dotted(model) or "")
    for binding in module.origins(built.func):
        if isinstance(binding.node, ast.FunctionDef):
            return _of_function(module, binding.node)
    return None


def _of_function(module: Module, function: ast.FunctionDef) -> Ending | None:
    returns = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    if len(returns) != 1:
        return None
    value = returns[0]
    if isinstance(value, ast.Call):
        return _ending(module, value, "") if is_model_class(module, value.func) else None
    return last_activation(module, value)


def _ending(module: Module, built: ast.Call, key: str) -> Ending | None:
    """The activation at the end of the model that the call ``built`` makes, under the name ``key``."""
    name = (module.keras_path(built.func) or "").rpartition(".")[2]
    for binding in module.origins(built.func):
        if isinstance(binding.node, ast.ClassDef):
            return _of_class(module, binding.node)
    last: ast.expr | None = None
    if name == "Sequential":
        last = _last_of_sequence(module, built, key)
    elif name == "Model":
        outputs = [one.value for one in built.keywords if one.arg in ("outputs", "output")] or built.args[1:2]
        tensor = _followed(module, outputs[0]) if outputs else None
        last = tensor.func if isinstance(tensor, ast.Call) else None
    return _activation(module, last) if last is not None else None


def _of_class(module: Module, node: ast.ClassDef) -> Ending | None:
    """What the ``call`` of a model class of the file returns."""
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "call"]
    returns = [one.value for method in methods for one in ast.walk(method) if isinstance(one, ast.Return)]
    if len(methods) != 1 or len(returns) != 1 or returns[0] is None:
        return None
    tensor = _followed(module, returns[0])
    if not isinstance(tensor, ast.Call):
        return None
    if _named(module, tensor.func) is not None:  # tf.nn.softmax(x), keras.activations.softmax(x)
        return _named(module, tensor.func)
    return _activation(module, tensor.func)


def _last_of_sequence(module: Module, built: ast.Call, key: str) -> ast.expr | None:
    """The last layer of a Sequential: of its list, or of the ``add`` calls behind it, all of which have to run."""
    given = [*built.args[:1], *(one.value for one in built.keywords if one.arg == "layers")]
    added = []
    for _, use in module.index.uses.get(f"{key}.add", ()) if key else ():
        call = module.index.parents[use]
        mine = isinstance(use, ast.Attribute) and any(one.value is built for one in module.origins(use.value))
        if mine and isinstance(call, ast.Call):
            added.append(call)
    if not added:
        elements = given[0].elts if given and isinstance(given[0], (ast.List, ast.Tuple)) else []
        return elements[-1] if elements else None
    last = max(added, key=module.source.start)
    block = module.index.parents[module.index.statement(built)]
    certain = module.index.parents[module.index.statement(last)] is block and len(last.args) == 1
    return last.args[0] if certain else None


def _followed(module: Module, node: ast.expr) -> ast.expr | None:
    """What a name stands for, if it can be one thing alone."""
    if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) == 1:
        return _followed(module, node.elts[0])
    if isinstance(node, (ast.Name, ast.Attribute)):
        bindings = module.origins(node)
        return bindings[0].value if len(bindings) == 1 else None
    return node


def _activation(module: Module, node: ast.expr) -> Ending | None:
    """The activation of the layer that ``node`` builds or stands for."""
    layer = _followed(module, node)
    if not isinstance(layer, ast.Call):
        return None
    path = module.keras_path(layer.func) or ""
    name = path.rpartition(".")[2]
    if name == "TimeDistributed" and layer.args:
        return _activation(module, layer.args[0])
    if name in _ITSELF:
        return Ending(_ITSELF[name])
    if not path.startswith("layers.") or name not in _ACTIVATED:
        return None
    values = [one.value for one in layer.keywords if one.arg == "activation"]
    place = _ACTIVATED[name]
    if not values and place is not None:
        values = layer.args[place : place + 1]
    if not values:
        return Ending("linear") if all(one.arg is not None for one in layer.keywords) else None
    return _named(module, values[0])


def _named(module: Module, node: ast.expr) -> Ending | None:
    """``softmax`` for the string, for ``keras.activations.softmax`` and for ``tf.nn.softmax``."""
    known, value = module.constant(node)
    if known:
        return Ending(value or "linear") if isinstance(value, (str, type(None))) else None
    if path := module.keras_path(node):
        return Ending(path.rpartition(".")[2]) if path.startswith("activations.") else None
    name = module.framework_name(node) or ""
    return Ending(name.rpartition(".")[2], keras=False) if name.startswith(_FUNCTIONS) else None
