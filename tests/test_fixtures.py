"""Golden cases: ``tests/fixtures/<rule>/<case>/before.py`` becomes ``after.py``, with ``report.txt`` as its report.

Of a notebook they are ``before.ipynb`` and ``after.ipynb``.
``options.toml`` holds the settings of a case; a case whose file stays as it was has no ``after.py``.
``pytest --update-fixtures`` rewrites the golden files; read the diff.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from tf2ms_opt.diagnostics import catalogue
from tf2ms_opt.engine import convert_source
from tf2ms_opt.generations import Generation
from tf2ms_opt.language import SAID, Lexicon
from tf2ms_opt.options import DEFAULT_MINDSPORE, Fidelity, Options, Scope
from tf2ms_opt.outcomes import Outcome
from tf2ms_opt.report.places import position
from tf2ms_opt.ruleset import RuleSet

FIXTURES = Path(__file__).parent / "fixtures"
STEP = "_step"
#: English that is no code
ENGLISH = re.compile(
    r"\b(?:[a-z]+ (?:the|an?|are|its|of|which|has|takes|stands) [a-z]+|(?:it|its|the|a) [a-z]+ [a-z]+)"
)
CASES = sorted(path.parent for path in FIXTURES.glob("*/*/before.*"))


class CaseOptions(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    fidelity: Fidelity = Fidelity.STOCK
    tf_version: str | None = None
    generation: Generation | None = None
    params: str | None = None
    pinned_generation: str | None = None
    pinned_by: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    runtime_module: str | None = None
    package: str | None = None
    scope: Scope | None = None
    mindspore_version: str = DEFAULT_MINDSPORE
    annotate: bool = False
    path: str | None = None


def read_options(case: Path) -> CaseOptions:
    file = case / "options.toml"
    return msgspec.toml.decode(file.read_bytes(), type=CaseOptions) if file.exists() else CaseOptions()


def text_of(case: Path) -> Path:
    return next(case.glob("before.*"))


def run(data: bytes, case: Path, rules: RuleSet) -> Outcome:
    given = read_options(case)
    settings = {name: getattr(given, name) for name in given.__struct_fields__ if name != "path"}
    # the cases of optimizers are about constructors; what becomes of the step around them has a folder of its own
    settings["scope"] = given.scope or (Scope.STEP if case.parent.name == STEP else Scope.OPTIMIZER)
    options = Options(**settings)
    return convert_source(data, rules, options, given.path or text_of(case).name)


def report(outcome: Outcome) -> str:
    lines = [
        f"{outcome.status.value}, {outcome.generation or 'no generation'} by {outcome.generation_from or 'nothing'}"
    ]
    lines += [
        f"{position(site.line, site.column, site.cell)}"
        f" {site.outcome.value} {site.source} -> {site.params or 'nothing'}"
        f" [{' '.join(site.codes)}]"
        for site in outcome.sites
    ]
    if outcome.runtime is not None:
        lines.append(f"imports {', '.join(outcome.runtime.classes)} from {outcome.runtime.module}")
    lines += [
        f"{position(one.line, one.column, one.cell)} {one.code} {one.name}: {one.message}" for one in outcome.findings
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case(case: Path, rules: RuleSet, chinese: Lexicon, request: pytest.FixtureRequest) -> None:
    before = text_of(case).read_bytes()
    outcome = run(before, case, rules)
    after, golden_report = case / f"after{text_of(case).suffix}", case / "report.txt"
    if request.config.getoption("--update-fixtures"):
        golden_report.write_text(report(outcome), encoding="utf-8", newline="\n")
        if outcome.changed:
            after.write_bytes(outcome.after)
        else:
            after.unlink(missing_ok=True)
    assert report(outcome) == golden_report.read_text(encoding="utf-8")
    assert outcome.after == (after.read_bytes() if after.exists() else before)
    assert _in_english(outcome, chinese) == []


def _in_english(outcome: Outcome, chinese: Lexicon) -> list[str]:
    """What would still be said in English with ``--lang zh``: add it to ``src/tf2ms_opt/zh`` or ``rules/zh``."""
    texts = [chinese.phrase(outcome.generation_from or "")]
    for one in outcome.findings:
        said = chinese.finding(one)
        message = said.message
        for name, place in one.details:
            # the text of the file, and what Python's parser says, may be English
            if name not in SAID or one.name == "unparsable-file":
                message = message.replace(place, "")
        texts += [message, said.help]
    return [text for text in texts if ENGLISH.search(re.sub("`[^`]*`", "", text))]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_second_run_changes_nothing(case: Path, rules: RuleSet) -> None:
    once = run(text_of(case).read_bytes(), case, rules)
    assert run(once.after, case, rules).after == once.after


def test_every_rule_has_a_folder_and_every_folder_a_rule(rules: RuleSet) -> None:
    folders = {path.name for path in FIXTURES.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders == set(rules.rules)


@pytest.mark.parametrize("rule", sorted(path.name for path in FIXTURES.iterdir() if not path.name.startswith("_")))
def test_every_rule_has_a_converted_and_a_left_alone_case(rule: str) -> None:
    reports = [(case / "report.txt").read_text(encoding="utf-8") for case in (FIXTURES / rule).iterdir()]
    assert any(text.startswith("converted") for text in reports)
    assert any("TMO3" in text and text.startswith("unchanged") for text in reports)


def _reports() -> str:
    return "".join((case / "report.txt").read_text(encoding="utf-8") for case in CASES)


def test_every_finding_appears_in_some_report() -> None:
    # These come from the file system and from a result that fails its own check: tests of their own.
    elsewhere = {"unreadable-file", "undecodable-file", "self-check-failed", "runtime-module-taken", "oversized-file"}
    # of several files: tests/projects, and what is written together
    elsewhere |= {"group-not-written", "parameters-passed", "handed-over", "penalties-elsewhere"}
    missing = {name for name, entry in catalogue().items() if f"{entry.code} {name}" not in _reports()}
    assert missing == elsewhere


def test_every_parameter_of_every_signature_appears_in_some_case(rules: RuleSet) -> None:
    """A parameter that no case passes by name has never been seen to be converted."""
    text = "".join(text_of(case).read_bytes().decode("latin-1") for case in CASES).replace(" ", "")
    missing = {
        f"{candidate.rule.name}.{parameter.name} ({candidate.generation})"
        for group in rules.candidates.values()
        for candidate in group
        for parameter in candidate.parameters
        if f"{parameter.name}=" not in text
    }
    assert not missing
