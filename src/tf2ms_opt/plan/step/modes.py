"""The networks of converted tapes: their training mode, and what else is done with them that a Cell does not know."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.companions import handed_on
from tf2ms_opt.plan.step.networks import network_calls
from tf2ms_opt.plan.step.operators import Operators
from tf2ms_opt.plan.step.region import RegionFinder
from tf2ms_opt.plan.step.units import Unit, Units, lines_above
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.reaching import owner
from tf2ms_opt.trace.scopes import BindingKind, dotted

_VARIABLES = {"trainable_variables", "trainable_weights"}


class Modes:
    """Rewrites the networks of ``units`` into ``edits``."""

    def __init__(
        self,
        module: Module,
        edits: StepEdits,
        operators: Operators,
        units: Units,
        optimizers: Mapping[str, ast.expr],
        compiled: AbstractSet[str],
    ) -> None:
        """``optimizers`` gives the optimizer that trains a list of parameters, as the result writes that.

        ``compiled`` are networks with a step of their own, which rewrites their calls outside of the tapes.
        """
        self._compiled = compiled
        self._optimizers = optimizers
        self._module = module
        self._edits = edits
        self._operators = operators
        self._units = units

    def flags(self) -> None:
        """``training=`` of a call becomes the mode of the Cell; without it, Keras infers."""
        module = self._module
        modes: dict[Unit, dict[str, bool]] = {unit: {} for unit in self._units.every}
        inside = self._units.inside()
        calls = [(call, self._flag(call)) for call in network_calls(module, self._units.networks)]
        trained = any(flag for _, flag in calls)  # a network may go under several names
        for call, flag in calls:
            name = module.text(call.func)
            unit = self._units.of(call)
            if name in self._compiled and flag is not None and call not in inside:
                raise StepLeftError(f"{name}, which has a step of its own, is called with its training mode", call)
            if unit is not None:
                if (flag or trained) and self._is_parameter(call, unit):
                    raise StepLeftError("a function is given the network, whose training mode it needs", call)
                if modes[unit].setdefault(name, bool(flag)) != bool(flag):
                    raise StepLeftError("one block calls the network in both modes", call)
            elif call in inside and (flag is not None or trained):
                raise StepLeftError(
                    "a function with the network runs inside and outside of what is differentiated", call
                )
            elif flag is not None or trained:
                self._operators.insert(module.source.end(call.func), f".set_train({'' if flag else 'False'})")
        for unit in self._units.every:
            lines = [
                f"{name}.set_train({'' if value else 'False'})"
                for name, value in modes[unit].items()
                if value or trained
            ]
            if lines:
                lines_above(module, self._edits, unit.anchor, lines)

    def _is_parameter(self, call: ast.Call, unit: Unit) -> bool:
        """Whether a network's name is a parameter of a function that the unit calls, and nothing above the unit."""
        root = next((node for node in ast.walk(call.func) if isinstance(node, ast.Name)), None)
        if root is None or call in set(ast.walk(unit.root)):
            return False
        return any(one.kind is BindingKind.PARAMETER for one in self._module.origins(root)) and not isinstance(
            call.func, ast.Attribute
        )

    def _flag(self, call: ast.Call) -> bool | None:
        """The value of ``training=``, which goes; None without it."""
        keyword = next((one for one in call.keywords if one.arg == "training"), None)
        if keyword is None:
            return None
        known, value = self._module.constant(keyword.value)
        if not known or dotted(call.func) is None:
            raise StepLeftError("the training flag is not known here", keyword)
        self._operators.drop(call, keyword)
        self._operators.settle(keyword)
        return bool(value)

    def attributes(self) -> None:
        """``model.trainable_variables`` and what a Cell does not have, wherever the file says it."""
        module, table = self._module, self._module.rules.step
        for name in self._units.networks:
            for _, use in module.index.uses.get(name, ()):
                note = handed_on(module, use) or self._called_elsewhere(use)
                if note is not None and not self._operators.is_settled(use):
                    self._edits.findings.append(note)
            prefix = f"{name}."
            for key, uses in module.index.uses.items():
                attribute = key.removeprefix(prefix)
                if not key.startswith(prefix) or "." in attribute:
                    continue
                for _, use in uses:
                    if self._operators.is_settled(use):
                        continue
                    if attribute in _VARIABLES:
                        self._variables(name, use)
                    elif attribute in table.weights:
                        advice = table.weights[attribute].format(model=name)
                        note = finding("model-method-remains", *module.position(use), call=key, advice=advice)
                        self._edits.findings.append(note)
                    elif attribute in ("losses", "metrics", "optimizer", "weights", "variables"):
                        raise StepLeftError(f"{key} has no counterpart in a Cell", use)

    def _variables(self, name: str, use: ast.expr) -> None:
        """The weights of a network; a differentiated function may be compiled, and cannot call a Cell's method then."""
        module, source = self._module, self._module.source
        text = f"{name}.trainable_params()"
        if use in self._units.inside():
            optimizer = self._optimizers.get(text)
            if optimizer is None or not self._sees(use, optimizer):
                raise StepLeftError(f"the weights of {name} are read inside of what is differentiated", use)
            text = f"{module.text(optimizer)}.parameters"
        self._edits.splices.append(Splice(source.start(use), source.end(use), (text,)))
        if isinstance(module.index.parents[use], ast.Subscript):
            advice = module.rules.step.weights["trainable_variables"].format(model=name)
            place = module.position(use)
            self._edits.findings.append(finding("model-method-remains", *place, call=module.text(use), advice=advice))

    def _sees(self, use: ast.expr, optimizer: ast.expr) -> bool:
        """Whether the name of ``optimizer`` means the same at ``use``."""
        index = self._module.index
        root = (dotted(optimizer) or "").partition(".")[0]
        methods = [self._module.method_of(index.scope(one)) for one in (use, optimizer)]
        if all(one is not None and one[2] == root for one in methods):
            return len({one[0] for one in methods if one is not None}) == 1
        return owner(index.scope(use), root) is owner(index.scope(optimizer), root)

    def _called_elsewhere(self, use: ast.expr) -> Finding | None:
        """A network that goes to a function of the file, which calls it by a name of its own."""
        module = self._module
        call = module.index.parents[use]
        function = RegionFinder(module).local(call.func) if isinstance(call, ast.Call) and use in call.args else None
        if function is None or not isinstance(call, ast.Call):
            return None
        parameters = [one.arg for one in function.args.args]
        place = call.args.index(use) + (len(parameters) > 0 and parameters[0] == "self")
        name = parameters[place] if place < len(parameters) else ""
        plain = [
            one
            for one in ast.walk(function)
            if isinstance(one, ast.Call) and dotted(one.func) == name and not one.keywords
        ]
        if not plain or name in self._units.networks:
            return None
        details = {"model": module.text(use), "call": module.text(call.func)}
        return finding("model-method-remains/called", *module.position(plain[0]), **details)
