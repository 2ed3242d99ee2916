"""What a name that nothing goes by may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from tf2ms_opt.diagnostics import catalogue


def suggestion(name: str, known: Iterable[str]) -> str:
    """Names of ``known`` that ``name`` may have meant, as the end of a sentence; empty when there are none."""
    by_lower = {entry.lower(): entry for entry in known}
    close = [by_lower[match] for match in get_close_matches(name.lower(), by_lower, n=3)]
    return f"; did you mean {' or '.join(close)}?" if close else ""


def code_or_rule(name: str, rules: Iterable[str]) -> str:
    """The same for what is neither a finding's code nor one of ``rules``."""
    entries = catalogue()
    if name in entries:
        return f"; the code of this finding is {entries[name].code}"
    if name.upper() in {entry.code for entry in entries.values()}:
        return f"; did you mean {name.upper()}?"
    return suggestion(name, rules) or " (see `tf2ms-opt rules` and `tf2ms-opt explain`)"
