"""Loss and metric objects that gradient tapes work with: their constructors, and every use of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.step.calls import StepLeftError, has_comment
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.criteria import Criteria, probabilities_note
from tf2ms_opt.plan.step.given import name_of
from tf2ms_opt.plan.step.region import Shared
from tf2ms_opt.trace.module import Module

#: the arguments of Keras' calls, in their order, and what they are called here
LOSS = {"y_true": "labels", "y_pred": "logits", "sample_weight": "weights"}
_METRIC = {"y_true": "labels", "y_pred": "predictions", "sample_weight": "weights"}
_MEAN = {"values": "values", "sample_weight": "weights"}
_RESETS = {"reset_state": "clear", "reset_states": "clear"}


class Objects:
    """Rewrites the objects of one module into ``edits``."""

    def __init__(self, module: Module, criteria: Criteria, edits: StepEdits) -> None:
        self._module = module
        self._criteria = criteria
        self._edits = edits

    def convert(self, shared: Shared, network: Callable[[ast.Call], ast.expr | None]) -> None:
        """One object; ``network`` gives the network whose predictions a call of a loss takes.

        Raises ``StepLeftError``.
        """
        if shared.parameter and shared.function is not None:
            self._edits.losses.add((name_of(self._module, shared.function), shared.parameter))
        words = LOSS if shared.kind == "loss" else _METRIC
        if shared.call is not None and self._construct(shared, shared.call, network):
            words = _MEAN
        for reader in shared.readers:
            self._use(reader, shared.kind, words)

    def _construct(self, shared: Shared, call: ast.Call, network: Callable[[ast.Call], ast.expr | None]) -> bool:
        """The constructor; whether it is that of a plain mean."""
        module, index = self._module, self._module.index
        if has_comment(module, call):
            raise StepLeftError("a comment stands inside of a loss or metric", call)
        calls = [index.parents[one] for one in shared.readers]
        models = [network(one) for one in calls if isinstance(one, ast.Call) and one.func in shared.readers]
        written = self._criteria.criterion(call, metric=shared.kind == "metric", models=models)
        start, end = module.source.start(call), module.source.end(call)
        self._edits.splices.append(Splice(start, end, (written.text,)))
        self._edits.gone.append(call)
        self._edits.needs |= written.needs
        self._edits.findings += probabilities_note(written, module.position(call))
        return shared.kind == "metric" and (module.keras_path(call.func) or "").endswith(".Mean")

    def _use(self, reader: ast.expr, kind: str, words: Mapping[str, str]) -> None:
        index = self._module.index
        parent = index.parents[reader]
        if isinstance(parent, ast.Call) and parent.func is reader:
            if kind == "metric":
                if not isinstance(index.parents[parent], ast.Expr):
                    raise StepLeftError("the value of a metric's call is used", parent)
                end = self._module.source.end(reader)
                self._edits.splices.append(Splice(end, end, (".update",)))
            by_name(self._module, self._edits, parent, words)
            return
        call = index.parents[parent] if isinstance(parent, ast.Attribute) else None
        if not (kind == "metric" and isinstance(parent, ast.Attribute) and isinstance(call, ast.Call)):
            raise StepLeftError(f"what is done with {self._module.text(reader)} is not known", reader)
        if parent.attr == "update_state" and call.func is parent:
            self._method(parent, "update")
            by_name(self._module, self._edits, call, words)
        elif parent.attr in _RESETS and call.func is parent and not call.args:
            self._method(parent, _RESETS[parent.attr])
        elif parent.attr == "result" and call.func is parent and not call.args:
            self._method(parent, "eval")
            outer = index.parents[call]
            whole = index.parents[outer] if isinstance(outer, ast.Attribute) and outer.attr == "numpy" else None
            if isinstance(whole, ast.Call):  # a number already
                source = self._module.source
                self._edits.splices.append(Splice(source.end(call), source.end(whole), ()))
        else:
            raise StepLeftError(f"what is done with {self._module.text(reader)} is not known", reader)

    def _method(self, attribute: ast.Attribute, name: str) -> None:
        end = self._module.source.end(attribute)
        if self._module.text(attribute).rpartition(".")[2] != attribute.attr:
            raise StepLeftError("it stands inside of an f-string, where places cannot be told", attribute)
        self._edits.splices.append(Splice(end - len(attribute.attr), end, (name,)))


def by_name(
    module: Module, edits: StepEdits, call: ast.Call, words: Mapping[str, str], without: Collection[ast.AST] = ()
) -> None:
    """Pass every argument by the target's name: the two frameworks take labels and predictions in another order.

    ``without`` are keywords that something else rewrites.  Raises ``StepLeftError``.
    """
    order = list(words)
    for position, value in enumerate(call.args):
        if isinstance(value, ast.Starred) or position >= len(order):
            raise StepLeftError("its arguments are not written out one by one", value)
        start = module.source.start(value)
        edits.splices.append(Splice(start, start, (f"{words[order[position]]}=",)))
    for keyword in (one for one in call.keywords if one not in without):
        if keyword.arg is None or keyword.arg not in words:
            raise StepLeftError(f"{keyword.arg}= has no counterpart", keyword)
        if keyword.arg != words[keyword.arg]:
            start = module.source.start(keyword)
            edits.splices.append(Splice(start, start + len(keyword.arg), (words[keyword.arg],)))
