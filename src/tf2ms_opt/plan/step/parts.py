"""What of a file is converted together or not at all: a compiled model, or its gradient tapes."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tf2ms_opt.options import Options
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.parameters import passed
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.plan.step.checks import Optimizers, check_all_converted, check_tape
from tf2ms_opt.plan.step.minimized import Minimized, check_losses, minimized
from tf2ms_opt.plan.step.model_uses import Compiled
from tf2ms_opt.plan.step.networks import networks_in
from tf2ms_opt.plan.step.region import RegionFinder
from tf2ms_opt.plan.step.tapes import Step, tape_step
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, dotted


@dataclass(slots=True)
class Part:
    """What is converted together: a model with all that is done with it, or all gradient tapes of a file.

    ``call`` is TensorFlow's call that each of ``sites`` is named with where the part is left.
    """

    sites: dict[Found, ast.Call]
    networks: frozenset[Binding]
    model: Compiled | None = None
    edits: StepEdits = field(default_factory=StepEdits)
    settled: dict[Found, Draft] = field(default_factory=dict)
    left: StepLeftError | None = None


def torn(parts: Sequence[Part]) -> tuple[Part, StepLeftError] | None:
    """A part that would be converted while another one with the same network is left, and why that one is."""
    left: dict[Binding, tuple[int, StepLeftError]] = {}  # the first one each
    for number, part in enumerate(parts):
        if part.left is not None:
            left |= {network: (number, part.left) for network in part.networks if network not in left}
    for part in parts if left else ():
        found = [left[network] for network in part.networks if network in left] if part.left is None else []
        if found:
            return part, min(found, key=lambda one: one[0])[1]
    return None


class Taped:
    """The gradient tapes and ``minimize`` calls of a module, as far as their forms are known."""

    def __init__(
        self,
        module: Module,
        known: Optimizers,
        applied: Mapping[ast.Call, list[Found]],
        options: Options,
    ) -> None:
        """``applied`` are the calls with the optimizers that they step."""
        self.applied = applied
        drafts = known.drafts
        self.steps: list[Step] = []
        self.losses: list[Minimized] = []
        self.left: StepLeftError | None = None
        try:
            for call, sites in applied.items():
                draft = drafts[sites[0]]
                check_tape(module, draft, call, options)
                check_all_converted(module, call, sites, known, options)
                if isinstance(call.func, ast.Attribute) and call.func.attr == "minimize":
                    self.losses.append(minimized(module, call))
                    check_losses(self.losses)
                else:
                    use = next(one for one in draft.uses if one.call is call)
                    params = next((one.parameters.text for one in draft.built if use in one.uses), draft.params)
                    self.steps.append(tape_step(module, call, params, passed(module, use)))
        except StepLeftError as left:
            self.left = left
        finder = RegionFinder(module)
        roots = [finder.root(call) for call in applied]
        roots += [one for step in self.steps for one in (step.block, step.gradient.statement, *step.gradient.clips)]
        given = [step.gradient.sources for step in self.steps]
        given += [one.variables for one in self.losses if one.variables is not None]
        #: the networks whose variables they name: all calls of these are converted with them
        self.networks = frozenset(name for one in given for name in networks_in(module, one))
        self.networks |= {name for step in self.steps for name in map(dotted, step.models) if name is not None}
        #: every node that is converted with them
        self.inside = frozenset(node for root in roots for node in ast.walk(root))
