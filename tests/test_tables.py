"""``rules`` and ``explain``: what the rule files and the catalogue say, on stdout."""

from __future__ import annotations

import io
import json

import pytest
from click.testing import CliRunner
from rich.console import Console

from tf2ms_opt.cli import main
from tf2ms_opt.diagnostics import catalogue
from tf2ms_opt.report import table
from tf2ms_opt.ruleset import load

RULE = """
summary = "Own: for [lr] tests x[/lr]"
strings = ["own"]
[target]
name = "mindspore.nn.Own"
parameter = [{ name = "learning_rate", kind = "float", pin = true }, { name = "beta", kind = "float" }]
[[source]]
generations = ["keras3", "tf1"]
class-name = "Own"
parameter = [
  { name = "learning_rate", to = "learning_rate" },
  { name = "b", default = "0.5", to = "beta" },
  { name = "odd", default = "None", action = "refuse", inert = ["None"], reason = "it is odd" },
]
[[source.difference]]
finding = "formula-differs"
when = { b = "nonzero" }
reason = "x[/lr] differs"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own.toml").write_text(RULE)
    return tmp_path


def run(*arguments):
    ran = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert ran.stderr == ""
    assert ran.exit_code == 0
    return ran.stdout


def test_all_rules_are_listed_one_a_line(folder):
    lines = run("rules", "--rules", folder).splitlines()
    assert [line.split()[0] for line in lines] == list(load([folder]).rules)
    own = next(line for line in lines if line.startswith("own"))
    assert [cell.strip() for cell in own.split("  ") if cell] == [
        "own",
        "mindspore.nn.Own",
        "Own (keras3, tf1)",
        "Own: for [lr] tests x[/lr]",
    ]


def test_a_narrow_terminal_gets_a_paragraph_a_rule(folder):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system=None, width=60)
    rules = load([folder]).rules
    table.print_rules(console, rules.values())
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 60
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(rules)


def test_a_rule_is_shown_with_every_parameter_of_every_generation(folder):
    out = run("rules", "own", "--rules", folder)
    assert out == run("explain", "own", "--rules", folder)
    keras3, tf1 = out.split("\n\n")[1:]
    assert keras3.startswith("Own in keras3 (")
    assert tf1.splitlines()[0].startswith("Own in tf1 (")
    rows = [line.split(maxsplit=2) for line in tf1.splitlines()[1:]]
    assert rows == [
        ["parameter", "default", "becomes"],
        ["learning_rate", "(required)", "learning_rate, always written"],
        ["b", "0.5", "beta"],
        ["odd", "None", "the call is left (unless None)"],
        ["it", "is", "odd"],
        ["differs", "where", "b is nonzero: x[/lr] differs"],
    ]
    shown = {line.split()[0] for line in keras3.splitlines()[2:]}
    assert {parameter.name for parameter in load().framework.generation["keras3"].parameter} <= shown


def test_rules_as_json(folder):
    data = json.loads(run("rules", "own", "--rules", folder, "--format", "json"))
    assert data["name"] == "own"
    assert data["source"][0]["class-name"] == "Own"
    assert [rule["name"] for rule in json.loads(run("rules", "--format", "json"))] == list(load().rules)


@pytest.mark.parametrize("name", list(catalogue()))
def test_every_finding_is_explained(name):
    entry = catalogue()[name]
    out = run("explain", entry.code)
    assert out == run("explain", name) == run("explain", entry.code.lower())
    for part in (entry.code, name, entry.title, entry.explanation, entry.next_step, *entry.messages.values()):
        assert part in out


def test_a_range_of_codes_is_explained_at_once():
    out = run("explain", "TMO9")
    assert [line.split()[0] for line in out.splitlines() if line.startswith("TMO")] == [
        entry.code for entry in catalogue().values() if entry.code.startswith("TMO9")
    ]
