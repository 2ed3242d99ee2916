"""What gradient tapes take with them: the code that is converted together with them, and all names of networks."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.minimized import Minimized
from tf2ms_opt.plan.step.networks import network_calls, other_networks
from tf2ms_opt.plan.step.region import Region, RegionFinder, results_read
from tf2ms_opt.plan.step.tapes import Step
from tf2ms_opt.trace.module import Module

#: methods of a distribution strategy
_RUNS = {"run", "experimental_run_v2", "call_for_each_replica"}


def tape_region(
    module: Module, steps: Sequence[Step], losses: Sequence[Minimized], networks: frozenset[str]
) -> tuple[Region, frozenset[str]]:
    """Everything that is converted with the steps: their functions, what calls their networks, what reads results.

    The networks are those that ``networks`` names, under every name that they get, and others that are called.
    Raises ``StepLeftError``.
    """
    finder = RegionFinder(module)
    apart = [module.index.statement(step.apply) for step in steps]
    apart += [one for step in steps for one in (step.gradient.statement, *step.gradient.clips)]
    starts: list[ast.stmt] = [step.block for step in steps]
    for one in losses:
        function = one.function if isinstance(one.function, ast.stmt) else module.index.statement(one.function)
        starts += [module.index.statement(one.call), function]
    while True:
        called = [module.index.statement(call) for call in network_calls(module, networks)]
        region = finder.around([*starts, *called])
        region.roots += [one for one in apart if not region.holds(module, one)]
        more = [one for one in results_read(module, region) if not region.holds(module, one)]
        known = networks | other_networks(module, networks, region)
        if not more and known == networks:
            return region, networks
        networks = known
        starts += more


def check_wrapped(module: Module, region: Region) -> None:
    """Functions that are converted go to nothing of TensorFlow: ``tf.function(step)``, ``strategy.run(step)``."""
    finder = RegionFinder(module)
    for call in module.index.calls:
        for value in (*call.args, *(one.value for one in call.keywords)):
            if isinstance(value, (ast.Name, ast.Attribute)) and finder.local(value) in region.roots:
                name = module.text(call.func)
                if module.framework_name(call.func) or name.rpartition(".")[2] in _RUNS:
                    raise StepLeftError(f"{name}(...) takes a function of the step", call)
