"""Outcomes for other programs: one line a finding, GitHub's workflow commands, and the JSON of schema 1.

Names and their order are a contract (design, section 1); nothing here is worded for people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tf2ms_opt import __version__
from tf2ms_opt.diagnostics import Finding, Severity
from tf2ms_opt.outcomes import Outcome, Site, Summary
from tf2ms_opt.report.places import named, position, printable, visible
from tf2ms_opt.runtime_files import RuntimeFile

if TYPE_CHECKING:
    from tf2ms_opt.baseline import Comparison

SCHEMA = 1

_GITHUB_LEVELS = {
    Severity.INFO: "notice",
    Severity.REVIEW: "warning",
    Severity.LEFT: "error",
    Severity.ERROR: "error",
}


def concise(outcome: Outcome) -> Iterator[str]:
    """``path:line:column: CODE [severity] message``."""
    for finding in outcome.findings:
        place = position(finding.line, finding.column, finding.cell)
        message = printable(finding.message)
        yield f"{named(outcome.path)}:{place}: {finding.code} [{finding.severity.value}] {message}"


def github(outcome: Outcome) -> Iterator[str]:
    """Workflow commands, which GitHub shows beside the lines of a pull request; a cell's lines are none of its own."""
    for finding in outcome.findings:
        inside = finding.cell is not None
        place = f"{position(finding.line, finding.column, finding.cell)}: " if inside else ""
        properties = {
            "file": outcome.path,
            "line": "1" if inside else str(finding.line),
            "col": "1" if inside else str(finding.column),
            "title": f"{finding.code} {finding.name}",
        }
        message = "\r".join(visible(line) for line in finding.message.split("\r"))
        written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        yield f"::{_GITHUB_LEVELS[finding.severity]} {written}::{_data(place + message)}"


def document(outcomes: Iterable[Outcome], summary: Summary, modules: Iterable[RuntimeFile] = (), **more: object) -> str:
    """The whole JSON document, and what was asked for besides.  In ASCII, so that a file name of any bytes survives."""
    data = {
        "schema": SCHEMA,
        "tool": {"name": "tf2ms-opt", "version": __version__},
        "summary": {
            "files": summary.files,
            "converted": summary.converted,
            "unchanged": summary.unchanged,
            "failed": summary.failed,
            "sites": summary.sites,
            "sites_converted": summary.sites_converted,
            "sites_review": summary.sites_review,
            "sites_left": summary.sites_left,
        },
        "files": [_file(outcome) for outcome in outcomes],
        "runtime_modules": [{"path": module.path, "classes": list(module.classes)} for module in modules],
        **more,
    }
    return json.dumps(data, indent=2)


def baseline(comparison: Comparison) -> dict[str, Any]:
    """What a baseline left unsaid, and which of its entries no longer occur."""
    return {
        "path": comparison.file.as_posix(),
        "new": comparison.new,
        "known": comparison.known,
        "stale": [
            {"path": entry.path, "code": entry.code, "fingerprint": entry.fingerprint, "count": entry.count}
            for entry in comparison.stale()
        ],
    }


def _file(outcome: Outcome) -> dict[str, Any]:
    return {
        "path": outcome.path,
        "status": outcome.status.value,
        "generation": outcome.generation,
        "sites": [_site(site) for site in outcome.sites],
        "diagnostics": [_diagnostic(finding) for finding in outcome.findings],
    }


def _site(site: Site) -> dict[str, Any]:
    return {
        "line": site.line,
        "column": site.column,
        "cell": site.cell,
        "source": site.source,
        "target": site.target,
        "rule": site.rule,
        "outcome": site.outcome.value,
        "params": site.params,
        "codes": list(site.codes),
    }


def _diagnostic(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "line": finding.line,
        "column": finding.column,
        "cell": finding.cell,
        "message": finding.message,
        "help": finding.help,
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
