"""The catalogue of findings holds together, and the program and the catalogue know the same findings."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from itertools import groupby
from pathlib import Path
from string import Formatter

import pytest

import tf2ms_opt
from tf2ms_opt.diagnostics import Severity, catalogue

SOURCE = Path(tf2ms_opt.__file__).parent
RANGES = {"1": Severity.INFO, "2": Severity.REVIEW, "3": Severity.LEFT, "9": Severity.ERROR}
#: what makes a finding of a key: the function itself, and the methods that hand their key on to it
MAKERS = {"finding", "_left", "_note"}
KEYS = sorted(f"{name}/{message}" for name, entry in catalogue().items() for message in entry.messages)
KEBAB = r"[a-z0-9]+(?:-[a-z0-9]+)*"


def test_codes_are_unique():
    assert [code for code, count in Counter(entry.code for entry in catalogue().values()).items() if count > 1] == []


@pytest.mark.parametrize("name", catalogue())
def test_an_entry_is_whole(name):
    entry = catalogue()[name]
    assert re.fullmatch(KEBAB, name)
    assert re.fullmatch(r"TMO\d{3}", entry.code)
    assert RANGES[entry.code[3]] is entry.severity
    assert entry.title.strip()
    assert entry.explanation.strip()
    assert entry.next_step.strip()
    assert entry.messages
    assert all(re.fullmatch(KEBAB, key) and text.strip() for key, text in entry.messages.items())


def test_the_numbers_of_a_range_run_from_01_in_the_order_of_the_file():
    codes = [entry.code for entry in catalogue().values()]
    assert codes == sorted(codes)
    for start, group in groupby(codes, key=lambda code: code[:4]):
        numbers = [int(code[4:]) for code in group]
        assert numbers == list(range(1, len(numbers) + 1)), f"{start}xx"


# ---------------------------------------------------------------- the program's side


@cache
def nodes():
    return [node for file in sorted(SOURCE.rglob("*.py")) for node in ast.walk(ast.parse(file.read_text("utf-8")))]


@cache
def strings():
    """Every string of the program that is not an f-string or a part of one."""
    parts = {id(part) for node in nodes() if isinstance(node, ast.JoinedStr) for part in node.values}
    constants = (node for node in nodes() if isinstance(node, ast.Constant) and id(node) not in parts)
    return {node.value for node in constants if isinstance(node.value, str)}


@cache
def patterns():
    """f-strings as expressions in which every place is a group: ``f"a-b/{key}"`` is ``a-b/([a-z0-9-]+)``."""
    return {pattern(node) for node in nodes() if isinstance(node, ast.JoinedStr)}


def pattern(node):
    return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else f"({KEBAB})" for part in node.values)


@cache
def makings():
    """The calls that make a finding, and the expression of the key in each."""
    calls = [node for node in nodes() if isinstance(node, ast.Call) and node.args]
    named = [
        (call, call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", ""))
        for call in calls
    ]
    return [(call, call.args[0]) for call, name in named if name in MAKERS]


def full(key):
    return key if "/" in key else f"{key}/default"


def known(key):
    """The catalogue's keys that the expression ``key`` may stand for; None for an expression that is no text."""
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return [one for one in KEYS if one == full(key.value)]
    if isinstance(key, ast.JoinedStr):
        return [one for one in KEYS if re.fullmatch(pattern(key), one)]
    return None


def test_every_finding_that_the_program_makes_is_in_the_catalogue():
    assert len(makings()) > len(catalogue())
    assert [ast.unparse(call) for call, key in makings() if known(key) == []] == []


def test_every_text_that_looks_like_a_key_is_in_the_catalogue():
    """A key may reach ``finding`` by way of a variable, so every string of that form is held against the catalogue."""
    keys = [text for text in strings() if text.partition("/")[0] in catalogue() and re.fullmatch(r"[a-z0-9/-]+", text)]
    assert [text for text in keys if full(text) not in KEYS] == []


@pytest.mark.parametrize("key", KEYS)
def test_every_sentence_of_the_catalogue_is_used(key):
    """Written out, or put together by an f-string whose places are strings of the program too."""
    written = {full(text) for text in strings()}
    built = [found.groups() for one in patterns() if (found := re.fullmatch(one, key)) and "/" in one]
    assert key in written or any(set(places) <= strings() for places in built)


def test_every_place_in_a_sentence_is_filled():
    """Only calls that spell out key and details can be seen here; the others are left to the fixtures."""
    missing = []
    for call, key in makings():
        if not isinstance(key, ast.Constant) or any(keyword.arg is None for keyword in call.keywords):
            continue
        given = {keyword.arg for keyword in call.keywords}
        for name, _, message in (one.partition("/") for one in known(key) or ()):
            places = {place for _, place, _, _ in Formatter().parse(catalogue()[name].messages[message]) if place}
            missing += [f"{name}/{message}: {place}" for place in places - given]
    assert missing == []
