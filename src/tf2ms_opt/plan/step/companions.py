"""What else a file does with the networks of converted steps, which are Cells then and no Keras models."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.trace.models import certain_model
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import BindingKind, dotted

#: methods of a Keras model that a Cell has not
_COMPANION = {
    "predict", "predict_on_batch", "evaluate", "get_weights", "set_weights", "save", "save_weights", "load_weights",
    "summary",
}  # fmt: skip
#: below Keras and TensorFlow, what gives a model that a file was written for
_LOADERS = {"load_model", "model_from_json", "model_from_yaml", "clone_model", "from_config"}
#: functions that look at a network whatever it is
_LOOKS = {"print", "len", "id", "type", "isinstance", "repr", "str", "hasattr", "zip", "list"}

_DEPTH = 20  # of names that stand for one another


def companions(
    module: Module, known: Collection[ast.expr], left: Collection[ast.expr], handed: Collection[ast.expr]
) -> Iterator[Finding]:
    """Methods of other Keras models of the file, and models that are loaded.

    ``known`` are uses of models whose steps are converted, ``left`` are models whose steps stay Keras', and ``handed``
    are models whose steps other files take.
    """
    trained = {binding for model in handed for binding in module.origins(model)}
    staying = {binding for model in left for binding in module.origins(model)}
    for call in module.index.calls:
        func = call.func
        loader = (module.framework_name(func) or "").rpartition(".")[2]
        if loader in _LOADERS and loader != "clone_model":
            yield finding("model-method-remains/loaded", *module.position(call), call=module.text(func))
        if not isinstance(func, ast.Attribute) or func.attr not in _COMPANION or func.value in known:
            continue
        origins = module.origins(func.value)
        certain = not trained.isdisjoint(origins) or certain_model(module, func.value)
        if staying.isdisjoint(origins) and certain:
            yield _named(module, func, module.text(func.value))


def _named(module: Module, attribute: ast.Attribute, model: str) -> Finding:
    advice = module.rules.step.weights[attribute.attr].format(model=model)
    return finding("model-method-remains", *module.position(attribute), call=f"{model}.{attribute.attr}", advice=advice)


def handed_on(module: Module, use: ast.expr) -> Finding | None:
    """A network that goes to a function of TensorFlow or Keras, which takes no Cell; None for any other use."""
    current: ast.AST = use
    while isinstance(parent := module.index.parents[current], (ast.keyword, ast.List, ast.Tuple, ast.Starred)):
        current = parent
    if not isinstance(parent, ast.Call) or parent.func is current:
        return None
    name = (dotted(parent.func) or "").rpartition(".")[2]
    if name in _LOOKS or module.framework_name(parent.func) is None:
        return None
    call, model = module.text(parent.func), module.text(use)
    return finding("model-method-remains/handed", *module.position(use), call=call, model=model)


def copies(module: Module, attribute: ast.Attribute) -> bool:
    """Whether what ``X.get_weights`` gives goes to ``set_weights`` alone: their order and shapes matter to nobody."""
    call = module.index.parents[attribute]
    parent = module.index.parents[call]
    if not isinstance(call, ast.Call):
        return False
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and (key := dotted(parent.targets[0])):
        readers = module.readers(key, call)
        return bool(readers) and all(_sets(module, use) for use in readers)
    return _sets(module, call)


def _sets(module: Module, use: ast.expr) -> bool:
    taker = module.index.parents[use]
    return isinstance(taker, ast.Call) and isinstance(taker.func, ast.Attribute) and taker.func.attr == "set_weights"


def called_by_hand(module: Module, use: ast.expr) -> ast.expr | None:
    """The data that the network ``use`` is called with, where it is data, beside the training mode at the most."""
    call = module.index.parents[use]
    if not isinstance(call, ast.Call) or call.func is not use or len(call.args) != 1:
        return None
    if any(one.arg != "training" for one in call.keywords):
        return None
    if any(isinstance(one, ast.JoinedStr) for one in module.index.ancestors(use)):
        return None  # before Python 3.12 places in an f-string cannot be told
    given = call.args[0]
    return None if isinstance(given, ast.Starred) or is_symbolic(module, given, _DEPTH) else given


def is_symbolic(module: Module, node: ast.expr, depth: int) -> bool:
    """Whether ``node`` may be a tensor of a Keras graph: the network is part of another one then."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return any(is_symbolic(module, one, depth) for one in node.elts)
    if isinstance(node, ast.Call):
        if (module.keras_path(node.func) or "").rpartition(".")[2] == "Input":
            return True
        return any(is_symbolic(module, one, depth) for one in node.args)
    if isinstance(node, (ast.Name, ast.Attribute)) and depth:
        values = [one.value for one in module.origins(node)]
        return any(one is not None and is_symbolic(module, one, depth - 1) for one in values)
    return False


def called_by_callers(module: Module, receiver: ast.expr) -> Iterator[Finding]:
    """Calls of a network, by the functions that hand it to the one which compiles it as its parameter ``receiver``."""
    functions = [one.node for one in module.origins(receiver) if one.kind is BindingKind.PARAMETER]
    function = module.index.function(receiver)
    if not functions or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    parameters = [one.arg for one in function.args.args]
    place = parameters.index(receiver.id) if isinstance(receiver, ast.Name) and receiver.id in parameters else None
    for call in module.cached(_calls_of).get(function, ()) if place is not None else ():
        given = call.args[place] if place is not None and place < len(call.args) else None
        if isinstance(given, ast.Name):
            own = set(module.origins(given))
            for _, use in module.index.uses.get(given.id, ()):
                parent = module.index.parents[use]
                if isinstance(parent, ast.Call) and parent.func is use and own & set(module.origins(use)):
                    yield finding("model-method-remains/by-hand", *module.position(use), model=given.id)


def _calls_of(module: Module) -> dict[ast.AST, list[ast.Call]]:
    """Function -> the calls, in the order of the file, that may run it."""
    found: dict[ast.AST, list[ast.Call]] = {}
    for call in module.index.calls:
        for node in dict.fromkeys(one.node for one in module.origins(call.func)):
            found.setdefault(node, []).append(call)
    return found
