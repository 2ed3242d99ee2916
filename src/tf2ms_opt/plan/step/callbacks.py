"""The callbacks of a ``fit``: which class of the runtime module each is, and where its constructor stands."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.step.calls import StepLeftError, bind_call, elements, is_inert, is_none
from tf2ms_opt.plan.step.own_callbacks import check_own_class, check_readers, own_class
from tf2ms_opt.step_rules import Counterpart, Lookup
from tf2ms_opt.trace.models import is_model_class
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted


@dataclass(slots=True)
class Callbacks:
    """The constructors to rename: the call of each, and the dotted name of its class in the result."""

    calls: dict[ast.Call, str] = field(default_factory=dict)
    #: arguments that do nothing, and go
    dropped: dict[ast.Call, list[ast.keyword]] = field(default_factory=dict)
    #: callback classes of the file's own, and their constructors
    own: dict[ast.ClassDef, list[ast.Call]] = field(default_factory=dict)
    #: names and lists that hold callbacks, with every read of them that is a ``callbacks=`` of this step
    read: set[ast.expr] = field(default_factory=set)


class CallbackFinder:
    """Follows the ``callbacks=`` of the fits of one module."""

    def __init__(self, module: Module, names: Aliases) -> None:
        self._module = module
        self._names = names
        self._known = Lookup(module.rules.step.callback)

    def add(self, node: ast.expr, found: Callbacks) -> None:
        """Add the callbacks of one ``callbacks=``.  Raises ``StepLeftError``."""
        if is_none(self._module, node):
            return
        found.read |= {name for name in ast.walk(node) if isinstance(name, (ast.Name, ast.Attribute))}
        every = elements(self._module, node)
        if every is None:
            every = [node]  # Keras takes one callback without a list
        for one in every:
            found.read |= {name for name in ast.walk(one) if isinstance(name, (ast.Name, ast.Attribute))}
            call = self._constructor(one)
            if (own := own_class(self._module, call.func)) is not None:
                check_own_class(self._module, own)
                found.own.setdefault(own, []).append(call)
            else:
                counterpart = self._checked(call)
                found.calls[call] = f"{self._names.runtime}.{counterpart.target}"
                found.dropped[call] = [one for one in call.keywords if one.arg in counterpart.inert]

    def unread(self, found: Callbacks) -> ast.expr | None:
        """A place that reads one of the callbacks and is not among the fits that are converted."""
        module = self._module
        for node, calls in found.own.items():
            check_readers(module, node, calls)
        for call in [*found.calls, *(one for calls in found.own.values() for one in calls)]:
            parent = module.index.parents[call]
            if isinstance(parent, ast.Assign):
                for target in parent.targets:
                    key = dotted(target)
                    for use in module.readers(key, call) if key else ():
                        own = call not in found.calls and isinstance(module.index.parents[use], ast.Attribute)
                        if use not in found.read and not own and not self._attribute_read(use):
                            return use
        return None

    def _attribute_read(self, use: ast.expr) -> bool:
        """What the runtime's callback has under the same name."""
        parent = self._module.index.parents[use]
        return isinstance(parent, ast.Attribute) and parent.attr in (
            "stopped_epoch",
            "best",
            "best_epoch",
            "best_weights",
        )

    def _check_function(self, value: ast.expr) -> None:
        """A function that is handed to a callback calculates without TensorFlow."""
        nodes: list[ast.AST] = [value]
        if isinstance(value, ast.Name):
            nodes += [one.node for one in self._module.origins(value) if isinstance(one.node, ast.FunctionDef)]
        for node in nodes:
            for one in ast.walk(node) if isinstance(node, (ast.Lambda, ast.FunctionDef)) else ():
                if isinstance(one, (ast.Name, ast.Attribute)) and self._module.framework_name(one):
                    raise StepLeftError("a function of a callback uses TensorFlow", value)

    def _constructor(self, node: ast.expr) -> ast.Call:
        if isinstance(node, ast.Call):
            return node
        bindings = self._module.origins(node)
        if len(bindings) == 1 and isinstance(bindings[0].value, ast.Call):
            return bindings[0].value
        raise StepLeftError(f"the callback {self._module.text(node)[:40]} is not built in sight", node)

    def _starred(self, func: ast.expr) -> str:
        """What a name is that only ``from keras.callbacks import *`` can have brought."""
        name = self._module.framework_name(func)
        return (self._module.rules.keras_path(name) or "") if name is not None else ""

    def _checked(self, call: ast.Call) -> Counterpart:
        path = self._module.keras_path(call.func) or self._starred(call.func)
        place, _, name = path.rpartition(".")
        found = self._known.by_class.get(name) if place == "callbacks" else None
        if found is None:
            why = self._module.rules.step.without.get(name) if place == "callbacks" else None
            if why is None and any(is_model_class(self._module, one) for one in (call.func,)):
                why = "it is a model"
            text = self._module.text(call.func)[:40]
            raise StepLeftError(f"the callback {text}: {why or 'it is no class of Keras that the tool knows'}", call)
        for parameter, value in bind_call(call, found.positional).items():
            if parameter in found.inert and not is_inert(self._module, value, found.inert[parameter]):
                raise StepLeftError(f"{parameter}= of {name} has no counterpart", value)
            allowed = {*found.positional, *found.keywords, *found.inert}
            if name == "LambdaCallback":
                allowed |= {"on_batch_begin", "on_batch_end", "on_test_begin", "on_test_end"}
            self._check_function(value)
            if parameter not in allowed:
                raise StepLeftError(f"{parameter}= of {name} has no counterpart", value)
        return found
