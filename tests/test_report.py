"""The renderings of outcomes: for people, one line a finding, GitHub's commands and JSON."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from tf2ms_opt import __version__
from tf2ms_opt.diagnostics import Finding, Severity, finding
from tf2ms_opt.outcomes import FileStatus, Outcome, Site, SiteOutcome, Summary, summarize
from tf2ms_opt.report import machine, text
from tf2ms_opt.report.text import View

#: what rich would take for markup: the first swallowed, the second an error
BRACKETS = "cfg[lr] x[/lr] [red]"


def site(line, outcome=SiteOutcome.CONVERTED, **other):
    values = {
        "line": line,
        "column": 8,
        "source": "tensorflow.keras.optimizers.RMSprop",
        "target": None if outcome is SiteOutcome.LEFT else "mindspore.nn.RMSProp",
        "rule": "rmsprop",
        "outcome": outcome,
        "params": None if outcome is SiteOutcome.LEFT else "model.trainable_params()",
        "codes": (),
        **other,
    }
    return Site(**values)


def outcome(*, sites=(), findings=(), status=FileStatus.CONVERTED, path="train.py"):
    return Outcome(path, status, b"before", b"after", tuple(sites), tuple(findings), "legacy", "requirements.txt")


def printed(result, view=None, **console):
    stream = io.StringIO()
    text.print_outcome(Console(file=stream, **console), result, view or View())
    return stream.getvalue()


MIXED = outcome(
    sites=[site(12), site(30, SiteOutcome.LEFT), site(40, SiteOutcome.LEFT)],
    findings=[
        finding("params-unknown", 40, 8),
        finding("default-pinned", 12, 8, arguments="epsilon"),
        finding("params-unknown", 30, 8),
    ],
)


def test_the_report_is_in_the_files_order_and_says_a_next_step_once():
    assert printed(MIXED) == (
        "train.py: converted (legacy, from requirements.txt)\n"
        "  12:8  converted  tensorflow.keras.optimizers.RMSprop -> mindspore.nn.RMSProp, "
        "trains model.trainable_params()\n"
        "  12:8  info       TMO101 default-pinned: epsilon written out, so that MindSpore's own defaults play no part\n"
        "  30:8  left       tensorflow.keras.optimizers.RMSprop\n"
        "  30:8  left       TMO301 params-unknown: no compile, variable list or caller in this file tells which "
        "parameters this optimizer trains\n"
        "                   next: Give the expression with --params EXPR (for example --params "
        "'net.trainable_params()'), or build the optimizer where its model is known.\n"
        "  40:8  left       tensorflow.keras.optimizers.RMSprop\n"
        "  40:8  left       TMO301 params-unknown: no compile, variable list or caller in this file tells which "
        "parameters this optimizer trains\n"
        "\n"
    )


def test_verbose_adds_the_next_step_of_what_is_for_information():
    assert "next: Nothing to do; keep the value" not in printed(MIXED)
    assert "next: Nothing to do; keep the value" in printed(MIXED, View(verbose=True))


def test_quiet_keeps_what_is_left_or_failed():
    lines = printed(MIXED, View(quiet=True)).splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["30:8", "left"], ["40:8", "left"]]
    converted = outcome(sites=[site(1)], findings=[finding("default-pinned", 1, 8, arguments="epsilon")])
    assert not text.has_news(converted, View(quiet=True))
    failed = outcome(findings=[finding("unparsable-file", 1, 1, error="x")], status=FileStatus.FAILED)
    assert text.has_news(failed, View(quiet=True))


def test_a_diff_takes_the_place_of_the_converted_sites():
    out = printed(MIXED, View(diff=True, dry=True))
    assert "train.py: would be converted" in out
    assert "->" not in out
    assert "30:8  left       tensorflow.keras.optimizers.RMSprop" in out


def test_on_a_terminal_the_text_is_wrapped_beside_its_place():
    out = printed(MIXED, width=80, force_terminal=True, color_system=None)
    assert max(map(len, out.splitlines())) <= 80
    assert (
        "  30:8  left       TMO301 params-unknown: no compile, variable list or caller in\n"
        "                   this file tells which parameters this optimizer trains\n"
    ) in out


def test_colour_is_for_terminals():
    assert "\x1b[" in printed(MIXED, force_terminal=True, color_system="standard")
    assert "\x1b[" not in printed(MIXED)


def bracketed():
    message = Finding("TMO202", "unmapped-argument", Severity.REVIEW, 3, 5, f"clipnorm={BRACKETS}", f"do {BRACKETS}")
    return outcome(path=f"{BRACKETS}.py", sites=[site(3, params=BRACKETS, source=BRACKETS)], findings=[message])


@pytest.mark.parametrize("terminal", [True, False])
def test_brackets_are_text_for_people(terminal):
    out = printed(bracketed(), View(verbose=True), force_terminal=terminal, width=300, color_system=None)
    assert out.count(BRACKETS) == 5


def test_brackets_are_text_for_machines():
    assert list(machine.concise(bracketed())) == [f"{BRACKETS}.py:3:5: TMO202 [review] clipnorm={BRACKETS}"]
    assert list(machine.github(bracketed())) == [
        f"::warning file={BRACKETS}.py,line=3,col=5,title=TMO202 unmapped-argument::clipnorm={BRACKETS}"
    ]
    data = json.loads(machine.document([bracketed()], summarize([bracketed()])))
    assert data["files"][0]["path"] == f"{BRACKETS}.py"
    assert data["files"][0]["diagnostics"][0]["message"] == f"clipnorm={BRACKETS}"


def test_a_line_stays_a_line_whatever_the_file_is_called():
    odd = outcome(
        path="a\nb\x1b[1m\udcff.py", findings=[Finding("TMO901", "x", Severity.ERROR, 1, 1, "one\ntwo\x00", "")]
    )
    assert list(machine.concise(odd)) == ["a b\\x1b[1m\\udcff.py:1:1: TMO901 [error] one two\\x00"]
    assert "\x1b" not in printed(odd)
    data = json.loads(machine.document([odd], Summary()))
    assert data["files"][0]["path"] == "a\nb\x1b[1m\udcff.py"


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.INFO, "notice"), (Severity.REVIEW, "warning"), (Severity.LEFT, "error"), (Severity.ERROR, "error")],
)
def test_github_commands_are_escaped(severity, level):
    odd = outcome(path="a,b:c%.py", findings=[Finding("TMO1", "n", severity, 1, 2, "50%:\r\n, done", "")])
    assert list(machine.github(odd)) == [
        f"::{level} file=a%2Cb%3Ac%25.py,line=1,col=2,title=TMO1 n::50%25:%0D%0A, done"
    ]


def test_the_json_is_the_contracts():
    result = outcome(
        sites=[site(12, codes=("TMO101",))], findings=[finding("default-pinned", 12, 8, arguments="epsilon")]
    )
    document = machine.document([result], summarize([result]))
    assert document.startswith('{\n  "schema": 1,\n  "tool"')
    pairs = json.loads(document, object_pairs_hook=list)
    assert pairs == [
        ("schema", 1),
        ("tool", [("name", "tf2ms-opt"), ("version", __version__)]),
        (
            "summary",
            [
                ("files", 1),
                ("converted", 1),
                ("unchanged", 0),
                ("failed", 0),
                ("sites", 1),
                ("sites_converted", 1),
                ("sites_review", 0),
                ("sites_left", 0),
            ],
        ),
        (
            "files",
            [
                [
                    ("path", "train.py"),
                    ("status", "converted"),
                    ("generation", "legacy"),
                    (
                        "sites",
                        [
                            [
                                ("line", 12),
                                ("column", 8),
                                ("cell", None),
                                ("source", "tensorflow.keras.optimizers.RMSprop"),
                                ("target", "mindspore.nn.RMSProp"),
                                ("rule", "rmsprop"),
                                ("outcome", "converted"),
                                ("params", "model.trainable_params()"),
                                ("codes", ["TMO101"]),
                            ]
                        ],
                    ),
                    (
                        "diagnostics",
                        [
                            [
                                ("code", "TMO101"),
                                ("name", "default-pinned"),
                                ("severity", "info"),
                                ("line", 12),
                                ("column", 8),
                                ("cell", None),
                                ("message", "epsilon written out, so that MindSpore's own defaults play no part"),
                                ("help", "Nothing to do; keep the value when you edit the call."),
                            ]
                        ],
                    ),
                ]
            ],
        ),
        ("runtime_modules", []),
    ]


def test_a_place_in_a_notebook_names_its_cell():
    result = outcome(
        findings=[finding("params-unknown", 2, 3), Finding("TMO301", "n", Severity.LEFT, 1, 1, "m", "", cell=4)]
    )
    assert next(reversed(list(machine.concise(result)))).startswith("train.py:cell 4:1:1: TMO301")
    assert "  cell 4:1:1  left" in printed(result)


@pytest.mark.parametrize(
    ("summary", "view", "lines"),
    [
        (Summary(), View(), ["no Python file or notebook found: nothing to do"]),
        (Summary(files=1, unchanged=1), View(), ["1 file: 1 unchanged"]),
        (
            Summary(
                files=3, converted=1, unchanged=1, failed=1, sites=2, sites_converted=1, sites_left=1, needing_a_hand=1
            ),
            View(),
            [
                "3 files: 1 converted, 1 unchanged, 1 failed; 1 needs a hand",
                "2 sites: 1 converted, 0 to review, 1 left",
            ],
        ),
        (
            Summary(files=2, converted=2, sites=2, sites_review=2, needing_a_hand=2),
            View(dry=True, quiet=True),
            ["2 files: 2 would be converted; 2 need a hand"],
        ),
    ],
)
def test_the_totals(summary, view, lines):
    assert list(text.summary_lines(summary, view)) == lines
