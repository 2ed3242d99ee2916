"""The rule table, one rule with its parameters, and the explanation of a finding, for people.

It shows what the rule files and the catalogue say, and adds no knowledge of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tf2ms_opt.diagnostics import Entry, Severity
from tf2ms_opt.evidence import conditions
from tf2ms_opt.report import measured
from tf2ms_opt.report.wrapped import print_wrapped
from tf2ms_opt.rules import Action, Parameter, Rule, Source
from tf2ms_opt.ruleset import Candidate, RuleSet

if TYPE_CHECKING:
    from rich.console import Console

_ACTIONS = {
    Action.DROP: "dropped: no effect on training",
    Action.REVIEW: "dropped, to review",
    Action.WRAP: "a class around the optimizer",
    Action.REFUSE: "the call is left",
    Action.STEP: "dropped, to review",
    Action.IGNORED: "dropped: the source ignores it",
    Action.ERROR: "the call is left",
    Action.LEARNING_RATE_DECAY: "a schedule around the rate",
}
_SEVERITIES = {
    Severity.INFO: "converted, for information",
    Severity.REVIEW: "converted, to review",
    Severity.LEFT: "left for a person",
    Severity.ERROR: "the file could not be processed",
}


def print_rules(console: Console, rules: Iterable[Rule]) -> None:
    """All rules, one a row; on a terminal that is too narrow for that, one a paragraph."""
    rows = [(rule.name, target_names(rule), _sources(rule), rule.summary) for rule in rules]
    widths = _widths(rows)
    if console.is_terminal and sum(widths) + 2 * len(widths) > console.width:
        for name, target, sources, summary in rows:
            lead = f"{name:<{widths[0]}}  "
            print_wrapped(console, lead, summary, span=(0, len(name), "bold"))
            print_wrapped(console, " " * len(lead), f"{sources} -> {target}")
        return
    for row in rows:
        *cells, last = (f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=True))
        print_wrapped(console, "".join(cells), last.rstrip(), span=(0, len(row[0]), "bold"))


def print_rule(console: Console, rule: Rule, rules: RuleSet) -> None:
    """One rule: for every generation of its source, what becomes of each parameter."""
    print_wrapped(console, "", rule.name, style="bold")
    print_wrapped(console, "  ", rule.summary)
    print_wrapped(console, "  becomes  ", target_names(rule))
    if rule.target.reason:
        print_wrapped(console, "  because  ", rule.target.reason)
    if rule.target.docs:
        print_wrapped(console, "  see      ", rule.target.docs)
    if rule.strings:
        print_wrapped(console, "  by name  ", ", ".join(rule.strings))
    for candidate in _candidates(rule, rules):
        console.print()
        _print_candidate(console, candidate, rules)


def print_entry(console: Console, name: str, entry: Entry) -> None:
    """A finding of the catalogue: why it exists, what to do, and the sentences it comes in."""
    print_wrapped(console, "", f"{entry.code} {name} ({_SEVERITIES[entry.severity]})", style="bold")
    for lead, text in (("", entry.title), ("", entry.explanation), ("next: ", entry.next_step)):
        print_wrapped(console, f"  {lead}", text)
        console.print()
    print_wrapped(console, "  ", "It reads:")
    for message in entry.messages.values():
        print_wrapped(console, "  - ", message)


def _print_candidate(console: Console, candidate: Candidate, rules: RuleSet) -> None:
    source, generation = candidate.source, candidate.generation
    title = rules.framework.generation[generation].title
    print_wrapped(console, "", f"{source.class_name} in {generation} ({title})", style="bold")
    rows = [_cells(parameter, candidate) for parameter in candidate.parameters]
    name_width, default_width, *_ = _widths((("parameter", "default", ""), *rows))
    print_wrapped(console, f"  {'parameter':<{name_width}}  {'default':<{default_width}}  ", "becomes", style="dim")
    for parameter, (name, default, becomes) in zip(candidate.parameters, rows, strict=True):
        print_wrapped(console, f"  {name:<{name_width}}  {default:<{default_width}}  ", becomes)
        if parameter.reason:
            print_wrapped(console, "      ", parameter.reason, style="dim")
    for state in source.state:
        text = f".{state.attribute} is set to {state.value} after construction: {state.because}"
        print_wrapped(console, "  state    ", text)
    for difference in source.difference:
        only = " and ".join(f"{name} is {value}" for name, value in difference.when.items())
        print_wrapped(console, "  differs  ", f"where {only}: {difference.reason}" if only else difference.reason)
    _print_evidence(console, candidate)


def _print_evidence(console: Console, candidate: Candidate) -> None:
    """What was measured for this generation, a line for each setting and fidelity."""
    rule = candidate.rule
    found = list(measured.rows(rule, candidate.generation))
    if rule.evidence is None or not found:
        return
    print_wrapped(console, "  measured ", f"{rule.evidence.steps} steps, {conditions(rule.evidence)}")
    cells = [(row.setting, row.fidelity, row.target.rpartition(".")[2]) for row in found]
    widths = _widths(cells)
    for row, line in zip(found, cells, strict=True):
        lead = "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        print_wrapped(console, f"    {lead}  ", measured.deviation(row))


def _cells(parameter: Parameter, candidate: Candidate) -> tuple[str, str, str]:
    default = "(required)" if parameter.default is None else parameter.default
    return parameter.name, default, _becomes(parameter, candidate)


def _becomes(parameter: Parameter, candidate: Candidate) -> str:
    if parameter.to is None and parameter.runtime_to is not None:
        return f"{parameter.runtime_to} of the runtime's class"
    if parameter.to is None:
        action = "" if parameter.action is None else _ACTIONS[parameter.action]
        return f"{action} (unless {', '.join(parameter.inert)})" if parameter.inert else action
    found = candidate.target.find(parameter.to)
    return f"{parameter.to}, always written" if found is not None and found.pin else parameter.to


def target_names(rule: Rule) -> str:
    """What the rule emits at ``stock``: MindSpore's classes, or those of the runtime module where it has none."""
    return ", ".join(dict.fromkeys(name for source in rule.source for name in _of_source(rule, source)))


def _of_source(rule: Rule, source: Source) -> Iterator[str]:
    target = source.target or rule.target
    if target.name:
        yield target.name
    elif source.runtime is not None:
        yield from (f"tf2ms_runtime.{name}" for name in source.runtime.classes.values())


def _sources(rule: Rule) -> str:
    """Each source class with its generations."""
    generations: dict[str, list[str]] = {}
    for source in rule.source:
        generations.setdefault(source.class_name, []).extend(source.generations)
    return ", ".join(f"{name} ({', '.join(among)})" for name, among in generations.items())


def _candidates(rule: Rule, rules: RuleSet) -> Iterator[Candidate]:
    """One candidate a source and generation, in the rule's own order."""
    known = [candidate for group in rules.candidates.values() for candidate in group]
    for source in rule.source:
        for generation in source.generations:
            yield next(each for each in known if each.source is source and each.generation == generation)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]
