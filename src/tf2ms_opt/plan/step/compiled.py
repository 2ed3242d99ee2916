"""``compile`` becomes a trainer, and ``fit``, ``evaluate`` and ``predict`` become calls of it: one model at a time.

Either all of what a file does with a compiled model is converted, or none of it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tf2ms_opt.diagnostics import finding
from tf2ms_opt.facts import Argument, CallRewrite, Part, Splice, Text
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.rewrites import edit_call, written_arguments
from tf2ms_opt.plan.step.callbacks import CallbackFinder, Callbacks
from tf2ms_opt.plan.step.calls import StepLeftError, bind_call, has_comment, is_inert, is_none
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.companions import called_by_callers, called_by_hand, copies, handed_on
from tf2ms_opt.plan.step.criteria import Criteria, Written, probabilities_note
from tf2ms_opt.plan.step.data import unfit
from tf2ms_opt.plan.step.datasets import Datasets
from tf2ms_opt.plan.step.model_uses import COPIES, Compiled
from tf2ms_opt.plan.step.optimizers import InCalls, optimizer_value
from tf2ms_opt.plan.step.rates import Rates
from tf2ms_opt.trace.module import Module

TRAINER = "Trainer"
TENSOR = "to_tensor"
#: arguments that Keras takes beside arrays alone, or that the trainer takes beside them alone
_OF_ARRAYS = ("y", "batch_size", "validation_split", "class_weight", "sample_weight")
_COMPILE = ("optimizer", "loss", "metrics")


@dataclass(frozen=True)
class Circumstances:
    """What is known beside the model itself: its generation, whether the learning rate is a schedule.

    ``elsewhere`` are nodes that the conversion of a gradient tape rewrites.
    """

    generation: str
    scheduled: bool
    elsewhere: Collection[ast.AST]


class ModelStep:
    """Converts what a file does with one compiled model."""

    def __init__(
        self, module: Module, names: Aliases, model: Compiled, trainer: str, circumstances: Circumstances
    ) -> None:
        self._elsewhere = circumstances.elsewhere
        self._module = module
        self._names = names
        self._model = model
        self._trainer = trainer
        self._scheduled = circumstances.scheduled
        self._generation = circumstances.generation
        given = [bind_call(call, _COMPILE) for call in model.compiles]
        own = [one[name] for one in given for name in ("loss", "metrics", "weighted_metrics") if name in one]
        self._criteria = Criteria(module, names, circumstances.generation, own)
        self._callbacks = CallbackFinder(module, names)
        self._edits = StepEdits()
        self._fed: set[ast.expr] = set()

    def edits(self, inner: InCalls, penalties: str = "") -> StepEdits:
        """The edits; ``inner`` gives what stands for optimizers written in a compile: a name, or a function's call.

        ``penalties`` is what the network's regularizers add to the loss.

        Raises ``StepLeftError``.
        """
        model, edits = self._model, self._edits
        edits.needs.add(self._qualified(TRAINER))
        for call in model.compiles:
            self._compile(call, inner, penalties)
        used = Callbacks()
        self._fed = Datasets(self._module, self._names, edits).feeding(self._data())
        for use, call in model.steps:
            self._step(use, call, used)
        if (other := self._callbacks.unread(used)) is not None:
            raise StepLeftError("a callback is read outside of fit", other)
        for node in used.own:
            base = self._qualified("Callback")
            edits.splices.append(self._renamed(node.bases[0], self._names.names[base]))
            edits.gone.append(node.bases[0])
            edits.needs.add(base)
        for call, qualified in used.calls.items():
            name = self._names.names[qualified]
            dropped = used.dropped[call]
            edits.splices.append(
                edit_call(self._module, call, callee=name, without=dropped)
                if dropped
                else self._renamed(call.func, name)
            )
            edits.gone.append(call.func)
            edits.needs.add(qualified)
            if qualified.endswith(".ModelCheckpoint"):
                edits.findings.append(finding("checkpoint-format", *self._module.position(call)))
        for use in model.returned:
            function = self._module.index.function(use)
            place = self._module.position(use)
            name = getattr(function, "name", "")
            edits.findings.append(finding("model-method-remains/returned", *place, function=name))
        for use in [*model.reads, *model.returned]:
            if use not in model.handed:
                edits.splices.append(self._renamed(use, self._trainer))
        edits.findings += filter(None, (handed_on(self._module, use) for use in self._own_networks()))
        edits.findings += dict.fromkeys(called_by_callers(self._module, model.receiver))
        self._calls_by_hand()
        for use in model.networks:
            if use in model.handed:
                end = self._module.source.end(use)
                edits.splices.append(Splice(end, end, (".net",)))
        self._weights()
        Rates(self._module, self._names, edits, scheduled=self._scheduled).of_models(model, self._trainer)
        return edits

    def _qualified(self, name: str) -> str:
        return f"{self._names.runtime}.{name}"

    def _renamed(self, node: ast.expr, text: str) -> Splice:
        return Splice(self._module.source.start(node), self._module.source.end(node), (text,))

    # ------------------------------------------------------------------ compile

    def _compile(self, call: ast.Call, inner: InCalls, penalties: str) -> None:
        module, table = self._module, self._module.rules.step
        assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- gathered as such
        receiver = call.func.value
        given = bind_call(call, _COMPILE)
        places = {node: at for at, (_, node, _) in enumerate(written_arguments(module, call))}
        arguments = [Argument(None, Text(module.text(receiver)))]
        keys: dict[str, tuple[str, ...]] = {}
        for name, node in sorted(given.items(), key=lambda item: (item[0] == "weighted_metrics", places[item[1]])):
            at = places[node]
            match name:
                case "optimizer":
                    self._edits.absorbed.add((module.source.start(node), module.source.end(node)))
                    arguments.append(Argument("optimizer", optimizer_value(module, node, at, inner), at))
                case "loss":
                    written = self._criteria.loss(node, [receiver])
                    self._take(written)
                    self._edits.findings += probabilities_note(written, module.position(node))
                    arguments.append(Argument("loss_fn", self._text(node, written.text), at))
                case "metrics" | "weighted_metrics":
                    if is_inert(module, node, ("None", "[]", "()")):
                        continue
                    written = self._criteria.metrics(node, keys.get("metrics", ()))
                    keys[name] = written.keys
                    self._take(written)
                    arguments.append(Argument(name, self._text(node, written.text), at))
                case _:
                    if not is_inert(module, node, table.compile_inert.get(name, ())):
                        raise StepLeftError(f"{name}= of compile has no counterpart", node)
        if "loss" not in given or is_none(module, given["loss"]):
            raise StepLeftError("compile(...) is given no loss: the network adds its own", call)
        if penalties:
            arguments.append(Argument("penalties", Text(penalties)))
        if self._generation != "keras3":
            arguments.append(Argument("keras", Text("2")))
        self._edits.gone.append(call.func) if not isinstance(receiver, ast.Name) else None
        start, end = module.source.start(call), module.source.end(call)
        column = module.position(call)[1] - 1 + len(f"{self._trainer} = ")
        rewrite = CallRewrite(start, end, self._names.names[self._qualified(TRAINER)], tuple(arguments), column)
        parts: tuple[Part, ...] = (f"{self._trainer} = ", rewrite)
        self._edits.splices.append(Splice(start, end, parts))
        line, column = module.position(call)
        details = {"call": f"{module.text(receiver)}.compile(...)", "trainer": self._trainer}
        self._edits.findings.append(finding("step-converted", line, column, **details))

    def _text(self, node: ast.expr, text: str) -> Text:
        if has_comment(self._module, node):
            raise StepLeftError("a comment stands inside of an argument that is written anew", node)
        return Text(text)

    def _take(self, written: Written) -> None:
        self._edits.needs |= written.needs
        self._edits.gone += written.gone
        for node, text in written.rebuilt.items():
            if (splice := self._renamed(node, text)) not in self._edits.splices:
                self._edits.splices.append(splice)

    # ------------------------------------------------------------------ fit, evaluate, predict

    def _data(self) -> list[ast.expr]:
        """What the model's methods are given as whole data sets."""
        found = []
        for _, call in self._model.steps:
            if isinstance(call.func, ast.Attribute) and call.func.attr in ("fit", "evaluate", "predict"):
                given = bind_call(call, self._module.rules.step.method[call.func.attr].positional)
                found += [given[name] for name in ("x", "validation_data") if name in given]
        return found

    def _step(self, use: ast.expr, call: ast.Call, used: Callbacks) -> None:
        module = self._module
        assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- gathered as such
        method = module.rules.step.method[call.func.attr]
        given = bind_call(call, method.positional)
        without: list[ast.AST] = []
        for name, node in given.items():
            if name in method.refused and not is_none(module, node):
                raise StepLeftError(method.refused[name], node)
            if name in method.dropped or name in method.refused:
                without += [one for one in call.keywords if one.arg == name]
            elif name not in (*method.positional, *method.keywords, *method.renamed):
                raise StepLeftError(f"{name}= of {call.func.attr} has no counterpart", node)
        for name in ("x", "y", "validation_data"):
            if name not in given or given[name] in self._fed:
                continue
            if why := unfit(module, given[name], pair=name == "validation_data"):
                raise StepLeftError(why, given[name])
        if given.get("x") in self._fed:
            if wrong := [given[name] for name in _OF_ARRAYS if name in given]:
                raise StepLeftError("a pipeline is given with what is for arrays", wrong[0])
        elif call.func.attr in ("fit", "evaluate", "train_on_batch", "test_on_batch") and "y" not in given:
            raise StepLeftError(f"{call.func.attr} gets its labels from x, which is no array then", call)
        if "callbacks" in given:
            self._callbacks.add(given["callbacks"], used)
        self._rename_keywords(call, method.renamed)
        if use not in self._model.handed:
            self._edits.splices.append(self._renamed(use, self._trainer))
        if without:
            self._without(call, without, used)

    def _rename_keywords(self, call: ast.Call, renamed: Mapping[str, str]) -> None:
        for keyword in call.keywords:
            if keyword.arg is not None and keyword.arg in renamed:
                start = self._module.source.start(keyword)
                self._edits.splices.append(Splice(start, start + len(keyword.arg), (renamed[keyword.arg],)))

    def _without(self, call: ast.Call, without: Sequence[ast.AST], used: Callbacks) -> None:
        """Take arguments out of a call, of which nothing else is edited but its receiver."""
        start, end = self._module.source.start(call), self._module.source.end(call)
        inside = [splice for splice in self._edits.splices if start <= splice.start < end]
        assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- gathered as such
        receiver = (self._module.source.start(call.func.value), self._module.source.end(call.func.value))
        nested = any(start <= self._module.source.start(one) < end for one in used.calls)
        if nested or any((splice.start, splice.end) != receiver for splice in inside):
            raise StepLeftError("an argument has to go from a call that is edited inside", call)
        splice = edit_call(self._module, call, without=without)
        (part,) = splice.parts
        if inside and isinstance(part, CallRewrite):
            self._edits.splices = [one for one in self._edits.splices if one not in inside]
            callee = f"{self._trainer}.{call.func.attr}"
            part = CallRewrite(part.start, part.end, callee, part.arguments)
        self._edits.splices.append(Splice(splice.start, splice.end, (part,)))

    def _own_networks(self) -> list[ast.expr]:
        return [use for use in self._model.networks if use not in self._elsewhere]

    def _calls_by_hand(self) -> None:
        """``model(x)`` takes arrays, which a Cell does not, and ``training=``, which is a mode of the Cell."""
        module, source, edits = self._module, self._module.source, self._edits
        tensor = self._qualified(TENSOR)
        for use in self._own_networks():
            given, call = called_by_hand(module, use), module.index.parents[use]
            if given is None or not isinstance(call, ast.Call):
                continue
            opening = f"{self._names.names[tensor]}("
            edits.splices.append(Splice(source.start(given), source.start(given), (opening,), 1))
            end = source.end(given)
            if call.keywords:
                flag = call.keywords[0]
                if has_comment(module, call) or module.constant(flag.value) != (True, False):
                    raise StepLeftError("the network is called in training mode outside of fit", call)
                head = source.end(use)
                edits.splices.append(Splice(head, head, (".set_train(False)",), -1))
                edits.splices.append(Splice(end, source.end(flag), (")",), -1))
            else:
                edits.splices.append(Splice(end, end, (")",), -1))
            edits.needs.add(tensor)

    # ------------------------------------------------------------------ weights

    def _weights(self) -> None:
        """Methods that a Cell has not: they stay as they are, and are named."""
        for use in self._model.reads:
            attribute = self._module.index.parents[use]
            if (
                not isinstance(attribute, ast.Attribute)
                or attribute.attr not in COPIES
                or attribute.attr == "set_weights"
            ):
                continue
            if not copies(self._module, attribute):
                place = self._module.position(attribute)
                self._edits.findings.append(finding("model-method-remains/weights", *place, trainer=self._trainer))
        for attribute in (one for one in self._model.weights if one not in self._elsewhere):
            model = self._module.text(attribute.value) + (".net" if attribute.value in self._model.handed else "")
            advice = self._module.rules.step.weights[attribute.attr].format(model=model)
            place = self._module.position(attribute)
            call = f"{model}.{attribute.attr}"
            self._edits.findings.append(finding("model-method-remains", *place, call=call, advice=advice))
