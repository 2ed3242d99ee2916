"""Converts the schedules that a learning rate comes from: their calls, what they are given, and classes of the file."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import CallRewrite, Given, Mixed, Rebuilt, Splice, Value
from tf2ms_opt.options import Fidelity
from tf2ms_opt.plan.custom.classes import arguments_of, convert_class
from tf2ms_opt.plan.custom.kinds import ScheduleLeftError
from tf2ms_opt.plan.schedules import Flow, OwnSchedule, Schedule, flow_of
from tf2ms_opt.plan.signature import LeftError
from tf2ms_opt.plan.targets import insteads
from tf2ms_opt.plan.translation import OwnClass, Setup, Translation
from tf2ms_opt.ruleset import Candidate

Translate: TypeAlias = "Callable[[Setup, Candidate, ast.Call, tuple[int, int]], Translation]"


@dataclass(slots=True)
class Rates:
    """The conversion of all schedules of one learning rate, as it comes together."""

    setup: Setup
    generation: str
    argument: str
    place: tuple[int, int]
    translate: Translate
    rewrites: list[CallRewrite] = field(default_factory=list)
    splices: list[Splice] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    gone: list[ast.expr] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    flow: Flow = field(default_factory=Flow)

    def convert(self, flow: Flow) -> None:
        """Convert every schedule of ``flow``.  Raises ``LeftError``."""
        module = self.setup.module
        self.flow = self.flow.and_also(flow)
        for other in flow.others:
            known, value = module.constant(other)
            if known and not isinstance(value, float):
                source = f"a schedule, or {module.text(other)}, which is no float"
                raise LeftError(
                    finding("unsupported-value/schedule", *self.place, argument=self.argument, source=source)
                )
        for schedule in flow.schedules:
            if isinstance(schedule, Schedule):
                self._of_keras(schedule)
            else:
                self._of_file(schedule)

    def value(self, index: int, node: ast.expr) -> Value:
        """The argument ``node`` at place ``index``; what of its schedules stands elsewhere is written there."""
        source = self.setup.module.source
        start, end = source.start(node), source.end(node)
        inside = [one for one in self.rewrites if start <= one.start and one.end <= end]
        elsewhere = [one for one in self.rewrites if one not in inside]
        self.splices += [Splice(one.start, one.end, (one,)) for one in elsewhere]
        if not inside:
            return Given(index)
        if len(inside) == 1 and (inside[0].start, inside[0].end) == (start, end):
            return Rebuilt(index, inside[0])
        pieces: list[str | tuple[str, CallRewrite]] = []
        for one in sorted(inside, key=lambda rewrite: rewrite.start):
            pieces += [source.data[start : one.start].decode(), (source.data[one.start : one.end].decode(), one)]
            start = one.end
        return Mixed(index, (*pieces, source.data[start:end].decode()))

    def _of_keras(self, schedule: Schedule) -> None:
        setup, module = self.setup, self.setup.module
        place = module.position(schedule.call)
        inner = self.translate(setup, schedule.candidate, schedule.call, place)
        source = schedule.candidate.source.class_name
        details = {"source": source, "target": inner.choice.short, "module": setup.names.runtime.lstrip(".")}
        if inner.choice.runtime is None:
            note = finding("schedule-converted", *place, **details)
        elif inner.choice.why:
            note = finding("schedule-converted/instead", *place, reason=inner.choice.why, **details)
        else:
            note = finding("schedule-converted/runtime", *place, **details)
        if setup.fidelity is Fidelity.NAMES and (reasons := insteads(schedule.candidate, inner.setting)):
            note = finding("plain-renaming", *place, difference="; ".join(reasons))
        start, end = module.source.start(schedule.call), module.source.end(schedule.call)
        rewrite = CallRewrite(start, end, setup.names.callee(inner.choice), inner.arguments)
        if rewrite not in self.rewrites:
            self.rewrites.append(rewrite)
        self.findings += [*inner.findings, note]
        self.gone += [schedule.call.func, *inner.gone]
        self.needs |= inner.needs

    def _of_file(self, schedule: OwnSchedule) -> None:
        """A schedule of a class of the file: the class is converted, and what the call hands to it."""
        module, owner = self.setup.module, schedule.owner
        known = self._class(owner)
        takes = known.converted.schedules
        init = next((one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
        names = [one.arg for one in init.args.args[1:]] if init is not None else []
        try:
            arguments = arguments_of(schedule.call, names)
        except ScheduleLeftError as left:
            raise self._left(owner, left) from left
        for name, node in arguments.items():
            text = f"{name}={module.text(node)}"
            found = flow_of(module, node, text, module.position(node))
            if isinstance(found, Finding):
                raise LeftError(found)
            if (found is not None) != (name in takes) or (found is not None and found.others):
                raise self._left(
                    owner, ScheduleLeftError(f"{text} is a schedule for some calls and none for others", node)
                )
            if found is not None:
                self.convert(found)
            elif not self._is_plain(node):
                raise self._left(owner, ScheduleLeftError(f"{text} is a value of TensorFlow's", node))
        self.flow = self.flow.and_also(known.flow)
        self.splices += known.splices
        self.gone += known.gone
        self.needs |= known.needs
        self.findings += [
            *known.findings,
            finding("schedule-converted/class", *module.position(owner), name=owner.name),
        ]

    def _is_plain(self, node: ast.expr) -> bool:
        """Whether TensorFlow has no part in ``node``, as far as the file shows."""
        module = self.setup.module
        values = [one.value for one in module.origins(node) if one.value is not None]
        parts = [
            part for one in (node, *values) for part in ast.walk(one) if isinstance(part, (ast.Name, ast.Attribute))
        ]
        return not any(module.framework_name(part) for part in parts)

    def _class(self, owner: ast.ClassDef) -> OwnClass:
        """The class of the file as it becomes; once for all its instances.  Raises ``LeftError``."""
        setup = self.setup
        if owner not in setup.classes:
            built = Rates(setup, self.generation, self.argument, self.place, self.translate)
            try:
                found = convert_class(setup.module, setup.names, self.generation, owner, built.nested)
            except ScheduleLeftError as left:
                setup.classes[owner] = left
            else:
                splices = (
                    *found.splices,
                    *built.splices,
                    *(Splice(one.start, one.end, (one,)) for one in built.rewrites),
                )
                needs, gone = found.needs | built.needs, (*found.gone, *built.gone)
                findings = tuple(built.findings)
                setup.classes[owner] = OwnClass(found, splices, frozenset(needs), gone, built.flow, findings)
        known = setup.classes[owner]
        if isinstance(known, ScheduleLeftError):
            raise self._left(owner, known)
        return known

    def nested(self, node: ast.expr) -> bool:
        """Convert the schedule that a class of the file builds; whether ``node`` is one.  Raises ``LeftError``."""
        module = self.setup.module
        found = flow_of(module, node, module.text(node), module.position(node))
        if not isinstance(found, Flow) or found.parameters:
            return False  # what is handed over is converted where it is handed over
        self.convert(found)
        return True

    def _left(self, owner: ast.ClassDef, left: ScheduleLeftError) -> LeftError:
        line = self.setup.module.position(left.node)[0]
        key = "unsupported-value/own-schedule"
        details = {"argument": self.argument, "name": owner.name, "reason": left.reason}
        return LeftError(finding(key, *self.place, line=line, **details))
