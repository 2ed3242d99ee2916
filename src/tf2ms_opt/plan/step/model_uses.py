"""All that is done with one compiled model of a file, as plain values."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tf2ms_opt.plan.placement import flow_scope
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import BindingKind

#: methods of the trainer that the network of Keras has as well
COPIES = {"get_weights", "set_weights"}


@dataclass(slots=True)
class Compiled:
    """A model of one file that is compiled, and all that is done with it.

    Of ``steps`` and ``networks``, those in ``handed`` stand behind a function that returns the compiled model: the
    name there holds the trainer.
    """

    receiver: ast.expr
    compiles: list[ast.Call] = field(default_factory=list)
    #: expressions that are the model: of calls such as fit, with their calls
    steps: list[tuple[ast.expr, ast.Call]] = field(default_factory=list)
    #: reads of what the trainer has itself (``model.history``)
    reads: list[ast.expr] = field(default_factory=list)
    #: uses that belong to the network
    networks: list[ast.expr] = field(default_factory=list)
    #: methods that store or show weights, which a Cell has not
    weights: list[ast.Attribute] = field(default_factory=list)
    #: ``X.optimizer``
    optimizers: list[ast.Attribute] = field(default_factory=list)
    returned: list[ast.expr] = field(default_factory=list)
    handed: set[ast.expr] = field(default_factory=set)


def on_module(module: Module, receiver: ast.expr) -> bool:
    """``tf.model = ...`` outside of all functions: an attribute of a module, which is as good as a name."""
    base = receiver.value if isinstance(receiver, ast.Attribute) else None
    kinds = {one.kind for one in module.origins(base)} if isinstance(base, ast.Name) else set()
    return kinds == {BindingKind.IMPORT} and flow_scope(module.index.scope(receiver)) is module.index.top
