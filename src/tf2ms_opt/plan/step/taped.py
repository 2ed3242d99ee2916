"""Gradient tapes become functions: the block a forward function, the gradient a call of ``mindspore.value_and_grad``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tf2ms_opt.diagnostics import finding
from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.compiled import StepEdits
from tf2ms_opt.plan.step.operators import Operators, flagged
from tf2ms_opt.plan.step.region import Region, RegionFinder
from tf2ms_opt.plan.step.tapes import Step, check_uses
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import BindingKind, dotted

VALUE_AND_GRAD = "mindspore.value_and_grad"
_FORBIDDEN = (
    ast.Return,
    ast.Yield,
    ast.YieldFrom,
    ast.Await,
    ast.Break,
    ast.Continue,
    ast.Global,
    ast.Nonlocal,
    ast.With,
)
_DATA_METHODS = {"numpy"}


class TapeSteps:
    """Converts all tapes of a module that lead to one another, together."""

    def __init__(self, module: Module, names: Aliases, generation: str, steps: Sequence[Step]) -> None:
        self._module = module
        self._names = names
        self._steps = steps
        self._edits = StepEdits()
        self._operators = Operators(module, names, generation, self._edits)
        self._fresh: set[str] = set()

    def edits(self) -> StepEdits:
        """Raises ``StepLeftError``."""
        module, operators = self._module, self._operators
        region = RegionFinder(module).around(step.block for step in self._steps)
        region_more = [step.apply for step in self._steps if not region.holds(module, step.apply)]
        region.roots += [module.index.statement(one) for one in region_more]
        for step in self._steps:
            gradient = step.gradient
            region.roots += [one for one in (gradient.statement, *gradient.clips) if not region.holds(module, one)]
        blocks: dict[ast.With, list[Step]] = {}
        for step in self._steps:
            blocks.setdefault(step.block, []).append(step)
        for block, steps in blocks.items():
            check_uses(module, block, [step.gradient for step in steps])
            self._block(block, steps)
        self._flags(region, blocks)
        operators.convert(region)
        self._tensors(region, blocks)
        self._formats(region)
        for step in self._steps:
            self._apply(step)
        return self._edits

    # ------------------------------------------------------------------ one block

    def _block(self, block: ast.With, steps: Sequence[Step]) -> None:
        module, source = self._module, self._module.source
        index = module.index
        inside = [node for statement in block.body for node in ast.walk(statement)]
        bad = next((node for node in inside if isinstance(node, _FORBIDDEN)), None)
        if bad is not None:
            loops = [one for one in ast.walk(block) if isinstance(one, (ast.For, ast.While))]
            if not isinstance(bad, (ast.Break, ast.Continue)) or not loops:
                place = bad if isinstance(bad, ast.stmt) else index.statement(bad)
                raise StepLeftError(f"a {type(bad).__name__.lower()} stands inside of the tape's block", place)
        if source.line_of(source.start(block)) == source.line_of(source.start(block.body[0])):
            raise StepLeftError("the tape's block stands on the line of the with", block)
        assigned = self._assigned(block, inside)
        losses = [self._loss_text(step) for step in steps]
        later = self._used_later(block, assigned, steps)
        forward = self._free("forward")
        start = source.start(block)
        colon = self._colon(block)
        self._edits.splices.append(Splice(start, colon, (f"def {forward}()",)))
        for item in block.items:
            self._operators.settle(item)
            self._edits.gone.append(item.context_expr)
        loss = losses[0]
        first, aux = ([loss, *(one for one in later if one != loss)] if loss.isidentifier() else ["_", *later]), None
        if len(steps) > 1:
            extra = [one for one in losses[1:] if one.isidentifier() and one not in first]
            if any(not one.isidentifier() for one in losses):
                raise StepLeftError("several gradients of one block are taken of losses without a name", block)
            first += extra
        outputs = first[1:]
        indentation = source.indentation(source.start(block.body[0]))
        returned = ", ".join([loss, *outputs])
        self._lines_after(block.body[-1], indentation, [f"return {returned}"])
        outer = source.indentation(start)
        for number, step in enumerate(steps):
            self._gradient(step, forward, first if number == 0 else [losses[number]], outputs, outer, number)
        del aux
        place = module.position(block)
        call = f"{self._names.names[VALUE_AND_GRAD]}({forward}, None, {module.text(steps[0].optimizer)}.parameters)"
        self._edits.findings.append(finding("step-converted/tape", *place, forward=forward, gradients=call))

    def _colon(self, block: ast.With) -> int:
        """The offset of the colon that ends the head of ``block``."""
        source = self._module.source
        last = block.items[-1].optional_vars or block.items[-1].context_expr
        at = source.end(last)
        between = source.data[at : source.start(block.body[0])]
        head = between.partition(b":")[0]
        if b"#" in head:
            raise StepLeftError("a comment stands in the head of the tape's block", block)
        return at + len(head)

    def _loss_text(self, step: Step) -> str:
        text = " ".join(self._module.text(step.gradient.loss).split())
        if any(isinstance(node, ast.Call) for node in ast.walk(step.gradient.loss)):
            raise StepLeftError("the loss is calculated where the gradient is taken", step.gradient.loss)
        return text

    def _assigned(self, block: ast.With, inside: Sequence[ast.AST]) -> set[str]:
        """The names that the block binds, which are local to the forward function.  Raises ``StepLeftError``."""
        module = self._module
        names: set[str] = set()
        for node in inside:
            if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
                names.add(node.id)
            elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
                raise StepLeftError("the tape's block sets more than names", node)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
                raise StepLeftError("the tape's block defines a function", block)
        if outward := names & module.index.outward:
            raise StepLeftError(f"{min(outward)} is bound for other functions as well", block)
        statements = set(inside)
        for node in inside:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
                if any(binding.statement not in statements for binding in module.origins(node)):
                    raise StepLeftError(f"{node.id} has a value from before the tape's block", node)
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                self._augmented(node, names, statements)
        return names

    def _augmented(self, node: ast.AugAssign, names: set[str], statements: set[ast.AST]) -> None:
        """``loss += ...`` needs a value from inside of the block."""
        assert isinstance(node.target, ast.Name)  # noqa: S101 -- asked for by the caller
        start = self._module.source.start(node)
        before = [
            one for one in statements
            if isinstance(one, ast.Assign) and self._module.source.start(one) < start
            and any(isinstance(target, ast.Name) and target.id == node.target.id for target in one.targets)
        ]  # fmt: skip
        if node.target.id in names and not before:
            raise StepLeftError(f"{node.target.id} has a value from before the tape's block", node)

    def _used_later(self, block: ast.With, assigned: set[str], steps: Sequence[Step]) -> list[str]:
        """The names of the block that are read behind it, in the order in which they are bound."""
        module = self._module
        inside = set(ast.walk(block))
        consumed = {node for step in steps for node in ast.walk(step.gradient.loss)}
        later: dict[str, int] = {}
        for name in assigned:
            for _, use in module.index.uses.get(name, ()):
                if use in inside or use in consumed:
                    continue
                bound = [one for one in module.origins(use) if one.statement in inside]
                if bound:
                    later[name] = min(module.source.start(one.node) for one in bound if isinstance(one.node, ast.expr)) if any(
                        isinstance(one.node, ast.expr) for one in bound) else 0  # fmt: skip
        return sorted(later, key=lambda name: (later[name], name))

    def _gradient(
        self, step: Step, forward: str, first: Sequence[str], outputs: Sequence[str], outer: str, number: int
    ) -> None:
        """The call that gives the loss and the gradients, in the place of ``tape.gradient(...)``."""
        module, source = self._module, self._module.source
        gradient = step.gradient
        name = gradient.name or self._free("gradients")
        optimizer = module.text(step.optimizer)
        if number:
            # another loss of the same block: a function of its own, whose first result it is
            other = self._free(f"{forward}_of_{first[0]}")
            unit = module.indent_unit
            every = ", ".join([self._loss_text(self._steps[0]) if not first else "_", *outputs])
            del every
            place = outputs.index(first[0]) + 1
            lines = [f"def {other}():", f"{unit}return {forward}()[{place}]"]
            self._lines_above(gradient.statement, outer, lines)
            text = f"_, {name} = {self._names.names[VALUE_AND_GRAD]}({other}, None, {optimizer}.parameters)()"
        else:
            aux = ", has_aux=True" if outputs else ""
            target = f"({', '.join(first)})" if outputs else (first[0] if first[0] != "_" else "_")
            text = f"{target}, {name} = {self._names.names[VALUE_AND_GRAD]}({forward}, None, {optimizer}.parameters{aux})()"
        self._edits.needs.add(VALUE_AND_GRAD)
        if gradient.name is None:
            self._lines_above(gradient.statement, outer, [text])
            self._edits.splices.append(Splice(source.start(gradient.call), source.end(gradient.call), (name,)))
        else:
            start, end = source.start(gradient.statement), source.end(gradient.statement)
            if b"#" in source.data[start:end]:
                raise StepLeftError("a comment stands inside of tape.gradient(...)", gradient.statement)
            self._edits.splices.append(Splice(start, end, (text,)))
        self._operators.settle(gradient.statement if gradient.name is not None else gradient.call)
        for clip in gradient.clips:
            self._clip(clip)

    def _clip(self, clip: ast.Assign) -> None:
        """``clip_by_global_norm`` of MindSpore gives the gradients alone."""
        module, source = self._module, self._module.source
        call = clip.value.value if isinstance(clip.value, ast.Subscript) else clip.value
        if not isinstance(call, ast.Call):
            return  # a comprehension of clips: its calls are operators like any other
        target = clip.targets[0]
        if isinstance(target, ast.Tuple):
            self._edits.splices.append(Splice(source.start(target), source.end(target), (module.text(target.elts[0]),)))
        if isinstance(clip.value, ast.Subscript):
            self._edits.splices.append(Splice(source.end(call), source.end(clip.value), ()))
        self._operators.replace(call.func, f"{self._names.ops}.clip_by_global_norm")
        self._edits.needs.add("mindspore.ops")
        self._operators.settle(call.func)

    def _apply(self, step: Step) -> None:
        """``optimizer.apply_gradients(zip(gradients, variables))`` is ``optimizer(gradients)``."""
        module, source = self._module, self._module.source
        start, end = source.start(step.apply), source.end(step.apply)
        if b"#" in source.data[start:end]:
            raise StepLeftError("a comment stands inside of apply_gradients(...)", step.apply)
        gradient = step.gradient
        last = gradient.clips[-1] if gradient.clips else None
        name = gradient.name or "gradients"
        if gradient.name is None:
            name = next(
                one.parts[0] for one in self._edits.splices
                if (one.start, one.end) == (source.start(gradient.call), source.end(gradient.call))
                and isinstance(one.parts[0], str)
            )  # fmt: skip
            self._edits.splices = [
                one for one in self._edits.splices
                if (one.start, one.end) != (source.start(gradient.call), source.end(gradient.call))
            ]  # fmt: skip
        if last is not None:
            target = last.targets[0]
            first = target.elts[0] if isinstance(target, ast.Tuple) else target
            name = module.text(first)
        listed = last is not None and isinstance(last.value, ast.ListComp)
        text = f"{module.text(step.optimizer)}({f'tuple({name})' if listed else name})"
        self._edits.splices = [one for one in self._edits.splices if not (start <= one.start and one.end <= end)]
        self._edits.splices.append(Splice(start, end, (text,)))
        self._edits.gone += [step.apply.args[0]]

    # ------------------------------------------------------------------ training flag, tensors, formats

    def _flags(self, region: Region, blocks: dict[ast.With, list[Step]]) -> None:
        """``training=`` of a call becomes the mode of the Cell."""
        module, source = self._module, self._module.source
        modes: dict[ast.With, dict[str, bool]] = {block: {} for block in blocks}
        everywhere = list(flagged(region))
        for call, keyword in everywhere:
            known, value = module.constant(keyword.value)
            if not known or module.framework_name(call.func) or dotted(call.func) is None:
                raise StepLeftError("the training flag is not known here", keyword)
            block = next((one for one in module.index.ancestors(call) if one in blocks), None)
            name = module.text(call.func)
            self._operators.drop(call, keyword)
            self._operators.settle(keyword)
            if isinstance(block, ast.With):
                if modes[block].setdefault(name, bool(value)) != bool(value):
                    raise StepLeftError("one block calls the network in both modes", call)
            else:
                at = source.end(call.func)
                self._operators.insert(at, f".set_train({'' if value else 'False'})")
        trained = {name for mode in modes.values() for name, value in mode.items() if value}
        trained |= {module.text(call.func) for call, keyword in everywhere if module.constant(keyword.value)[1]}
        for block, steps in blocks.items():
            for step in steps:
                for name in self._networks(step):
                    if name in trained and self._called(block, name):
                        modes[block].setdefault(name, False)
            for name, value in modes[block].items():
                if value or name in trained:
                    indentation = source.indentation(source.start(block))
                    self._lines_above(block, indentation, [f"{name}.set_train({'' if value else 'False'})"])

    def _networks(self, step: Step) -> Iterator[str]:
        for node in ast.walk(step.gradient.sources):
            if isinstance(node, ast.Attribute) and (base := dotted(node.value)) is not None:
                yield base

    def _called(self, block: ast.With, name: str) -> bool:
        return any(isinstance(node, ast.Call) and dotted(node.func) == name for node in ast.walk(block))

    def _tensors(self, region: Region, blocks: dict[ast.With, list[Step]]) -> None:
        """The data that comes into a block from outside, as tensors: one line above the block."""
        module, source = self._module, self._module.source
        for block, steps in blocks.items():
            networks = {name for step in steps for name in self._networks(step)}
            names: dict[str, ast.Name] = {}
            for node in ast.walk(block):
                if isinstance(node, ast.Call) and self._takes_data(node, networks, region):
                    for value in (*node.args, *(one.value for one in node.keywords)):
                        root = _root(value)
                        if root is not None and self._is_data(root, block):
                            names.setdefault(root.id, root)
                elif isinstance(node, ast.BinOp):
                    for value in (node.left, node.right):
                        root = _root(value)
                        if root is not None and self._is_data(root, block):
                            names.setdefault(root.id, root)
            if not names:
                continue
            for name in names.values():
                self._check_local(name)
            qualified = f"{self._names.runtime}.to_tensor"
            own = self._names.names[qualified]
            self._edits.needs.add(qualified)
            text = f"{', '.join(names)} = {', '.join(f'{own}({name})' for name in names)}"
            self._lines_above(block, source.indentation(source.start(block)), [text])

        self._inline(region, blocks)

    def _inline(self, region: Region, blocks: dict[ast.With, list[Step]]) -> None:
        """The data of calls outside of the blocks, such as those of a validation step, as tensors in their places."""
        module, source = self._module, self._module.source
        networks = {name for steps in blocks.values() for step in steps for name in self._networks(step)}
        own = self._names.names[f"{self._names.runtime}.to_tensor"]
        inside = {node for block in blocks for node in ast.walk(block)}
        for node in region.nodes():
            if not isinstance(node, ast.Call) or node in inside or not self._takes_data(node, networks, region):
                continue
            if module.framework_name(node.func):
                continue
            for value in (*node.args, *(one.value for one in node.keywords if one.arg != "training")):
                root = _root(value)
                if root is not None and self._from_outside(root, networks):
                    self._operators.insert(source.start(value), f"{own}(", rank=1)
                    self._operators.insert(source.end(value), ")", rank=-1)
                    self._edits.needs.add(f"{self._names.runtime}.to_tensor")

    def _from_outside(self, name: ast.Name, networks: set[str]) -> bool:
        """Parameters, loop variables, and what no call of a network or operator gives."""
        for binding in self._module.origins(name):
            value = binding.value
            if isinstance(value, ast.Call) and (
                dotted(value.func) in networks or self._module.framework_name(value.func) or value.keywords
            ):
                return False
            if binding.kind in (BindingKind.IMPORT, BindingKind.FUNCTION, BindingKind.CLASS):
                return False
        return True

    def _takes_data(self, call: ast.Call, networks: set[str], region: Region) -> bool:
        """A call of a network, a loss or an operator."""
        if dotted(call.func) in networks or self._module.framework_name(call.func):
            return True
        if any(one.kind == "loss" and call.func in one.readers for one in region.shared.values()):
            return True
        return any(keyword.arg == "training" for keyword in call.keywords)

    def _is_data(self, name: ast.Name, block: ast.With) -> bool:
        """A name from outside of the block that may stand for an array."""
        module = self._module
        inside = set(ast.walk(block))
        bindings = module.origins(name)
        if not bindings or any(one.statement in inside for one in bindings):
            return False
        if any(one.kind in (BindingKind.IMPORT, BindingKind.FUNCTION, BindingKind.CLASS) for one in bindings):
            return False
        return not any(_scalar(module, one.value) for one in bindings if one.value is not None)

    def _check_local(self, name: ast.Name) -> None:
        """Binding a name of the module inside of a function would make it another one."""
        module = self._module
        scope = module.index.scope(name)
        if name.id not in scope.bindings:
            raise StepLeftError(f"{name.id} comes from outside of the function and may be no tensor", name)

    def _formats(self, region: Region) -> None:
        """A tensor does not take a format: ``f"{loss:.3f}"`` needs a number."""
        module = self._module
        for node in ast.walk(module.index.module):
            values: list[ast.expr] = []
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                values = [node.value]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
                values = [*node.args, *(one.value for one in node.keywords)]
            for value in values:
                if isinstance(value, ast.Name) and self._is_result(value, region):
                    if module.text(value) != value.id:
                        raise StepLeftError(f"{value.id} stands in an f-string whose places cannot be told", value)
                    self._operators.insert(module.source.start(value), "float(")
                    self._operators.insert(module.source.end(value), ")")

    def _is_result(self, name: ast.Name, region: Region) -> bool:
        """Whether a name stands for a tensor that a converted step gives."""
        module = self._module
        blocks = {one for step in self._steps for one in ast.walk(step.block)}
        functions = {root for root in region.roots if isinstance(root, ast.FunctionDef)}
        for binding in module.origins(name):
            if binding.statement in blocks:
                return True
            value = binding.value
            func = value.func if isinstance(value, ast.Call) else None
            if isinstance(func, ast.Name) and any(one.node in functions for one in module.origins(func)):
                return True
            if isinstance(func, ast.Attribute) and any(one.name == func.attr for one in functions):
                return True
        return False

    # ------------------------------------------------------------------ lines

    def _lines_above(self, statement: ast.stmt, indentation: str, lines: Sequence[str]) -> None:
        source = self._module.source
        start = source.line_start(source.start(statement))
        newline = source.newline(source.start(statement))
        self._edits.splices.append(Splice(start, start, ("".join(f"{indentation}{line}{newline}" for line in lines),)))

    def _lines_after(self, statement: ast.stmt, indentation: str, lines: Sequence[str]) -> None:
        source = self._module.source
        end = source.logical_end(source.end(statement))
        newline = source.newline(max(end - 1, 0))
        text = "".join(f"{indentation}{line}{newline}" for line in lines)
        if end == len(source.data) and not source.data.endswith((b"\n", b"\r")):
            text = newline + text.removesuffix(newline)
        self._edits.splices.append(Splice(end, end, (text,)))

    def _free(self, name: str) -> str:
        taken = self._module.index.identifiers | self._fresh
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        self._fresh.add(candidate)
        return candidate


def _root(node: ast.expr) -> ast.Name | None:
    """The name that an argument is, or is a part of."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node if isinstance(node, ast.Name) else None


def _scalar(module: Module, node: ast.expr) -> bool:
    """Numbers, and what is a tensor already or no array at all."""
    if module.constant(node)[0]:
        return True
    if isinstance(node, ast.Call):
        name = module.framework_name(node.func) or ""
        return (
            name in ("tensorflow.constant", "tensorflow.convert_to_tensor", "tensorflow.random.normal")
            or ".losses." in name
        )
    return False
