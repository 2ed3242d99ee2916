"""Gradient tapes become functions: the block a forward function, the gradient a call of ``value_and_grad``."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tf2ms_opt.diagnostics import finding
from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.parameters import variables_text
from tf2ms_opt.plan.step.blocks import (
    assigned_names,
    check_block,
    check_carried,
    check_several,
    end_of_head,
    is_certain,
    loss_text,
    names_used_later,
    taken_names,
)
from tf2ms_opt.plan.step.calls import StepLeftError, has_comment
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.datasets import Datasets
from tf2ms_opt.plan.step.inputs import Inputs
from tf2ms_opt.plan.step.inside import check_inside
from tf2ms_opt.plan.step.minimized import convert_minimized
from tf2ms_opt.plan.step.modes import Modes
from tf2ms_opt.plan.step.networks import networks_in
from tf2ms_opt.plan.step.operators import Operators
from tf2ms_opt.plan.step.parts import Taped
from tf2ms_opt.plan.step.results import Results
from tf2ms_opt.plan.step.surroundings import check_wrapped, tape_region
from tf2ms_opt.plan.step.tapes import VALUE_AND_GRAD, Step, check_uses
from tf2ms_opt.plan.step.units import Unit, Units, lines_above
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted


@dataclass(frozen=True, slots=True)
class _Forward:
    """A forward function: its name, its parameters, what its results are bound to, and those beside the loss."""

    name: str
    taken: str
    results: tuple[str, ...]
    outputs: tuple[str, ...]


class TapeSteps:
    """Converts all tapes of a module that lead to one another, together."""

    def __init__(
        self,
        module: Module,
        names: Aliases,
        generation: str,
        taped: Taped,
        sites: Sequence[ast.expr],
        compiled: AbstractSet[str],
    ) -> None:
        """``sites`` is what the optimizers' own drafts rewrite; ``compiled`` are networks with a step of their own."""
        self._compiled = compiled
        self._module = module
        self._minimized = taped.losses
        self._sites = sites
        self._names = names
        self._steps = taped.steps
        self._edits = StepEdits()
        self._operators = Operators(module, names, generation, self._edits)
        self._fresh: set[str] = set()
        self._inline_names: dict[ast.Call, str] = {}

    def edits(self) -> StepEdits:
        """Raises ``StepLeftError``."""
        module, operators = self._module, self._operators
        blocks: dict[ast.With, list[Step]] = {}
        for step in sorted(self._steps, key=lambda step: module.source.start(step.block)):
            blocks.setdefault(step.block, []).append(step)
        sources = {block: [step.gradient.sources for step in steps] for block, steps in blocks.items()}
        own = [networks_in(module, one) for every in sources.values() for one in every]
        own += [networks_in(module, one.variables) for one in self._minimized]
        own += [frozenset(filter(None, map(dotted, step.models))) for step in self._steps]
        region, networks = tape_region(module, self._steps, self._minimized, frozenset[str]().union(*own))
        every = [Unit(block, block, networks) for block in blocks]
        every += [Unit(one.function, module.index.statement(one.call), networks) for one in self._minimized]
        units = Units(module, every, region)
        for block, steps in blocks.items():
            check_uses(module, block, [step.gradient for step in steps])
            self._block(block, steps)
        check_inside(module, units)
        check_wrapped(module, region)
        modes = Modes(module, self._edits, operators, units, self._optimizers(), self._compiled)
        modes.flags()
        for node in self._sites:
            operators.settle(node)
        for step in self._steps:
            operators.settle(step.apply.args[0])
        for one in self._minimized:
            if one.variables is not None:
                operators.settle(one.variables)
        operators.convert(region, units.networks)
        modes.attributes()
        Inputs(module, self._names, self._edits, operators, units).convert()
        results = Results(module, operators, units)
        results.formats()
        results.arrays()
        for step in self._steps:
            self._apply(step)
        for one in self._minimized:
            convert_minimized(module, self._names, one, self._free("forward"), self._edits)
        Datasets(module, self._names, self._edits).convert()
        return self._edits

    def _optimizers(self) -> dict[str, ast.expr]:
        """The list of parameters that an optimizer trains -> the optimizer."""
        trained = [(step.gradient.sources, step.optimizer) for step in self._steps]
        trained += [(one.variables, one.optimizer) for one in self._minimized if one.variables is not None]
        found = ((variables_text(self._module, variables), optimizer) for variables, optimizer in trained)
        return {text[0]: optimizer for text, optimizer in found if text is not None}

    # ------------------------------------------------------------------ one block

    def _block(self, block: ast.With, steps: Sequence[Step]) -> None:
        module, source = self._module, self._module.source
        inside = check_block(module, block)
        assigned = assigned_names(module, block, inside)
        names = taken_names(module, assigned, inside)
        check_carried(module, block, names, inside)
        taken = ", ".join(names)
        losses = [loss_text(module, step, assigned, names) for step in steps]
        later = names_used_later(module, block, assigned, steps)
        for name in (*later, *(one for one in losses if one.isidentifier() and one in assigned)):
            if not is_certain(block.body, name):
                raise StepLeftError(f"{name} is not bound on every way through the tape's block", block)
        forward = self._free("forward")
        start = source.start(block)
        colon = end_of_head(module, block)
        self._edits.splices.append(Splice(start, colon, (f"def {forward}({taken})",)))
        for item in block.items:
            self._operators.settle(item)
            self._edits.gone.append(item.context_expr)
            self._deleted(block, item)
        loss = losses[0]
        first = [loss, *(one for one in later if one != loss)] if loss.isidentifier() else ["_", *later]
        if len(steps) > 1:
            check_several(module, steps)
            extra = [one for one in losses[1:] if one.isidentifier() and one not in first]
            if any(not one.isidentifier() for one in losses):
                raise StepLeftError("several gradients of one block are taken of losses without a name", block)
            first += extra
        outputs = first[1:]
        indentation = source.indentation(source.start(block.body[0]))
        returned = ", ".join([loss, *outputs])
        self._lines_after(block.body[-1], indentation, [f"return {returned}"])
        for number, step in enumerate(steps):
            given = [losses[number]] if number else first
            self._gradient(step, _Forward(forward, taken, tuple(given), tuple(outputs)), number)
        if len(steps) > 1:
            self._say_twice(block, len(steps))
        place = module.position(block)
        call = f"{self._names.names[VALUE_AND_GRAD]}({forward}, None, {module.text(steps[0].optimizer)}.parameters)"
        self._edits.findings.append(finding("step-converted/tape", *place, forward=forward, gradients=call))

    def _deleted(self, block: ast.With, item: ast.withitem) -> None:
        """``del tape`` goes with the tape."""
        module, source = self._module, self._module.source
        name = module.text(item.optional_vars) if item.optional_vars is not None else ""
        for statement in module.cached(_deletions):
            if module.index.scope(statement) is not module.index.scope(block):
                continue
            if not any(isinstance(target, ast.Name) and target.id == name for target in statement.targets):
                continue
            start, end = source.line_start(source.start(statement)), source.line_end(source.end(statement))
            alone = source.data[start:end].strip() == module.text(statement).encode()
            if len(statement.targets) > 1 or not alone or len(module.index.block(statement)) == 1:
                raise StepLeftError("the tape is deleted with something else", statement)
            self._edits.splices.append(Splice(start, end, ()))

    def _say_twice(self, block: ast.With, number: int) -> None:
        """Several gradients of a block that may not give the same numbers twice."""
        module = self._module
        for node in ast.walk(block):
            random = isinstance(node, ast.Call) and "random" in module.text(node.func)
            if random or (isinstance(node, ast.keyword) and node.arg == "training"):
                self._edits.findings.append(finding("evaluated-twice", *module.position(block), number=number))
                return

    def _gradient(self, step: Step, forward: _Forward, number: int) -> None:
        """The call that gives the loss and the gradients, in the place of ``tape.gradient(...)``."""
        module, source = self._module, self._module.source
        gradient = step.gradient
        name = gradient.name or self._free("gradients")
        parameters = f"{module.text(step.optimizer)}.parameters"
        value_and_grad = self._names.names[VALUE_AND_GRAD]
        lines: list[str] = []
        if number:
            # another loss of the same block: a function of its own, which gives that loss alone
            loss = forward.results[0]
            other = self._free(f"{forward.name}_of_{loss}")
            place = forward.outputs.index(loss) + 1
            lines = [f"def {other}({forward.taken}):"]
            lines.append(f"{module.indent_unit}return {forward.name}({forward.taken})[{place}]")
            text = f"_, {name} = {value_and_grad}({other}, None, {parameters})({forward.taken})"
        else:
            aux = ", has_aux=True" if forward.outputs else ""
            target = f"({', '.join(forward.results)})" if forward.outputs else forward.results[0]
            text = f"{target}, {name} = {value_and_grad}({forward.name}, None, {parameters}{aux})({forward.taken})"
        self._edits.needs.add(VALUE_AND_GRAD)
        if gradient.name is None:
            lines_above(module, self._edits, gradient.statement, [*lines, text])
            self._inline_names[gradient.call] = name
        else:
            start, end = source.start(gradient.statement), source.end(gradient.statement)
            if has_comment(module, gradient.statement):
                raise StepLeftError("a comment stands inside of tape.gradient(...)", gradient.statement)
            if number == 0 and not self._follows(step.block, gradient.statement):
                # what stands between may read the block's results, which this call gives
                indentation = source.indentation(source.start(step.block))
                self._lines_after(step.block, indentation, [text], rank=1)
                line, stop = source.line_start(start), source.line_end(end)
                if source.data[line:start].strip() or source.data[end:stop].strip():
                    raise StepLeftError("tape.gradient(...) shares its line", gradient.statement)
                self._edits.splices.append(Splice(line, stop, ()))
            else:
                if lines:
                    lines_above(module, self._edits, gradient.statement, lines)
                self._edits.splices.append(Splice(start, end, (text,)))
        self._operators.settle(gradient.statement if gradient.name is not None else gradient.call)
        for clip in gradient.clips:
            self._clip(clip)

    def _follows(self, block: ast.With, statement: ast.stmt) -> bool:
        """Whether ``statement`` is the next one behind the block."""
        beside = self._module.index.block(block)
        return beside.index(statement) == beside.index(block) + 1

    def _clip(self, clip: ast.Assign) -> None:
        """``clip_by_global_norm`` of MindSpore gives the gradients alone."""
        module, source = self._module, self._module.source
        call = clip.value.value if isinstance(clip.value, ast.Subscript) else clip.value
        if not isinstance(call, ast.Call) or not module.framework_name(call.func):
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
        name = gradient.name or self._inline_names[gradient.call]
        if last is not None:
            target = last.targets[0]
            first = target.elts[0] if isinstance(target, ast.Tuple) else target
            name = module.text(first)
        listed = last is not None and isinstance(last.value, ast.ListComp)
        text = f"{module.text(step.optimizer)}({f'tuple({name})' if listed else name})"
        self._edits.splices = [one for one in self._edits.splices if not start < one.end <= end]
        self._edits.splices.append(Splice(start, end, (text,)))
        self._edits.gone += [step.apply.args[0]]

    # ------------------------------------------------------------------ lines

    def _lines_after(self, statement: ast.stmt, indentation: str, lines: Sequence[str], rank: int = 0) -> None:
        source = self._module.source
        end = source.logical_end(source.end(statement))
        newline = source.newline(max(end - 1, 0))
        text = "".join(f"{indentation}{line}{newline}" for line in lines)
        if end == len(source.data) and not source.data.endswith((b"\n", b"\r")):
            text = newline + text.removesuffix(newline)
        self._edits.splices.append(Splice(end, end, (text,), rank))

    def _free(self, name: str) -> str:
        taken = self._module.index.identifiers | self._fresh
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        self._fresh.add(candidate)
        return candidate


def _deletions(module: Module) -> list[ast.Delete]:
    return [statement for statement in module.index.moments if isinstance(statement, ast.Delete)]
