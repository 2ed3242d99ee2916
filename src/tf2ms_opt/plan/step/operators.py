"""Rewrites the expressions of a region: TensorFlow's operators, losses, metrics and the training flag."""

from __future__ import annotations

import ast
from collections.abc import Collection

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.imports import DTYPES, OPS, Aliases
from tf2ms_opt.plan.rewrites import as_argument
from tf2ms_opt.plan.step.calls import StepLeftError, bind_call
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.criteria import Criteria, Written, probabilities_note
from tf2ms_opt.plan.step.objects import LOSS, Objects, by_name
from tf2ms_opt.plan.step.region import Region
from tf2ms_opt.step_rules import Lookup, Operation
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted

#: methods of tf.data that take functions
_PIPELINE = {"map", "filter", "flat_map", "interleave", "take_while", "scan", "group_by_window"}
_ASSIGNS = {"assign", "assign_add", "assign_sub"}


class Operators:
    """Rewrites one region into ``edits``; every reference to TensorFlow in it is rewritten, or the step is left."""

    def __init__(self, module: Module, names: Aliases, generation: str, edits: StepEdits) -> None:
        self._module = module
        self._names = names
        self._edits = edits
        self._criteria = Criteria(module, names, generation)
        self._functions = Lookup(module.rules.step.loss).by_function
        self._networks: frozenset[str] = frozenset()
        #: nodes that something else rewrites
        self._settled: set[ast.AST] = set()

    def settle(self, node: ast.AST) -> None:
        """``node`` and what is in it is rewritten elsewhere."""
        self._settled.update(ast.walk(node))

    def is_settled(self, node: ast.AST) -> bool:
        """Whether something else rewrites ``node``."""
        return node in self._settled

    def convert(self, region: Region, networks: Collection[str] = ()) -> None:
        """Rewrite all of ``region``, in which ``networks`` give the predictions.  Raises ``StepLeftError``."""
        self._networks = frozenset(networks)
        objects = Objects(self._module, self._criteria, self._edits)
        for one in region.shared.values():
            objects.convert(one, self.network)
            if one.call is not None:
                self.settle(one.call)
        for node in region.nodes():
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._decorators(node)
        for node in region.nodes():
            if node in self._settled or not isinstance(node, (ast.Name, ast.Attribute)):
                continue
            if self._stays(node):
                continue
            if isinstance(node, ast.Attribute) and node.attr in _ASSIGNS and not self._is_rate(node):
                raise StepLeftError(
                    f"{self._module.text(node)} sets a weight, and a Parameter has no such method", node
                )
            parent = self._module.index.parents[node]
            if isinstance(parent, ast.Attribute) and self._module.framework_name(parent):
                continue  # part of a longer name
            if isinstance(getattr(node, "ctx", None), ast.Load) and (name := self._module.framework_name(node)):
                self._reference(node, name, parent)

    def _stays(self, node: ast.AST) -> bool:
        """Whether ``node`` is given to a pipeline of TensorFlow, which runs it itself: its types, and what it maps."""
        for one in self._module.index.ancestors(node):
            if isinstance(one, ast.stmt):
                return False
            if isinstance(one, ast.Call) and node not in ast.walk(one.func):
                name = (self._module.framework_name(one.func) or "").removeprefix("tensorflow.")
                method = one.func.attr if isinstance(one.func, ast.Attribute) else ""
                if name.startswith("data.") or method in _PIPELINE:
                    return True
        return False

    @staticmethod
    def _is_rate(attribute: ast.Attribute) -> bool:
        """``optimizer.learning_rate.assign``, which something else rewrites."""
        return isinstance(attribute.value, ast.Attribute) and attribute.value.attr in ("lr", "learning_rate")

    # ------------------------------------------------------------------ single places

    def insert(self, at: int, text: str, rank: int = 0) -> None:
        self._edits.splices.append(Splice(at, at, (text,), rank))

    def replace(self, node: ast.expr, text: str) -> None:
        source = self._module.source
        self._edits.splices.append(Splice(source.start(node), source.end(node), (text,)))
        self._edits.gone.append(node)

    def _decorators(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """``@tf.function`` goes: PYNATIVE runs the step as it is, and GRAPH compiles it anyway."""
        for decorator in function.decorator_list:
            name = decorator.func if isinstance(decorator, ast.Call) else decorator
            full = self._module.framework_name(name) or ""
            if full in ("tensorflow.function", "tensorflow.autograph.experimental.do_not_convert"):
                source = self._module.source
                start, end = source.line_start(source.start(decorator)), source.line_end(source.end(decorator))
                if source.data[end - 1 : end] not in (b"\n", b"\r"):
                    raise StepLeftError("the decorator shares its line", decorator)
                if b"#" in source.data[start:end]:
                    raise StepLeftError("a comment stands beside the decorator that goes", decorator)
                self._edits.splices.append(Splice(start, end, ()))
                self._edits.gone.append(name)
                self.settle(decorator)
            elif full:
                raise StepLeftError(f"the decorator {self._module.text(decorator)[:40]} has no counterpart", decorator)

    def _reference(self, node: ast.expr, name: str, parent: ast.AST) -> None:
        """One name of TensorFlow."""
        below = name.removeprefix("tensorflow.") if name.startswith("tensorflow.") else ""
        keras = self._module.keras_path(node)
        below = f"keras.{keras}" if keras is not None else below
        called = isinstance(parent, ast.Call) and parent.func is node
        operation = self._module.rules.step.operator(below)
        dtype = below.removeprefix("dtypes.")
        if called and operation is not None and isinstance(parent, ast.Call):
            self._operation(parent, operation, below)
        elif called and isinstance(parent, ast.Call) and self._is_loss_function(keras):
            self._loss_function(parent, (keras or "").rpartition(".")[2])
        elif f"mindspore.{dtype}" in DTYPES:
            self.replace(node, self._names.names[f"mindspore.{dtype}"])
            self._edits.needs.add(f"mindspore.{dtype}")
        elif any(f"{below}.".startswith(f"{one}.") for one in self._module.rules.step.stays):
            return
        elif self._is_annotation(node):
            raise StepLeftError("an annotation names a type of TensorFlow", node)
        else:
            raise StepLeftError(f"{self._module.text(node)} has no counterpart that the tool knows", node)

    def _is_annotation(self, node: ast.AST) -> bool:
        parent = self._module.index.parents[node]
        return isinstance(parent, (ast.arg, ast.AnnAssign))

    def _operation(self, call: ast.Call, operation: Operation, below: str) -> None:
        """The callee is renamed, and its arguments get the target's names where their places differ."""
        takes = list(operation.takes)
        distinct = list(dict.fromkeys(operation.takes.values()))
        given = bind_call(call, distinct and takes)
        given.pop("name", None)  # it labels, and goes
        target = operation.target.format(name=below.rpartition(".")[2])
        for name in given:
            if name not in operation.takes:
                raise StepLeftError(f"{name}= of {self._module.text(call.func)} has no counterpart", given[name])
        if operation.runtime:
            qualified = f"{self._names.runtime}.{target}"
            self.replace(call.func, self._names.names[qualified])
            self._edits.needs.add(qualified)
        else:
            self.replace(call.func, f"{self._names.ops}.{target}")
            self._edits.needs.add(OPS)
        taken = {operation.takes[name] for name in given}
        for name, text in operation.pinned.items():
            if name not in taken:
                last = max((*call.args, *(one.value for one in call.keywords)), key=self._module.source.end)
                self.insert(self._module.source.end(last), f", {name}={text}")
        for name, value in given.items():
            self._check_operand(operation, name, value)
        for position, value in enumerate(call.args):
            own = operation.takes[takes[position]]
            if operation.order[position : position + 1] != (own,):
                self.insert(self._module.source.start(value), f"{own}=")
        for keyword in call.keywords:
            if keyword.arg == "name":
                self.drop(call, keyword)
            elif keyword.arg is not None:
                self.rename(keyword, operation.takes[keyword.arg])

    def _check_operand(self, operation: Operation, name: str, value: ast.expr) -> None:
        """An operator of MindSpore takes tensors, where TensorFlow takes numbers and lists of them, and no strings."""
        if name == "dtype":
            known, text = self._module.constant(value)
            if known and isinstance(text, str):
                qualified = f"mindspore.{text}"
                if qualified not in DTYPES:
                    raise StepLeftError(f"the type {text!r} is not one that the tool knows", value)
                self.replace(value, self._names.names[qualified])
                self._edits.needs.add(qualified)
            return
        first = operation.takes[name] == operation.order[0] and not operation.runtime and not operation.sequence
        alone = operation.order[1:2] not in (("other",), ("exponent",))
        listed = isinstance(value, (ast.List, ast.Tuple, ast.ListComp))
        if first and (listed or (alone and self._module.constant(value)[0])):
            raise StepLeftError(f"{self._module.text(value)[:40]} is no tensor, which the operator takes", value)

    def rename(self, keyword: ast.keyword, name: str) -> None:
        if keyword.arg is not None and keyword.arg != name:
            start = self._module.source.start(keyword)
            self._edits.splices.append(Splice(start, start + len(keyword.arg), (name,)))

    def drop(self, call: ast.Call, keyword: ast.keyword) -> None:
        """Take one keyword out of a call, with the comma before it."""
        source = self._module.source
        every = sorted([*call.args, *(one.value for one in call.keywords)], key=source.start)
        before = every[every.index(keyword.value) - 1] if every[0] is not keyword.value else None
        start, end = (source.end(before) if before is not None else source.start(keyword)), source.end(keyword)
        if before is None and len(every) > 1:
            raise StepLeftError("the training flag stands before the inputs", keyword)
        if b"#" in source.data[start : source.start(keyword)] or b")" in source.data[start : source.start(keyword)]:
            raise StepLeftError("a comment or a bracket stands before an argument that goes", keyword)
        self._edits.splices.append(Splice(start, end, ()))

    # ------------------------------------------------------------------ losses and metrics

    def _is_loss_function(self, path: str | None) -> bool:
        place, _, name = (path or "").rpartition(".")
        return place in ("losses", "metrics") and name in self._functions

    def _loss_function(self, call: ast.Call, name: str) -> None:
        """``losses.mse(y, p)`` gives one value a sample: the class without its reduction."""
        found = self._functions[name]
        own = {one.arg: one.value for one in call.keywords if one.arg not in LOSS}
        if len(call.args) > 2:  # noqa: PLR2004 -- labels and predictions
            raise StepLeftError("its arguments are not written out by name", call)
        arguments = []
        for parameter, value in own.items():
            if parameter not in (*found.positional, *found.keywords) or parameter is None:
                raise StepLeftError(f"{parameter}= of {name} has no counterpart", call)
            arguments.append(f"{parameter}={as_argument(self._module, value)}")
            keyword = next(one for one in call.keywords if one.arg == parameter)
            self.drop(call, keyword)
            self.settle(keyword)
        target = self._criteria.target(found)
        qualified = f"{self._names.runtime}.{target}"
        logits = own.get("from_logits")
        if found.activation and (logits is None or self._module.constant(logits) != (True, True)):
            taken = Written(target)
            self._criteria.behind(found, [self.network(call)], arguments, taken, graph=False)
            taken.text = f"{target}({', '.join(arguments)})"
            self._edits.findings += probabilities_note(taken, self._module.position(call))
        text = ", ".join([*arguments, 'reduction="none"'])
        self.replace(call.func, f"{self._names.names[qualified]}({text})")
        self._edits.needs.add(qualified)
        by_name(self._module, self._edits, call, LOSS, self._settled)

    def network(self, call: ast.Call) -> ast.expr | None:
        """The network that gives the predictions of a loss's ``call`` as they are; None where that is not seen."""
        given = [one.value for one in call.keywords if one.arg == "y_pred"] or call.args[1:2]
        values = [given[0]] if given else []
        if values and isinstance(values[0], ast.Name):
            values = [one.value for one in self._module.origins(values[0]) if one.value is not None]
        called = [one.func for one in values if isinstance(one, ast.Call) and dotted(one.func) in self._networks]
        return called[0] if len(called) == len(values) == 1 else None
