"""What translating a call needs, and what comes of it, as plain values."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tf2ms_opt.diagnostics import Finding
from tf2ms_opt.evidence import Setting
from tf2ms_opt.facts import Argument, Splice
from tf2ms_opt.options import Fidelity
from tf2ms_opt.plan.custom.classes import ConvertedClass
from tf2ms_opt.plan.custom.kinds import ScheduleLeftError
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.schedules import Flow
from tf2ms_opt.plan.targets import Choice
from tf2ms_opt.trace.module import Module


@dataclass(frozen=True, slots=True)
class OwnClass:
    """A schedule's class of the file as it becomes, with the schedules that it builds itself."""

    converted: ConvertedClass
    splices: tuple[Splice, ...]
    needs: frozenset[str]
    gone: tuple[ast.expr, ...]
    flow: Flow
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Setup:
    """What the translation of every call of a file shares."""

    module: Module
    names: Aliases
    fidelity: Fidelity
    #: the file's own schedules that were converted, or why one was not
    classes: dict[ast.ClassDef, OwnClass | ScheduleLeftError] = field(default_factory=dict, compare=False)


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
    #: where the learning rate comes from, as far as it is a schedule
    flow: Flow = field(default_factory=Flow)
    #: edits that schedules need at their own place
    splices: tuple[Splice, ...] = ()
    #: names of the arguments that change the gradients before the update
    clips: tuple[str, ...] = ()
    #: what the runtime's class around the optimizer is given: name and text of each argument, and its class
    wrapped: tuple[tuple[str, str], ...] = ()
    wrapper: str = ""
    #: expressions that go into the class around the optimizer
    around: tuple[ast.expr, ...] = ()
    #: expressions of schedules that disappear
    gone: tuple[ast.expr, ...] = ()
