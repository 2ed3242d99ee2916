"""The layers of a Keras model that is built in this file, and the regularizers they carry.

A model is read only where every one of its layers can be seen: a Sequential, or a graph of layer calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tf2ms_opt.trace.constants import says_none
from tf2ms_opt.trace.models import is_model_class
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, dotted

#: layers whose trainable weights are one kernel of two or more dimensions and a bias
KERNEL_LAYERS = frozenset(
    """Dense Conv1D Conv2D Conv3D Convolution1D Convolution2D Convolution3D
    Conv1DTranspose Conv2DTranspose Conv3DTranspose""".split()
)
#: layers whose trainable weights, if any, have one dimension
FLAT_LAYERS = frozenset(
    """Activation Dropout Flatten Reshape Permute RepeatVector InputLayer Input BatchNormalization
    MaxPooling1D MaxPooling2D MaxPooling3D MaxPool1D MaxPool2D MaxPool3D
    AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D AvgPool3D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalAvgPool2D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalMaxPool1D GlobalMaxPool2D
    ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D UpSampling1D UpSampling2D UpSampling3D
    LeakyReLU ReLU ELU Softmax ThresholdedReLU GaussianNoise GaussianDropout AlphaDropout
    SpatialDropout1D SpatialDropout2D Add Subtract Multiply Average Maximum Minimum Concatenate Dot
    Rescaling ActivityRegularization""".split()
)
#: the factor of ``l2()`` and ``"l2"`` (keras/src/regularizers/regularizers.py, Keras 3.15)
DEFAULT_L2 = 0.01

_MERGES = {"add", "concatenate", "average", "multiply", "subtract", "maximum", "minimum", "dot", "merge"}
_MUCH = 2000  # layers of one model; a longer walk is a loop


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer's constructor call and its class below ``layers``."""

    call: ast.Call
    name: str


@dataclass(frozen=True, eq=False)
class Regularizer:
    """A regularizer keyword of a layer: what it is (``l2``), its value (None for the default 0.01 or an unknown)."""

    layer: ast.Call
    keyword: ast.keyword
    kind: str
    value: ast.expr | None


def regularizers(module: Module) -> tuple[Regularizer, ...]:
    """Every regularizer that a call of this module is given."""
    return tuple(
        Regularizer(call, keyword, *_kind(module, keyword.value))
        for call in module.index.calls
        for keyword in call.keywords
        if names_regularizer(keyword.arg or "") and not says_none(keyword.value)
    )


def names_regularizer(name: str) -> bool:
    """Whether a layer's argument of that name is a regularizer."""
    return name.endswith("_regularizer") or name in ("W_regularizer", "b_regularizer")


def _kind(module: Module, node: ast.expr) -> tuple[str, ast.expr | None]:
    """``l2`` and its factor, ``l1``, ``l1_l2``, ``orthogonal`` or ``custom``."""
    match node:
        case ast.Constant(value=str(text)):
            return text.lower(), None
        case ast.Name() | ast.Attribute() if (
            len(bindings := module.origins(node)) == 1 and bindings[0].value is not None
        ):
            return _kind(module, bindings[0].value)
        case ast.Call():
            name = (module.keras_path(node.func) or "").removeprefix("regularizers.").lower()
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if name == "l2" and len(given) <= 1:
                return "l2", given[0] if given else None
            return (name if name in ("l1", "l1_l2", "l1l2", "orthogonalregularizer") else "custom"), None
        case _:
            return "custom", None


def layers_of(module: Module, model: ast.expr) -> tuple[Layer, ...] | str:
    """The layers of the model that ``model`` names, or why they cannot all be seen."""
    bindings = module.origins(model)
    if len(bindings) != 1 or not isinstance(bindings[0].value, ast.Call):
        return "the model is not built in this file"
    built = bindings[0].value
    if is_model_class(module, built.func):
        return _of_construction(module, built, dotted(model) or "")
    for binding in module.origins(built.func):
        if isinstance(binding.node, ast.FunctionDef):
            return _of_function(module, binding.node)
    return "the model is not built in this file"


def _of_function(module: Module, function: ast.FunctionDef) -> tuple[Layer, ...] | str:
    returns = [node for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    if len(returns) != 1 or returns[0].value is None:
        return f"{function.name}() has more than one return"
    value = returns[0].value
    if isinstance(value, ast.Call) and is_model_class(module, value.func):
        return _of_construction(module, value, "")
    bindings = module.origins(value)
    if (
        len(bindings) == 1
        and isinstance(bindings[0].value, ast.Call)
        and is_model_class(module, bindings[0].value.func)
    ):
        return _of_construction(module, bindings[0].value, dotted(value) or "")
    return f"{function.name}() does not return a model that it builds itself"


def _of_construction(module: Module, call: ast.Call, key: str) -> tuple[Layer, ...] | str:
    name = (module.keras_path(call.func) or "").rpartition(".")[2]
    if name == "Sequential":
        return _sequential(module, call, key)
    if name == "Model" and (call.args or call.keywords):
        return _graph(module, call)
    return "the model is a class of its own"


def _sequential(module: Module, call: ast.Call, key: str) -> tuple[Layer, ...] | str:
    given = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "layers")]
    elements: list[ast.expr] = []
    for argument in given:
        if not isinstance(argument, (ast.List, ast.Tuple)):
            return "its list of layers is not written out"
        elements += argument.elts
    scope = module.index.scope(call)
    for user, use in module.index.uses.get(f"{key}.add", ()) if key else ():
        added = module.index.parents[use]
        if not any(one.value is call for one in _receivers(module, use)):
            continue  # the name stands for another model there
        if user is not scope or not isinstance(added, ast.Call) or len(added.args) != 1:
            return "layers are added to it in more than one place"
        elements.append(added.args[0])
    found = [_layer(module, element) for element in elements]
    unseen = [element for element, layer in zip(elements, found, strict=True) if layer is None]
    if unseen:
        return f"{module.text(unseen[0])[:40]} (line {module.position(unseen[0])[0]}) is not a layer written out"
    return tuple(layer for layer in found if layer is not None)


def _receivers(module: Module, use: ast.expr) -> Sequence[Binding]:
    """What the object may be of which ``use`` is a method; nothing where that is no name of this function."""
    return module.origins(use.value) if isinstance(use, ast.Attribute) else ()


def _layer(module: Module, node: ast.expr) -> Layer | None:
    """The layer that ``node`` builds, or that the name ``node`` stands for."""
    if isinstance(node, (ast.Name, ast.Attribute)):
        bindings = module.origins(node)
        if len(bindings) == 1 and bindings[0].value is not None:
            return _layer(module, bindings[0].value)
        return None
    path = module.keras_path(node.func) if isinstance(node, ast.Call) else None
    if path is None or not isinstance(node, ast.Call):
        return None
    name = path.rpartition(".")[2]
    hidden = any(keyword.arg is None for keyword in node.keywords) or any(
        isinstance(one, ast.Starred) for one in node.args
    )
    return Layer(node, name) if name in KERNEL_LAYERS | FLAT_LAYERS and not hidden else None


def _graph(module: Module, call: ast.Call) -> tuple[Layer, ...] | str:
    """The layers between the outputs and the inputs of a functional model."""
    outputs = [keyword.value for keyword in call.keywords if keyword.arg in ("outputs", "output")] or call.args[1:2]
    if not outputs:
        return "its outputs are not written out"
    layers: dict[ast.Call, Layer] = {}
    pending, seen = list(outputs), set[ast.expr]()
    while pending and len(seen) < _MUCH:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        step = _tensor(module, node, layers)
        if step is None:
            return f"{module.text(node)[:40]} (line {module.position(node)[0]}) is not a layer written out"
        pending += step
    return tuple(layers.values())


def _tensor(module: Module, node: ast.expr, layers: dict[ast.Call, Layer]) -> list[ast.expr] | None:
    """The tensors from which the tensor ``node`` is made; its layer is noted in ``layers``."""
    match node:
        case ast.List() | ast.Tuple():
            return list(node.elts)
        case ast.Name() | ast.Attribute():
            bindings = module.origins(node)
            values = [binding.value for binding in bindings if binding.value is not None]
            return list(values) if values and len(values) == len(bindings) else None
        case ast.Call(func=func):
            path = (module.keras_path(func) or "").rpartition(".")[2]
            if path == "Input":
                return []
            if path in _MERGES:
                return list(node.args[:1])
            layer = _layer(module, func)
            if layer is not None:
                layers[layer.call] = layer
                return list(node.args)
    return None


def kernel_layers(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    """Those of ``layers`` whose kernel l2 regularizes."""
    return (layer for layer in layers if layer.name in KERNEL_LAYERS)
