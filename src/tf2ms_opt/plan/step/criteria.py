"""Losses and metrics of ``compile``: which class of the runtime module each is, and how it is written."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.rewrites import as_argument
from tf2ms_opt.plan.step.calls import StepLeftError, bind_call, elements, has_comment, is_inert, is_none, shortened
from tf2ms_opt.plan.step.endings import last_activation
from tf2ms_opt.plan.step.metric_names import constructor, metric_name
from tf2ms_opt.step_rules import Counterpart, Lookup
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted

_REDUCTIONS = {"sum_over_batch_size": "mean", "auto": "mean", "mean": "mean", "sum": "sum", "none": "none"}
#: activations of which Keras' losses find the logits again
_SQUASHED = {"softmax", "sigmoid"}


@dataclass(slots=True)
class Written:
    """Expressions of the result, and what they lead to."""

    text: str
    needs: set[str] = field(default_factory=set)
    #: nodes of the source that disappear
    gone: list[ast.expr] = field(default_factory=list)
    #: constructors that are written anew where a name is bound to them, and that keep this name
    rebuilt: dict[ast.expr, str] = field(default_factory=dict)
    #: the predictions are taken for probabilities: by which activation, and what the network was seen to end in
    probabilities: str = ""
    ending: str | None = None
    #: the keys of metrics
    keys: tuple[str, ...] = ()


class Criteria:
    """Translates the losses and metrics of one module.

    ``own`` are the losses and metrics that the compiles of one model are given.
    """

    def __init__(self, module: Module, names: Aliases, generation: str, own: Collection[ast.expr] = ()) -> None:
        self._module = module
        self._own = {node for one in own for node in ast.walk(one)}
        self._names = names
        self._generation = generation
        self._losses = Lookup(module.rules.step.loss)
        self._metrics = Lookup(module.rules.step.metric)

    def loss(self, node: ast.expr, models: Sequence[ast.expr | None], *, graph: bool = True) -> Written:
        """The loss ``node`` of what ``models`` give; ``graph`` says that TensorFlow calculates it in a graph.

        Raises ``StepLeftError``.
        """
        if isinstance(node, ast.List) and len(node.elts) == 1:
            node = node.elts[0]  # the only output
        found = self._counterpart(node, self._losses, ("losses", "metrics"))
        if found is None:
            raise StepLeftError(f"the loss {shortened(self._module, node)} is not one that the tool knows", node)
        written = self._built(found, constructor(self._module, node), {}, found.positional, models, graph=graph)
        if not self._keep_name(node, written):
            written.gone.append(node)
        return written

    def metrics(self, node: ast.expr, taken: Collection[str] = ()) -> Written:
        """The metrics ``node`` as a dictionary: Keras' key of each and its object.

        ``taken`` are the keys of the metrics beside them: of one that is both, Keras 3 gives three values.
        Raises ``StepLeftError``.
        """
        every = elements(self._module, node)
        if every is None:
            if not isinstance(node, ast.Constant):
                raise StepLeftError(f"the metrics {shortened(self._module, node)} are not written out", node)
            every = [node]
        if len(every) == 1 and isinstance(every[0], ast.List):
            every = list(every[0].elts)  # one list for the only output
        total = Written("", gone=[node])
        entries: dict[str, str] = {}
        for one in every:
            key, written = self._metric(one)
            if key in entries or key in taken:
                raise StepLeftError(f"two metrics have the name {key}", one)
            self._check_readers(one)
            if self._keep_name(one, written):
                total.rebuilt |= written.rebuilt
            entries[key] = written.text
            total.needs |= written.needs
        total.keys = tuple(entries)
        total.text = "{" + ", ".join(f'"{key}": {text}' for key, text in entries.items()) + "}"
        if self._keep_name(node, total):
            total.gone = []
        return total

    def _keep_name(self, node: ast.expr, written: Written) -> bool:
        """Write what a name stands for anew where it is bound, if this model's compiles alone read it."""
        bindings = self._module.origins(node) if isinstance(node, ast.Name) else ()
        value = bindings[0].value if len(bindings) == 1 else None
        if not isinstance(node, ast.Name) or not isinstance(value, (ast.Call, ast.List, ast.Tuple)):
            return False
        if node.id in self._module.index.outward:
            return False
        if has_comment(self._module, value) or not self._own.issuperset(self._module.readers(node.id, value)):
            return False
        written.rebuilt[value] = written.text
        written.gone.append(value)
        written.text = node.id
        return True

    def _check_readers(self, node: ast.expr) -> None:
        """A metric object counts what the model does; nothing but its compile may look at it."""
        call, key = constructor(self._module, node), dotted(node)
        if isinstance(node, ast.Call) or call is None or key is None:
            return
        last = key.rpartition(".")[2]
        for other, uses in self._module.index.uses.items():
            if other == key or other.endswith(f".{last}"):
                for _, use in uses:
                    if use not in self._own and ("." in key or call in self._values(use)):
                        raise StepLeftError(f"the metric {key} is read outside of compile", use)

    def _values(self, use: ast.expr) -> list[ast.expr | None]:
        return [binding.value for binding in self._module.origins(use)]

    def target(self, found: Counterpart) -> str:
        """The class that computes what this generation of Keras does."""
        return found.keras2 if found.keras2 and self._generation != "keras3" else found.target

    def criterion(self, call: ast.Call, *, metric: bool, models: Sequence[ast.expr | None] = ()) -> Written:
        """A loss or metric object that a gradient tape works with, on what ``models`` give.

        Raises ``StepLeftError``.
        """
        path = self._module.keras_path(call.func) or ""
        if not metric:
            return self.loss(call, models, graph=False)
        if path == "metrics.Mean":
            mean = f"{self._names.runtime}.Mean"
            return Written(f"{self._names.names[mean]}()", {mean})
        return self._metric(call)[1]

    def _metric(self, node: ast.expr) -> tuple[str, Written]:
        metric = self._counterpart(node, self._metrics, ("metrics",))
        loss = None if metric is not None else self._counterpart(node, self._losses, ("metrics", "losses"))
        found = metric or loss
        if found is None:
            raise StepLeftError(f"the metric {shortened(self._module, node)} is not one that the tool knows", node)
        call = constructor(self._module, node)
        name: dict[str, ast.expr] = {}
        written = self._built(found, call, name, ("name", "dtype") if loss is not None else found.positional)
        if loss is not None:
            mean = f"{self._names.runtime}.MeanLoss"
            broadcast = ", broadcast=True" if loss.broadcast and self._generation == "keras3" else ""
            written = Written(f"{self._names.names[mean]}({written.text}{broadcast})", {*written.needs, mean})
        return metric_name(self._module, self._generation, node, found, name, self._own), written

    def _counterpart(self, node: ast.expr, lookup: Lookup, places: Collection[str]) -> Counterpart | None:
        match node:
            case ast.Constant(value=str(text)):
                return lookup.string(text)
            case ast.Call(func=func):
                return lookup.by_class.get(self._below(func, places))
            case ast.Name() | ast.Attribute():
                if (name := self._below(node, places)) in lookup.by_function:
                    return lookup.by_function[name]
                call = constructor(self._module, node)
                return None if call is None else self._counterpart(call, lookup, places)
        return None

    def _below(self, node: ast.expr, places: Collection[str]) -> str:
        """The name of ``node`` below Keras' losses or metrics; empty for anything else."""
        path = self._module.keras_path(node) or ""
        place, _, name = path.rpartition(".")
        return name if place in places else ""

    def _built(
        self,
        found: Counterpart,
        call: ast.Call | None,
        name: dict[str, ast.expr],
        positional: Sequence[str],
        models: Sequence[ast.expr | None] = (),
        *,
        graph: bool = False,
    ) -> Written:
        """The constructor call of a counterpart; ``name`` gets the argument of that name."""
        target = self.target(found)
        written: list[str] = []
        logits = False
        given = bind_call(call, positional) if call is not None else {}
        for parameter, value in given.items():
            if parameter in ("name", "dtype"):
                name[parameter] = value
                if parameter == "dtype" and not is_none(self._module, value):
                    raise StepLeftError("its dtype is set", value)
            elif parameter == "axis":
                if not is_inert(self._module, value, ("-1",)):
                    raise StepLeftError("its axis is not the last one", value)
            elif parameter == "reduction":
                if (mode := self._reduction(value)) != "mean":
                    written.append(f'reduction="{mode}"')
            elif parameter in (*found.positional, *found.keywords):
                known, truth = self._module.constant(value)
                if parameter == "from_logits":
                    if not known:
                        raise StepLeftError("from_logits= is not known here", value)
                    logits = bool(truth)
                if "#" in self._module.text(value):
                    raise StepLeftError("a comment stands in it", value)
                written.append(f"{parameter}={as_argument(self._module, value)}")
            elif not is_inert(self._module, value, found.inert.get(parameter, ())):
                raise StepLeftError(f"{parameter}= of {found.names[0]} has no counterpart", value)
        result = Written("", {f"{self._names.runtime}.{target}"})
        if found.activation and not logits:
            self.behind(found, models, written, result, graph=graph)
        result.text = f"{self._names.names[f'{self._names.runtime}.{target}']}({', '.join(written)})"
        return result

    def behind(
        self,
        found: Counterpart,
        models: Sequence[ast.expr | None],
        arguments: list[str],
        result: Written,
        *,
        graph: bool,
    ) -> None:
        """Take the predictions of ``models`` for what Keras takes them for.  Raises ``StepLeftError``."""
        endings = {last_activation(self._module, one) if one is not None else None for one in models} or {None}
        ending = endings.pop() if len(endings) == 1 else None
        result.probabilities = found.activation
        result.ending = ending.name if ending is not None else None
        if ending is None:
            return
        if ending.keras and ending.name in _SQUASHED - {found.activation}:
            # measured: BinaryCrossentropy behind a softmax layer applies a sigmoid to the softmax's logits
            why = f"Keras takes the logits behind it for those of a {found.activation}"
            advice = "let the network end in logits, and write from_logits=True"
            node = next(one for one in models if one is not None)
            raise StepLeftError(f"the network ends in {ending.name}, and {why}: {advice}", node)
        if ending.name == found.activation and found.behind and (ending.keras or graph):
            arguments.append(f"{found.behind}=True")

    def _reduction(self, node: ast.expr) -> str:
        known, value = self._module.constant(node)
        text = str(value).lower() if known else (self._module.keras_path(node) or "").rpartition(".")[2].lower()
        if known and value is None:
            text = "none"
        if text not in _REDUCTIONS:
            raise StepLeftError("its reduction is not known here", node)
        return _REDUCTIONS[text]


def probabilities_note(written: Written, place: tuple[int, int]) -> Iterator[Finding]:
    """What there is to say of a loss that takes probabilities."""
    if written.probabilities:
        key = "loss-on-probabilities"
        loss = next(iter(written.rebuilt.values()), written.text)
        if written.ending == written.probabilities:
            key = "loss-behind-activation" if "behind_softmax" in loss else "loss-on-probabilities/seen"
        elif written.ending is not None:
            key = "loss-on-probabilities/other"
        yield finding(key, *place, loss=loss, activation=written.probabilities, ending=written.ending or "")
