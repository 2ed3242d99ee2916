"""The rule table, one rule with its parameters, and the explanation of a finding, for people.

It shows what the rule files and the catalogue say, and adds no knowledge of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2ms_opt.diagnostics import Entry, Severity
from tf2ms_opt.evidence import conditions
from tf2ms_opt.language import ENGLISH, Lexicon
from tf2ms_opt.report import measured
from tf2ms_opt.report.wrapped import columns, padded, print_wrapped
from tf2ms_opt.rules import Action, Parameter, Rule, Source
from tf2ms_opt.ruleset import Candidate, RuleSet

if TYPE_CHECKING:
    from rich.console import Console

ACTIONS = {
    Action.DROP: "dropped: no effect on training",
    Action.REVIEW: "dropped, to review",
    Action.WRAP: "a class around the optimizer",
    Action.REFUSE: "the call is left",
    Action.STEP: "dropped, to review",
    Action.IGNORED: "dropped: the source ignores it",
    Action.ERROR: "the call is left",
    Action.LEARNING_RATE_DECAY: "a schedule around the rate",
}
#: what stands before the rows of one rule
LABELS = ("becomes", "because", "see", "by name", "state", "differs", "measured")
SEVERITIES = {
    Severity.INFO: "converted, for information",
    Severity.REVIEW: "converted, to review",
    Severity.LEFT: "left for a person",
    Severity.ERROR: "the file could not be processed",
}


def print_rules(console: Console, rules: Iterable[Rule], lexicon: Lexicon = ENGLISH) -> None:
    """All rules, one a row; on a terminal that is too narrow for that, one a paragraph."""
    rows = [(rule.name, target_names(rule), _sources(rule), lexicon.phrase(rule.summary)) for rule in rules]
    widths = _widths(rows)
    if console.is_terminal and sum(widths) + 2 * len(widths) > console.width:
        for name, target, sources, summary in rows:
            lead = f"{name:<{widths[0]}}  "
            print_wrapped(console, lead, summary, span=(0, len(name), "bold"))
            print_wrapped(console, " " * len(lead), f"{sources} -> {target}")
        return
    for row in rows:
        *cells, last = (padded(cell, width + 2) for cell, width in zip(row, widths, strict=True))
        print_wrapped(console, "".join(cells), last.rstrip(), span=(0, len(row[0]), "bold"))


def print_rule(console: Console, rule: Rule, rules: RuleSet, lexicon: Lexicon = ENGLISH) -> None:
    """One rule: for every generation of its source, what becomes of each parameter."""
    print_wrapped(console, "", rule.name, style="bold")
    page = _Page(console, lexicon)
    print_wrapped(console, "  ", lexicon.phrase(rule.summary))
    page.row("becomes", target_names(rule))
    if rule.target.reason:
        page.row("because", lexicon.phrase(rule.target.reason))
    if rule.target.docs:
        page.row("see", rule.target.docs)
    if rule.strings:
        page.row("by name", ", ".join(rule.strings))
    for candidate in candidates(rule, rules):
        console.print()
        _print_candidate(page, candidate, rules)


def print_entry(console: Console, name: str, entry: Entry, lexicon: Lexicon = ENGLISH) -> None:
    """A finding of the catalogue: why it exists, what to do, and the sentences it comes in."""
    kind = lexicon.words(SEVERITIES[entry.severity])
    print_wrapped(
        console, "", lexicon.say("{finding} ({kind})", finding=f"{entry.code} {name}", kind=kind), style="bold"
    )
    following = lexicon.say("next: {advice}", advice="")
    for lead, text in (("", entry.title), ("", entry.explanation), (following, entry.next_step)):
        print_wrapped(console, f"  {lead}", text)
        console.print()
    print_wrapped(console, "  ", lexicon.say("It reads:"))
    for message in entry.messages.values():
        print_wrapped(console, "  - ", message)


@dataclass(frozen=True, slots=True)
class _Page:
    """Where a rule is printed, and in whose words."""

    console: Console
    lexicon: Lexicon

    def row(self, label: str, text: str) -> None:
        """A text behind one word that says what it is; the words are as wide as the widest of them."""
        width = max(columns(self.lexicon.words(one)) for one in LABELS)
        print_wrapped(self.console, f"  {padded(self.lexicon.words(label), width)}  ", text)


def _print_candidate(page: _Page, candidate: Candidate, rules: RuleSet) -> None:
    console, say, phrase = page.console, page.lexicon.say, page.lexicon.phrase
    source, generation = candidate.source, candidate.generation
    title = phrase(rules.framework.generation[generation].title)
    heading = say("{name} in {generation} ({title})", name=source.class_name, generation=generation, title=title)
    print_wrapped(console, "", heading, style="bold")
    rows = [cells(parameter, candidate, page.lexicon) for parameter in candidate.parameters]
    head = (say("parameter"), say("default"), say("becomes"))
    widths = _widths((head, *rows))
    print_wrapped(console, f"  {padded(head[0], widths[0])}  {padded(head[1], widths[1])}  ", head[2], style="dim")
    for parameter, (name, default, becomes) in zip(candidate.parameters, rows, strict=True):
        print_wrapped(console, f"  {padded(name, widths[0])}  {padded(default, widths[1])}  ", becomes)
        if parameter.reason:
            print_wrapped(console, "      ", phrase(parameter.reason), style="dim")
    for state in source.state:
        because = phrase(state.because)
        said = say(
            ".{attribute} is set to {value} after construction: {because}",
            attribute=state.attribute, value=state.value, because=because,
        )  # fmt: skip
        page.row("state", said)
    for difference in source.difference:
        reason = phrase(difference.reason)
        when = (say("{name} is {value}", name=name, value=value) for name, value in difference.when.items())
        only = say(" and ").join(when)
        page.row("differs", say("where {only}: {reason}", only=only, reason=reason) if only else reason)
    _print_evidence(page, candidate)


def _print_evidence(page: _Page, candidate: Candidate) -> None:
    """What was measured for this generation, a line for each setting and fidelity."""
    rule = candidate.rule
    found = list(measured.rows(rule, candidate.generation))
    if rule.evidence is None or not found:
        return
    say, console = page.lexicon.say, page.console
    page.row(
        "measured", say("{steps} steps, {conditions}", steps=rule.evidence.steps, conditions=conditions(rule.evidence))
    )
    cells = [(row.setting, row.fidelity, row.target.rpartition(".")[2]) for row in found]
    widths = _widths(cells)
    for row, line in zip(found, cells, strict=True):
        lead = "  ".join(padded(cell, width) for cell, width in zip(line, widths, strict=True))
        print_wrapped(console, f"    {lead}  ", measured.deviation(row, page.lexicon))


def cells(parameter: Parameter, candidate: Candidate, lexicon: Lexicon = ENGLISH) -> tuple[str, str, str]:
    """A parameter of the source, its default, and what becomes of it."""
    default = lexicon.say("(required)") if parameter.default is None else parameter.default
    return parameter.name, default, _becomes(parameter, candidate, lexicon)


def _becomes(parameter: Parameter, candidate: Candidate, lexicon: Lexicon) -> str:
    say = lexicon.say
    if parameter.to is None and parameter.runtime_to is not None:
        return say("{name} of the runtime's class", name=parameter.runtime_to)
    if parameter.to is None:
        action = "" if parameter.action is None else lexicon.words(ACTIONS[parameter.action])
        inert = ", ".join(parameter.inert)
        return say("{action} (unless {values})", action=action, values=inert) if inert else action
    found = candidate.target.find(parameter.to)
    return say("{name}, always written", name=parameter.to) if found is not None and found.pin else parameter.to


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


def candidates(rule: Rule, rules: RuleSet) -> Iterator[Candidate]:
    """One candidate a source and generation, in the rule's own order."""
    known = [candidate for group in rules.candidates.values() for candidate in group]
    for source in rule.source:
        for generation in source.generations:
            yield next(each for each in known if each.source is source and each.generation == generation)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(columns, column)) for column in zip(*rows, strict=True)]
