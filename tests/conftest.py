"""Shared fixtures of the suite: the rule table, and the flag that rewrites golden files."""

from __future__ import annotations

import os

import pytest

from tf2ms_opt.language import Lexicon, lexicon
from tf2ms_opt.ruleset import RuleSet, load
from tf2ms_opt.words import packaged

# what the program says depends on the locale; the suite expects English, on every machine
os.environ["LC_ALL"] = "C.UTF-8"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-fixtures",
        action="store_true",
        help="rewrite after.py and report.txt of every fixture from what the engine does; review the diff",
    )


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The user's own cache is no matter of the suite."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    return load()


@pytest.fixture(scope="session")
def chinese() -> Lexicon:
    return lexicon("zh", (packaged(),))
