"""What converting one step comes to, as plain values."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tf2ms_opt.diagnostics import Finding
from tf2ms_opt.facts import Splice


@dataclass(slots=True)
class StepEdits:
    """What converting one step comes to."""

    splices: list[Splice] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    gone: list[ast.expr] = field(default_factory=list)
    #: spans of the optimizer's own splices that are part of a call written anew here
    absorbed: set[tuple[int, int]] = field(default_factory=set)
    #: function and parameter for which calls in other files pass losses
    losses: set[tuple[str, str]] = field(default_factory=set)

    def take(self, other: StepEdits) -> None:
        """Add the edits of ``other``."""
        self.splices += other.splices
        self.findings += other.findings
        self.needs |= other.needs
        self.gone += other.gone
        self.losses |= other.losses
