"""What a network is built by: functions, classes and names of this file or of others, and the penalties they bring.

All that the building code has to do with counts, whether or not it ends up in the network; nothing is judged here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.offers import Builder, Taken
from tf2ms_opt.plan.building import Building
from tf2ms_opt.trace.handed import parameters_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind, FunctionNode

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)
#: what is done with a model that tells the parameters of an optimizer
TELLING = {"compile", "trainable_variables", "trainable_weights", "weights", "variables"}
#: how an optimizer is called where it is handed on
_OPTIMIZER = re.compile(r"opt|adam|sgd|rms", re.IGNORECASE)


def builders(module: Module) -> tuple[Builder, ...]:
    """What other files may take from this one."""
    return tuple(
        _builder(module, name, bindings)
        for name, bindings in module.index.top.bindings.items()
        if "." not in name and any(one.kind is not BindingKind.IMPORT for one in bindings)
    )


def taken(module: Module) -> frozenset[Taken]:
    """What the networks of the file that may be trained are built by: those of a step, or handed on with optimizers."""
    models = [node.value for node in module.index.parents if isinstance(node, ast.Attribute) and node.attr in TELLING]
    for call in module.index.calls:
        given = [*call.args, *(one.value for one in call.keywords)]
        if any(_OPTIMIZER.search(module.text(one)) for one in given) or any(
            one.arg == "optimizer" for one in call.keywords
        ):
            models += [one for one in given if isinstance(one, (ast.Name, ast.Attribute, ast.Call, ast.Subscript))]
    return frozenset(one for model in models for one in taken_for(module, model))


def taken_for(module: Module, model: ast.expr) -> frozenset[Taken]:
    """What the network ``model`` is built by, one step far."""
    found = Building(module, model=model)
    found.enter(model)
    return frozenset(found.takes)


def handed_models(module: Module) -> frozenset[str]:
    """The parameters by which functions of the file get the networks that they train, by ``parameter_name``."""
    told = [node.value for node in module.index.parents if isinstance(node, ast.Attribute) and node.attr in TELLING]
    return frozenset(one.name for node in told for one in taken_for(module, node) if one.name.endswith(")"))


def built_by(module: Module, node: ast.expr) -> Builder:
    """The network that ``node`` may be, as one that is built where it stands."""
    found = Building(module, model=node)
    found.enter(node)
    return Builder("", None, tuple(dict.fromkeys(found.penalties)), tuple(dict.fromkeys(found.takes)))


def penalties_elsewhere(module: Module, models: Iterable[ast.expr], place: tuple[int, int]) -> Iterator[Finding]:
    """What other files add to the loss by the networks ``models``, said at ``place``."""
    known = dict(module.told.penalties)
    if not known:
        return
    for model in models:
        places = sorted({one for taken in taken_for(module, model) for one in known.get(taken, ())})
        if places:
            yield finding("penalties-elsewhere", *place, model=module.text(model), places=", ".join(places))


def _builder(module: Module, name: str, bindings: Iterable[Binding]) -> Builder:
    nodes = [one.node for one in bindings if isinstance(one.node, _DEFINITIONS)]
    function = _constructor(nodes[0]) if len(nodes) == 1 else None
    found = Building(module, function=function)
    for one in bindings:
        if isinstance(one.node, _DEFINITIONS):
            found.enter(one.node)
        else:
            found.bound(one)
            found.changed_later()
    names = None  # **kwargs hold no parameter that has a name of its own
    if function is not None and not function.args.vararg:
        names = parameters_of(function, bound=isinstance(nodes[0], ast.ClassDef))
    takes = [one for one in found.takes if one.name != name]  # ``super(Name, self)``
    return Builder(name, names, tuple(dict.fromkeys(found.penalties)), tuple(dict.fromkeys(takes)))


def _constructor(node: ast.AST) -> FunctionNode | None:
    if isinstance(node, ast.ClassDef):
        return next((one for one in node.body if isinstance(one, _FUNCTIONS) and one.name == "__init__"), None)
    return node if isinstance(node, _FUNCTIONS) else None
