"""The pages of the documentation site that are not files of ``docs``: made when it is built, from what holds the text.

The documents of the root, an index of the rules, and one page a finding, with an example from the test cases.  Nothing
is written twice: sentences come from ``findings.toml`` and the rule files, code from ``tests/fixtures``.
"""

from __future__ import annotations

import difflib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from tf2ms_opt.diagnostics import Entry, Severity, catalogue
from tf2ms_opt.report.table import SEVERITIES, target_names
from tf2ms_opt.ruleset import RuleSet

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
#: documents of the root, and the page that each becomes
DOCUMENTS = {
    "README.md": "index.md",
    "README_CN.md": "zh.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
#: files of the root that pages link to, as they are
PLAIN_FILES = {"LICENSE": "LICENSE.txt"}
RULES = "rules/index.md"
FINDINGS = "findings/index.md"
#: a longer case explains less than it shows
LONGEST = 45
CODE = re.compile(r"(?<!\[)`(?P<code>TMO\d{3})`")
LINK = re.compile(r"(?P<open>\]\()(?P<target>[^)\s#]+)(?P<rest>(?:#[^)\s]*)?\))")
RULES_HEAD = """\
One page a rule: what was measured, its picture, and what becomes of every parameter.
[Coverage](../coverage.md) has the names of both frameworks in one table.
"""
FINDINGS_HEAD = """\
Everything that a report can say has a code. `tf2ms-opt explain CODE` prints what its page says;
`--select` and `--ignore` take codes, and so does [a comment](../configuration.md#comments-in-the-code).
"""
KINDS = {"optimizer": "Optimizers", "schedule": "Learning-rate schedules"}


@dataclass(frozen=True)
class Example:
    """A test case in which a finding is reported: the code before and after, and the lines of the report."""

    name: str
    before: str
    after: str | None
    said: tuple[str, ...]
    options: str


def pages(rules: RuleSet) -> dict[str, str]:
    """Every page by its path in the site."""
    documents = {
        page: relinked((ROOT / name).read_text(encoding="utf-8"), name, page) for name, page in DOCUMENTS.items()
    }
    findings = {finding_page(entry): _finding(name, entry) for name, entry in catalogue().items()}
    return {**documents, RULES: _rules(rules), FINDINGS: _findings(), **findings}


def relinked(text: str, source: str, page: str) -> str:
    """``text`` of the repository's file ``source`` with its links to other files leading to their pages.

    What has no page becomes a broken link, which a strict build refuses.
    """

    def link(match: re.Match[str]) -> str:
        target = match["target"]
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        to = DOCUMENTS.get(path) or PLAIN_FILES.get(path) or path.removeprefix("docs/")
        return f"{match['open']}{posixpath.relpath(to, posixpath.dirname(page) or '.')}{match['rest']}"

    return LINK.sub(link, text)


def with_codes(text: str, page: str) -> str:
    """``text`` with every code in backticks leading to the page of its finding, but for blocks of code."""
    pages = {entry.code: finding_page(entry) for entry in catalogue().values()}

    def link(match: re.Match[str]) -> str:
        if match["code"] not in pages or pages[match["code"]] == page:
            return match[0]
        return f"[{match[0]}]({posixpath.relpath(pages[match['code']], posixpath.dirname(page) or '.')})"

    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else CODE.sub(link, part) for part in parts)


def rule_names(rules: RuleSet, kind: str) -> list[str]:
    """The rules of a kind, in the order of the table."""
    return [rule.name for rule in rules.rules.values() if rule.kind == kind]


def finding_page(entry: Entry) -> str:
    """Where the page of a finding stands."""
    return f"findings/{entry.code}.md"


def _rules(rules: RuleSet) -> str:
    lines = [
        "# Rules\n",
        RULES_HEAD,
    ]
    for kind, title in KINDS.items():
        lines += [f"## {title}\n", "| rule | what it is | in MindSpore |", "|---|---|---|"]
        for name in rule_names(rules, kind):
            rule = rules.rules[name]
            lines.append(f"| [{name}](../{name}.md) | {rule.summary} | {_codes(target_names(rule))} |")
        lines.append("")
    return "\n".join(lines)


def _codes(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def _findings() -> str:
    lines = [
        "# Findings\n",
        FINDINGS_HEAD,
    ]
    for severity in Severity:
        lines += [f"## {SEVERITIES[severity].capitalize()}\n", "| code | name | what it says |", "|---|---|---|"]
        lines += [
            f"| [{entry.code}]({entry.code}.md) | {name} | {entry.title} |"
            for name, entry in catalogue().items()
            if entry.severity is severity
        ]
        lines.append("")
    return "\n".join(lines)


def _finding(name: str, entry: Entry) -> str:
    return "\n".join(_finding_lines(name, entry))


def _finding_lines(name: str, entry: Entry) -> Iterator[str]:
    yield f"# {entry.code} {name}\n"
    yield f"**{entry.title}** ({SEVERITIES[entry.severity]})\n"
    yield f"{entry.explanation}\n"
    yield "## What to do\n"
    yield f"{entry.next_step}\n"
    yield "## How it reads\n"
    yield "Words in braces are filled in. A rule may give another next step, where it knows better.\n"
    yield "```text"
    yield from entry.messages.values()
    yield "```\n"
    example = examples().get(entry.code)
    if example is not None:
        yield from _example(example)


def _example(example: Example) -> Iterator[str]:
    yield "## An example\n"
    yield f"The test case `{example.name}`{example.options} is reported as:\n"
    yield "```text"
    yield from example.said
    yield "```\n"
    if example.after is None:
        yield "The file stays as it is:\n"
        yield f"```python\n{example.before.rstrip()}\n```\n"
        return
    diff = difflib.unified_diff(example.before.splitlines(), example.after.splitlines(), "before", "after", lineterm="")
    yield "\n".join(["```diff", *(line.rstrip() for line in diff), "```\n"])


@cache
def examples() -> Mapping[str, Example]:
    """Finding -> its best example: of the cases that report it, one that says little else, and is short."""
    found: dict[str, tuple[tuple[bool, int, int, str], Path]] = {}
    for case in sorted(file.parent for file in FIXTURES.glob("*/*/before.py")):
        try:
            length = len((case / "before.py").read_text(encoding="utf-8").splitlines())
        except UnicodeDecodeError:
            continue
        codes = re.findall(r"^\d+:\d+ (TMO\d{3}) ", (case / "report.txt").read_text(encoding="utf-8"), re.MULTILINE)
        for code in set(codes):
            rank = (length > LONGEST, len(set(codes)) + (case / "options.toml").exists(), length, case.as_posix())
            if code not in found or rank < found[code][0]:
                found[code] = (rank, case)
    return {code: _read(case, code) for code, (_, case) in found.items()}


def _read(case: Path, code: str) -> Example:
    after, options = case / "after.py", case / "options.toml"
    given = msgspec.toml.decode(options.read_bytes(), type=dict[str, object]) if options.exists() else {}
    if case.parent.name != "_step":
        given.setdefault("scope", "optimizer")
    said = (case / "report.txt").read_text(encoding="utf-8").splitlines()
    words = ", ".join(f"`{name} = {json.dumps(value)}`" for name, value in given.items())
    return Example(
        name=case.relative_to(FIXTURES.parents[1]).as_posix(),
        before=(case / "before.py").read_text(encoding="utf-8"),
        after=after.read_text(encoding="utf-8") if after.exists() else None,
        said=tuple(line for line in said if f" {code} " in line),
        options=f" ({words})" if words else "",
    )
