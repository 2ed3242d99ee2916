"""A site, as the stages of planning hand it on."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from tf2ms_opt.diagnostics import Finding
from tf2ms_opt.plan.indirect import Entry, Indirect
from tf2ms_opt.rules import Rule
from tf2ms_opt.ruleset import Candidate


@dataclass(frozen=True, eq=False)
class Found:
    """A site: ``node`` gives its position, ``expression`` is what would be replaced.

    ``call`` holds the source's arguments (None for a registry string); ``left`` says why it cannot be converted.
    """

    node: ast.expr
    expression: ast.expr
    source: str
    candidates: tuple[Candidate, ...]
    call: ast.Call | None = None
    left: Finding | None = None
    #: only the values of ``call`` stand in the file
    apart: bool = False
    #: generation of the file -> generation of the class that this place gives there, where the two differ
    instead: Mapping[str, str] = field(default_factory=dict)
    #: where the class is named for calls elsewhere: this place, and all that goes with it
    entry: Entry | None = None
    indirect: Indirect | None = None

    @property
    def built(self) -> tuple[ast.expr, ...]:
        """The expressions whose value is the optimizer."""
        return (self.expression,) if self.indirect is None else self.indirect.calls

    @property
    def rule(self) -> Rule | None:
        return self.candidates[0].rule if self.candidates else None
