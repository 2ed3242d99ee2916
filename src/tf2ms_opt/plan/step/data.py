"""Whether the data of a ``fit`` can be arrays, as far as the file tells."""

from __future__ import annotations

import ast

from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted

_DEPTH = 6
#: methods of tf.data and of Keras' generators, whose results are no arrays
_PIPELINE = {
    "batch", "prefetch", "shuffle", "repeat", "map", "cache", "unbatch", "padded_batch", "as_dataset", "flow",
    "flow_from_directory", "flow_from_dataframe", "make_one_shot_iterator", "from_tensor_slices", "from_generator",
}  # fmt: skip
_MODULES = ("tensorflow.data", "tensorflow_datasets", "tensorflow.keras.preprocessing", "keras.preprocessing")
_LOADERS = {"image_dataset_from_directory", "text_dataset_from_directory", "timeseries_dataset_from_array"}
#: what gives no array but a dictionary or an iterator
_BUILT_IN = {"dict", "zip", "iter", "map", "filter", "enumerate"}


def unfit(module: Module, node: ast.expr, *, pair: bool = False) -> str:
    """Why ``node`` cannot be given to the trainer as an array; empty if the file does not speak against it."""
    if pair and isinstance(node, (ast.Tuple, ast.List)):
        return next((why for one in node.elts if (why := unfit(module, one))), "")
    return _why(module, node, _DEPTH, pair=pair)


def _why(module: Module, node: ast.expr, depth: int, *, pair: bool) -> str:
    match node:
        case ast.List() | ast.Tuple() if not pair and any(not _number(one) for one in node.elts):
            return "a list of inputs or outputs has no counterpart in the trainer"
        case ast.Dict() | ast.DictComp():
            return "a dictionary of inputs or outputs has no counterpart in the trainer"
        case ast.GeneratorExp():
            return "a generator has no counterpart in the trainer"
        case ast.Call(func=func):
            return _called(module, func, depth)
        case ast.Name() | ast.Attribute() if depth:
            for binding in module.origins(node):
                value = binding.value
                if value is not None and value is not node and (why := _why(module, value, depth - 1, pair=pair)):
                    return why
        case ast.Subscript(value=value) if depth:
            return _why(module, value, depth - 1, pair=True)
    return ""


def _number(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.UnaryOp, ast.List, ast.Tuple))


def _called(module: Module, func: ast.expr, depth: int) -> str:
    names = module.resolve(func).names
    last = (dotted(func) or str(getattr(func, "attr", ""))).rpartition(".")[2]
    if (isinstance(func, ast.Name) and last in _BUILT_IN and not module.origins(func)) or last == "to_dict":
        return f"the data comes from {module.text(func)[:50]}(...), which is no array"
    framework = any(name.startswith(_MODULES) for name in map(module.rules.canonical, names))
    loads_arrays = last in ("load_data", "pad_sequences", "sequence.pad_sequences", "to_categorical", "img_to_array")
    if (framework and not loads_arrays) or last in _LOADERS or last in _PIPELINE - {"map", "repeat", "shuffle"}:
        return f"the data comes from {module.text(func)[:50]}, which is no array"
    for binding in module.origins(func):
        if isinstance(binding.node, ast.FunctionDef) and any(
            isinstance(one, (ast.Yield, ast.YieldFrom)) for one in ast.walk(binding.node)
        ):
            return f"the data comes from the generator {binding.node.name}()"
        if isinstance(binding.node, ast.ClassDef):
            return f"the data is an object of {binding.node.name}, which is no array"
        if isinstance(binding.node, ast.FunctionDef) and depth:
            returns = [one.value for one in ast.walk(binding.node) if isinstance(one, ast.Return) and one.value]
            for value in returns:
                if not isinstance(value, ast.Tuple) and (why := _why(module, value, depth - 1, pair=False)):
                    return why
    if isinstance(func, ast.Attribute) and last in ("map", "repeat", "shuffle") and depth:
        return _why(module, func.value, depth - 1, pair=False)
    return ""
