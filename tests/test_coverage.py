"""Every public optimizer and schedule of TensorFlow has a rule, or a reason why it has none; the page says which."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def script():
    """``scripts/coverage_document.py``, which is no module of the program."""
    spec = importlib.util.spec_from_file_location("coverage_document", ROOT / "scripts" / "coverage_document.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(script):
    return {f"{module}.{name}" for module, group in script.recorded().items() for name in group}


def test_every_name_has_a_rule_or_a_reason(script, rules):
    covered = {name for name in names(script) if script.known(name, rules)}
    assert names(script) - covered == set(script.left_out(rules))


def test_the_page_is_current(script, rules, request):
    if request.config.getoption("--update-fixtures"):
        script.PAGE.write_text(script.page(rules), encoding="utf-8", newline="\n")
    assert script.PAGE.read_text(encoding="utf-8") == script.page(rules)


def test_the_installed_tensorflow_has_no_other_names(script):
    """In a process of its own: TensorFlow and the tests do not share one."""
    command = [sys.executable, str(ROOT / "scripts" / "record_signatures.py"), "names"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert {f"{module}.{name}" for module, group in found.items() for name in group} <= names(script)
