"""Comments that suppress: ``# tf2ms: ignore``, ``# tf2ms: ignore[CODE, RULE]`` and ``# tf2ms: skip-file``.

A comment holds for its own line; on the first or the last line of a logical line it holds for all of that.  A code
hides findings, a rule keeps its sites as they are, and without names both: nothing on the line changes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tf2ms_opt.annotations import annotations_in
from tf2ms_opt.comments import Comment, Comments, comments_of
from tf2ms_opt.diagnostics import Finding, finding, is_code
from tf2ms_opt.facts import Splice
from tf2ms_opt.outcomes import Site, SiteOutcome
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.source import SIGN, SourceText
from tf2ms_opt.spelling import code_or_rule

_SAID = re.compile(r"#\s*tf2ms:([^#]*)")
_IGNORE = re.compile(r"ignore(?:\s*\[(?P<names>[^\]]*)\])?(?!\s*\[|[\w-]).*")
_SKIP = re.compile(r"skip-file(?![\w-]).*")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One name of a ``# tf2ms: ignore[...]``, or None for a comment without names.

    It holds for the lines ``first`` to ``last``, of which there are none for a comment between two statements.
    """

    line: int
    column: int
    name: str | None
    first: int
    last: int

    def holds(self, line: int) -> bool:
        return self.first <= line <= self.last

    def hides(self, line: int, code: str) -> bool:
        """Whether a finding with this code is not to be reported."""
        wanted = self.name is None or (self.name.startswith("TMO") and code.startswith(self.name))
        return wanted and self.holds(line)

    def keeps(self, line: int, rule: str | None) -> bool:
        """Whether a site of this rule is not to be touched."""
        return self.name in (None, rule) and self.holds(line)


@dataclass(frozen=True, slots=True)
class Suppressions:
    """What the comments of a file suppress, and what there is to say about the comments themselves."""

    skip_file: bool = False
    ignores: tuple[Ignore, ...] = ()
    findings: tuple[Finding, ...] = ()
    #: why the comments of the whole file are not known
    problem: str | None = None

    def keeping(self, line: int, rule: str | None) -> frozenset[Ignore]:
        """The comments for which a site stays as it is."""
        return frozenset(one for one in self.ignores if one.keeps(line, rule))

    def in_the_way(self, source: SourceText, splices: Iterable[Splice]) -> Ignore | None:
        """The comment without names on a line that one of ``splices`` would change."""
        bare = [one for one in self.ignores if one.name is None and one.first <= one.last]
        for splice in splices if bare else ():
            for one in bare:
                start = source.line_starts[one.first - 1]
                start += len(source.indentation(start).encode())
                end = source.line_end(source.line_starts[one.last - 1])
                if splice.start < end and (splice.end > start or splice.start > start):
                    return one
        return None

    def reported(
        self, sites: Sequence[Site], findings: Sequence[Finding], used: Collection[Ignore], *, whole: bool
    ) -> tuple[tuple[Site, ...], tuple[Finding, ...]]:
        """What is left to report; comments beside those in ``used`` that hide nothing are reported themselves.

        These are known only where the ``whole`` file was looked at.
        """
        if not self.ignores:
            return tuple(sites), (*findings, *self.findings)
        hidden = {one: {entry for entry in self.ignores if entry.hides(one.line, one.code)} for one in findings}
        used = {*used, *(entry for entries in hidden.values() for entry in entries)}
        shown = [one for one, entries in hidden.items() if not entries]
        shown += [*self.findings, *(_unused(one) for one in self.ignores if whole and one not in used)]
        return tuple(one for one in sites if not self._accepts(one)), tuple(shown)

    def _accepts(self, site: Site) -> bool:
        """Whether a person has accepted that this site is left."""
        hidden = any(entry.hides(site.line, code) for entry in self.ignores for code in site.codes)
        return site.outcome is SiteOutcome.LEFT and hidden


def suppressions_of(source: SourceText, rules: RuleSet) -> Suppressions:
    """What the comments of a file say; it is tokenized only if they may say something."""
    if SIGN not in source.data:
        return Suppressions()
    comments = comments_of(source)
    ours = {line for one in annotations_in(comments) for line in range(one.first, one.last + 1)}
    said = [
        (comment, match[1].strip())
        for comment in comments.all if comment.line not in ours
        for match in _SAID.finditer(comment.text)
    ]  # fmt: skip
    entries: list[Ignore] = []
    findings: list[Finding] = []
    for comment, text in said:
        for one in _read(comment, text, comments, rules):
            if isinstance(one, Ignore):
                entries.append(one)
            else:
                findings.append(one)
    skips = any(_SKIP.fullmatch(text) for _, text in said)
    return Suppressions(skips, tuple(entries), tuple(findings), comments.problem)


def _read(comment: Comment, text: str, comments: Comments, rules: RuleSet) -> Iterator[Ignore | Finding]:
    place = comment.line, comment.column
    if _SKIP.fullmatch(text):
        return
    match = _IGNORE.fullmatch(text)
    if match is None:
        yield finding("unused-suppression/unread", *place, text=text)
        return
    logical = comments.at(comment.line)
    if logical is None:
        yield finding("unused-suppression/alone", *place)
        return
    first, last = logical if comment.line in logical else (comment.line, comment.line)
    if match["names"] is None:
        yield Ignore(*place, None, first, last)
        return
    names = [name.strip() for name in match["names"].split(",") if name.strip()]
    if not names:
        yield finding("unused-suppression/empty", *place)
    for name in dict.fromkeys(names):
        if name in rules.rules or is_code(name):
            yield Ignore(*place, name, first, last)
        else:
            meant = code_or_rule(name, rules.rules)
            yield finding("unused-suppression/unknown", *place, name=name, meant=meant)


def _unused(one: Ignore) -> Finding:
    if one.name is None:
        return finding("unused-suppression/bare", one.line, one.column)
    return finding("unused-suppression", one.line, one.column, name=one.name)
