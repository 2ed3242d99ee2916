"""What translating a call needs, and what comes of it, as plain values."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tf2ms_opt.diagnostics import Finding
from tf2ms_opt.evidence import Setting
from tf2ms_opt.facts import Argument, CallRewrite
from tf2ms_opt.options import Fidelity
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.schedules import Schedule
from tf2ms_opt.plan.targets import Choice
from tf2ms_opt.trace.module import Module


@dataclass(frozen=True, slots=True)
class Setup:
    """What the translation of every call of a file shares."""

    module: Module
    names: Aliases
    fidelity: Fidelity


@dataclass(frozen=True, slots=True)
class Translation:
    """The target call's arguments without the parameters to train, and what there is to say about them."""

    arguments: tuple[Argument, ...]
    findings: tuple[Finding, ...]
    #: the class that takes the arguments
    choice: Choice
    #: the source's arguments, given or default, as the evidence is asked for them
    setting: Setting
    #: dotted names of everything that the call needs
    needs: frozenset[str]
    #: schedules bound to a name elsewhere, and what they become at their own place
    schedules: tuple[tuple[Schedule, CallRewrite], ...] = ()
    #: names of the arguments that change the gradients before the update
    clips: tuple[str, ...] = ()
    #: what the runtime's class around the optimizer is given: name and text of each argument, and its class
    wrapped: tuple[tuple[str, str], ...] = ()
    wrapper: str = ""
    #: expressions that go into the class around the optimizer
    around: tuple[ast.expr, ...] = ()
    #: expressions of schedules that disappear
    gone: tuple[ast.expr, ...] = ()
