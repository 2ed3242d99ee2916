"""One run of ``verify``: from files or a rule to experiments, to both frameworks, to a report and an exit code.

It joins the lab's parts and holds no knowledge of theirs; the syntax of the command line is for ``cli``.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tf2ms_opt.config import Settings, of_file
from tf2ms_opt.evidence import EXACT, ROUNDING, bound
from tf2ms_opt.generations import generation_of_tensorflow
from tf2ms_opt.lab import matrix, sites
from tf2ms_opt.lab import plot as drawing
from tf2ms_opt.lab.experiments import Experiment, Inputs
from tf2ms_opt.lab.measure import Measured, measure
from tf2ms_opt.lab.processes import Bench, Report, run
from tf2ms_opt.options import Fidelity, says_generation
from tf2ms_opt.pins import Pins
from tf2ms_opt.report import parity
from tf2ms_opt.report.progress import counting
from tf2ms_opt.rules import Rule
from tf2ms_opt.ruleset import RuleSet, load
from tf2ms_opt.runtime_module import compose, known
from tf2ms_opt.sink import Streams
from tf2ms_opt.spelling import suggestion
from tf2ms_opt.walk import walk
from tf2ms_opt.wishes import UsageError, check, options_of

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is run and how, beside the settings that ``convert`` has as well.

    ``given`` holds values for what is no literal in a file; ``plot`` is the picture to write.
    """

    inputs: Inputs
    bench: Bench
    tolerance: float = ROUNDING
    given: Mapping[str, object] | None = None
    plot: Path | None = None
    json: bool = False


def verify_files(paths: Sequence[str], settings: Settings, wishes: Wishes, streams: Streams, console: Console) -> int:
    """Verify the sites of ``paths``; the exit code: 1 where one differs, fails or cannot be run.

    Raises ``UsageError``, ``RuleFileError`` and ``LabError``.
    """
    rules = load([Path(folder) for folder in settings.rules or ()])
    check(settings, rules)
    found = _found(paths, settings, rules, wishes)
    experiments = [one for one in found if isinstance(one, Experiment)]
    skipped = [one for one in found if not isinstance(one, Experiment)]
    if not found:
        streams.say("no optimizer that a rule knows: nothing to verify")
        return 0
    with tempfile.TemporaryDirectory(prefix="tf2ms-lab-") as name:
        reports, measured = _measured(experiments, wishes, streams, Path(name))
        conditions = _conditions(wishes, reports)
        if wishes.json:
            _print_json(parity.document(measured, skipped, conditions), streams)
        else:
            for one in measured:
                parity.print_measured(console, one)
            for other in skipped:
                parity.print_skipped(console, other)
            parity.print_conditions(console, conditions if experiments else None)
        _plot(wishes, measured, Path(name))
    agree = all(one.verdict not in ("differs", "failed") for one in measured)
    return 0 if agree and not skipped else 1


def verify_rule(name: str, settings: Settings, wishes: Wishes, streams: Streams, console: Console) -> int:
    """Verify the whole matrix of a rule; the exit code: 1 where a row is beyond what its evidence claims.

    Raises ``UsageError``, ``RuleFileError`` and ``LabError``.
    """
    rules = load([Path(folder) for folder in settings.rules or ()])
    if name not in rules.rules:
        raise UsageError(f"--rule: {name!r} is unknown{suggestion(name, rules.rules)}")
    rule = rules.rules[name]
    levels = (settings.fidelity,) if settings.fidelity is not None else matrix.LEVELS
    check(settings, rules)
    wanted: str | None = settings.generation
    if settings.tf_version is not None:
        wanted = generation_of_tensorflow(settings.tf_version)
    experiments = [one for one in matrix.experiments(rule, rules, levels) if wanted in (None, one.generation)]
    if not experiments:
        raise UsageError(f"--rule: {name} has nothing to run with these options")
    with tempfile.TemporaryDirectory(prefix="tf2ms-lab-") as folder:
        reports, measured = _measured(experiments, wishes, streams, Path(folder))
        conditions = _conditions(wishes, reports)
        rows = by_row(measured)
        claims = [claimed(rule, row, eager=wishes.bench.tensorflow_mode == "eager") for row in rows]
        if wishes.json:
            _print_json(parity.document(measured, (), conditions), streams)
        else:
            parity.print_rows(console, rows, claims)
            parity.print_conditions(console, conditions)
        _plot(wishes, [_worst(row) for row in rows], Path(folder))
    return 1 if any(beyond(row, claim) for row, claim in zip(rows, claims, strict=True)) else 0


def by_row(measured: Sequence[Measured]) -> list[tuple[Measured, ...]]:
    """The runs of each generation, setting and fidelity, in the order of the matrix."""
    rows: dict[tuple[str, ...], list[Measured]] = {}
    for one in measured:
        rows.setdefault(one.experiment.row, []).append(one)
    return [tuple(row) for row in rows.values()]


def claimed(rule: Rule, row: Sequence[Measured], *, eager: bool) -> float | None:
    """What the rule's evidence promises for a row; None where it says nothing.

    The evidence is of TensorFlow's eager mode, from which a tf.function is some way off itself.
    """
    experiment = row[0].experiment
    for one in rule.evidence.row if rule.evidence is not None else ():
        wanted = (experiment.generation, experiment.setting, experiment.fidelity)
        if (one.generation, one.setting, one.fidelity) == wanted:
            return bound(one.largest if eager else one.largest + one.itself)
    return None


def beyond(row: Sequence[Measured], claim: float | None) -> bool:
    """Whether a row does worse than is claimed of it; an exact one has to be exact whatever is claimed."""
    limit = EXACT if row[0].experiment.fidelity == Fidelity.EXACT.value else ROUNDING
    return any(one.error is not None or one.deviation > (limit if claim is None else claim) for one in row)


def _worst(row: Sequence[Measured]) -> Measured:
    return max(row, key=lambda one: one.deviation)


def _found(
    paths: Sequence[str], settings: Settings, rules: RuleSet, wishes: Wishes
) -> list[Experiment | sites.Skipped]:
    found: list[Experiment | sites.Skipped] = []
    walked = walk([Path(path) for path in paths], exclude=settings.exclude or ())
    if walked.problems:
        problem = walked.problems[0]
        raise UsageError(f"{problem.path}: {problem.error.strerror or problem.error}")
    pins = Pins()
    for file in walked.files:
        own = options_of(of_file(settings, Path(file.path)), rules)
        if not says_generation(own) and (pin := pins.pinned(Path(file.path))) is not None:
            own = replace(own, pinned_generation=pin.generation, pinned_by=pin.by)
        found += sites.experiments(Path(file.real).read_bytes(), file.path, rules, own, wishes.given or {})
    return found


def _measured(
    experiments: Sequence[Experiment], wishes: Wishes, streams: Streams, folder: Path
) -> tuple[dict[str, Report], tuple[Measured, ...]]:
    if not experiments:
        return {}, ()
    if wishes.plot is not None:
        drawing.check()
    total = len(experiments) * len(wishes.bench.ends())
    with counting("experiments", total, _bar(streams)) as done:
        reports = run(experiments, wishes.inputs, wishes.bench, compose(known()), folder, done)
    return reports, measure(experiments, wishes.inputs, reports, folder, wishes.tolerance)


def _bar(streams: Streams) -> Callable[[], Console] | None:
    return streams.console if streams.live else None


def _conditions(wishes: Wishes, reports: Mapping[str, Report]) -> parity.Conditions:
    versions = {name: version for report in reports.values() for name, version in report.versions.items()}
    bench = wishes.bench
    return parity.Conditions(wishes.inputs, wishes.tolerance, bench.device, bench.tensorflow_mode, versions)


def _plot(wishes: Wishes, measured: Sequence[Measured], folder: Path) -> None:
    if wishes.plot is not None and measured:
        drawing.plot(measured, wishes.inputs, folder, wishes.plot)


def _print_json(document: dict[str, object], streams: Streams) -> None:
    streams.stdout.write(json.dumps(document, indent=2).encode("ascii") + b"\n")
    streams.stdout.flush()
