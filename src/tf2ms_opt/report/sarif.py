"""Outcomes as SARIF 2.1.0, for code scanning services and editors.

Every code of the catalogue is a rule; a file that failed is a notification of the run, not a result about the code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from tf2ms_opt import __version__
from tf2ms_opt.diagnostics import Entry, Finding, Severity, catalogue
from tf2ms_opt.fingerprints import Mark, marks
from tf2ms_opt.language import ENGLISH, Lexicon
from tf2ms_opt.outcomes import Outcome
from tf2ms_opt.report.places import position, printable, uri

_LEVELS = {Severity.INFO: "note", Severity.REVIEW: "warning", Severity.LEFT: "error", Severity.ERROR: "error"}
#: the directory that the run was started in, which relative addresses are below
_ROOT = "%SRCROOT%"
#: how the standard's own schema is found
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def results(outcome: Outcome, lexicon: Lexicon = ENGLISH) -> list[dict[str, Any]]:
    """The findings of a file that was processed."""
    if outcome.failed:
        return []
    numbers = {entry.code: number for number, (_, entry) in enumerate(_entries(failures=False))}
    return [
        _result(mark, mark.subject, outcome.path, numbers, lexicon)
        for mark in marks(outcome)
        if isinstance(mark.subject, Finding)
    ]


def notifications(outcome: Outcome, lexicon: Lexicon = ENGLISH) -> list[dict[str, Any]]:
    """Why a file could not be processed."""
    if not outcome.failed:
        return []
    numbers = {entry.code: number for number, (_, entry) in enumerate(_entries(failures=True))}
    return [
        {
            "descriptor": {"id": finding.code, "index": numbers[finding.code]},
            "level": _LEVELS[finding.severity],
            "message": {"text": _text(finding, lexicon)},
            "locations": [_location(finding, outcome.path)],
        }
        for finding in outcome.findings
    ]


def document(found: Sequence[dict[str, Any]], failures: Sequence[dict[str, Any]], lexicon: Lexicon = ENGLISH) -> str:
    """The whole log.  Only ASCII, so that it survives any stream."""
    driver = {
        "name": "tf2ms-opt",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_descriptor(name, lexicon) for name, _ in _entries(failures=False)],
        "notifications": [_descriptor(name, lexicon) for name, _ in _entries(failures=True)],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not failures, "toolExecutionNotifications": list(failures)}],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The directory that tf2ms-opt was started in."}}},
        "columnKind": "unicodeCodePoints",
        "results": list(found),
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _entries(*, failures: bool) -> Iterable[tuple[str, Entry]]:
    return ((name, entry) for name, entry in catalogue().items() if (entry.severity is Severity.ERROR) == failures)


def _descriptor(name: str, lexicon: Lexicon) -> dict[str, Any]:
    entry, following = lexicon.entries[name], lexicon.say("Next:")
    return {
        "id": entry.code,
        "name": name,
        "shortDescription": {"text": lexicon.say("{title}.", title=entry.title)},
        "fullDescription": {"text": entry.explanation},
        "help": {
            "text": f"{entry.explanation}\n\n{following} {entry.next_step}",
            "markdown": f"{_markdown(entry.explanation)}\n\n**{following}** {_markdown(entry.next_step)}",
        },
        "defaultConfiguration": {"level": _LEVELS[entry.severity]},
    }


def _result(mark: Mark, finding: Finding, path: str, numbers: dict[str, int], lexicon: Lexicon) -> dict[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": numbers[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": _text(finding, lexicon)},
        "locations": [_location(finding, path)],
        "partialFingerprints": {"tf2msLine/v1": f"{mark.fingerprint}:{mark.ordinal}"},
    }


def _location(finding: Finding, path: str) -> dict[str, Any]:
    address, relative = uri(path)
    artifact = {"uri": address, "uriBaseId": _ROOT} if relative else {"uri": address}
    return {
        "physicalLocation": {
            "artifactLocation": artifact,
            # a cell's lines are none of the file's; the place stands in the message
            "region": {"startLine": finding.line, "startColumn": finding.column}
            if finding.cell is None
            else {"startLine": 1, "startColumn": 1},
        }
    }


def _text(finding: Finding, lexicon: Lexicon) -> str:
    """What is said; where a person is asked, with the next step behind it."""
    place = "" if finding.cell is None else f"{position(finding.line, finding.column, finding.cell)}: "
    message = place + printable(finding.message)
    asked = finding.severity is not Severity.INFO and finding.help
    if not asked:
        return _plain(message)
    return _plain(lexicon.say("{message}. Next: {advice}", message=message, advice=printable(finding.help)))


def _plain(text: str) -> str:
    """``text`` so that no part of it is read as SARIF's links ``[text](target)`` or its places ``{0}``."""
    return re.sub(r"\{(\d+)\}", r"{{\1}}", re.sub(r"\[(?=.*\]\()", r"\\[", text))


def _markdown(text: str) -> str:
    """A text of the catalogue: what stands in backticks is code, and the rest is no markup."""
    parts = text.split("`")
    return "`".join(one if at % 2 else re.sub(r"([\\*_{}\[\]<>#|])", r"\\\1", one) for at, one in enumerate(parts))
