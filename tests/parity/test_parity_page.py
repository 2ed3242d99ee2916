"""The page of the parity lab prints what ``verify`` prints; digits may differ with the processor, magnitudes not."""

from __future__ import annotations

import json
import re

import parity_page
import pytest


def magnitudes(text):
    """``3.8e-01`` without its digits, and without the versions that were installed."""
    text = re.sub(r"\d\.\d(e[-+]\d\d)", r"#\1", text)
    return re.sub(r"(keras|tensorflow|mindspore) \d[\d.]*", r"\1", text)


@pytest.mark.parametrize("name", parity_page.COMMANDS)
def test_verify_prints_what_the_page_shows(name):
    recorded = json.loads(parity_page.RECORDED.read_text(encoding="utf-8"))
    assert magnitudes(parity_page.printed(name)) == magnitudes(recorded[name]), "run scripts/parity_page.py"
