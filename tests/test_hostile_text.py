"""What stands in files and in their names is shown as text: no terminal, page, viewer or runner obeys it."""

from __future__ import annotations

import json
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from tf2ms_opt.cli import main
from tf2ms_opt.report.diff import shown, unified
from tf2ms_opt.report.places import named, visible
from tf2ms_opt.ruleset import packaged

ESCAPES = "\x1b[31mred\x1b]0;title\x07\x1b]8;;http://evil\x1b\\\x9b2J\x08\x7f\x00"
BIDI = "\u202eesrever\u2066\u2069\u200f\u061c"
MARKUP = "[bold red]x[/] [link=http://evil]y[/link] :bomb:"
HTML = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>"
SARIF = "[text](http://evil) {0} `code`"
RUNNER = "::error file=a.py::no%0A::set-output name=x::y"
LINES = "\n::add-mask::x\r::error::y\u2028::z\x85::w"
#: in a string of the file, a name of it, and the file's own name
HOSTILE = [ESCAPES, BIDI, MARKUP, HTML, SARIF, RUNNER, LINES]
IDS = ["escapes", "bidi", "markup", "html", "sarif", "runner", "lines"]
ALLOWED = "\n\t"


def unsafe(text):
    """What a terminal would obey or an eye would not see."""
    return {
        char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") and char not in ALLOWED
    }


@pytest.fixture(params=HOSTILE, ids=IDS)
def project(request, tmp_path, monkeypatch):
    """A project whose files, names and settings hold the text."""
    monkeypatch.chdir(tmp_path)
    text = request.param
    (tmp_path / ".git").mkdir()
    said = repr(text.replace("\x00", ""))[1:-1].replace('"', '\\"')
    raw = "".join(char for char in text if char not in "\x00\n\r")
    quoted = raw.replace("\\", "\\\\").replace('"', '\\"')
    source = f"""import tensorflow as tf
net = build("{quoted}")  # {raw}
def build_all(kind):
    kept = tf.keras.optimizers.get("{quoted}")
    other = tf.keras.optimizers.RMSprop(learning_rate="{said}", name="{quoted}")
    agent.hand_over(tf.keras.optimizers.Adam(table["{quoted}"]))
    return tf.keras.optimizers.RMSprop(**table["{quoted}"])
net.compile(tf.keras.optimizers.RMSprop(rates["{quoted}"]), "mse")  # {raw}
"""
    name = re.sub("[/\x00]", "_", text)[:80]
    for place in (f"{name}.py", f"{name}/a.py", "plain.py"):
        file = tmp_path / place
        file.parent.mkdir(exist_ok=True)
        file.write_text(source, encoding="utf-8")
    (tmp_path / f"{name} broken.py").write_text(f"RMSprop = ({raw}", encoding="utf-8")
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (tmp_path / f"{name}.ipynb").write_text(json.dumps(book), encoding="utf-8")
    (tmp_path / "requirements.txt").write_text(f"tensorflow==2.10 # {raw}\n", encoding="utf-8")
    return text


def run(*arguments):
    return CliRunner().invoke(main, [*arguments])


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("form", "language"),
    [("text", "en"), ("text", "zh"), ("concise", "en"), ("github", "en"), ("json", "en"), ("sarif", "zh")],
)
def test_reports(form, language):
    ran = run("check", ".", "--format", form, "--lang", language, "-v", "--statistics")
    assert ran.exit_code == 2
    for stream in (ran.stdout, ran.stderr):
        if form == "github":  # which needs the name itself to find the file
            stream = re.sub("file=[^,]*,", "", stream)  # noqa: PLW2901
        assert unsafe(stream) == set()
    commands = [line for line in re.split("[\r\n]", ran.output) if line.lstrip().startswith(("::", "##["))]
    if form == "github":
        assert all(re.match(r"::(notice|warning|error) file=[^:]*,line=\d+,col=\d+,title=TMO\d+ [\w-]+::", line)
                   for line in commands)  # fmt: skip
    else:
        assert commands == []
    if form in ("json", "sarif"):
        json.loads(ran.stdout)


@pytest.mark.usefixtures("project")
def test_a_sarif_message_has_no_links():
    """A viewer makes links of ``[text](target)`` and fills in ``{0}``; both can be escaped."""
    log = json.loads(run("check", ".", "--format", "sarif").stdout)
    texts = [one["message"]["text"] for one in log["runs"][0]["results"]]
    assert texts
    assert not [text for text in texts if re.search(r"(?<!\\)\[.*\]\(http", text)]
    assert not [text for text in texts if re.search(r"(?<!\{)\{\d+\}(?!\})", text)]


class Tags(HTMLParser):
    """The elements, handlers and addresses of a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.found += [name for name, value in attrs if name.startswith("on") or "http://evil" in (value or "")]


@pytest.mark.usefixtures("project")
def test_the_page():
    assert run("report", ".", "-o", "page.html").exit_code == 2
    text = Path("page.html").read_text("utf-8")
    assert unsafe(text) == set()
    tags = Tags()
    tags.feed(text)
    assert not {"img", "iframe", "object", "onerror", "onload", "base", "link", "http://evil"} & set(tags.found)
    assert tags.found.count("script") == 1


@pytest.mark.usefixtures("project")
def test_the_diff():
    """For git it holds the bytes; on a terminal it is text."""
    ran = run("convert", "plain.py", "--diff", "--scope", "optimizer")
    assert unsafe(ran.stderr) == set()
    before, after = Path("plain.py").read_bytes(), b"\xff" + Path("plain.py").read_bytes()
    assert unsafe(b"".join(shown(unified(before, after, "plain.py"))).decode()) == set()


@pytest.mark.usefixtures("project")
def test_messages_about_settings(project):
    raw = json.dumps(project)  # a string of TOML too, but for two letters
    raw = raw.replace("\\u0000", "").replace("\x7f", "")
    for line in (f"fidelity = {raw}", f"{raw} = 1", f"select = [{raw}]", f"params = {raw}", f"tf-version = {raw}",
                 f"runtime-module = {raw}", f"baseline = {raw}", f"rules = [{raw}]"):  # fmt: skip
        Path("pyproject.toml").write_text(f"[tool.tf2ms-opt]\n{line}\n", encoding="utf-8")
        for arguments in (("check", "plain.py"), ("config", ".")):
            ran = run(*arguments)
            assert unsafe(ran.output) == set(), (line, ran.output)
            assert "Traceback" not in ran.output
    ran = run("rules", project.replace("\x00", ""))
    assert unsafe(ran.output) == set()
    ran = run("check", "missing" + project.replace("\x00", ""))
    assert unsafe(ran.output) == set()


def test_a_rule_file(project, tmp_path):
    """Its sentences are somebody else's too."""
    (tmp_path / "mine").mkdir()
    text = (packaged() / "lion.toml").read_text("utf-8")
    hostile = json.dumps(project).replace("\\u0000", "").replace("\x7f", "")
    changed = re.sub(r'(?m)^(summary|reason) = ".*"', lambda match: f"{match[1]} = {hostile}", text)
    assert changed != text
    (tmp_path / "mine" / "lion.toml").write_text(changed, encoding="utf-8")
    for arguments in (("rules", "--rules", "mine"), ("rules", "lion", "--rules", "mine")):
        ran = run(*arguments)
        assert ran.exit_code == 0, ran.output
        assert unsafe(ran.output) == set()


def test_names_that_a_runner_would_obey():
    assert named("::error::x.py") == "./::error::x.py"
    assert named("##[error]x.py") == "./##[error]x.py"
    assert named("a::b.py") == "a::b.py"
    assert visible("a\tb\nc\x1b\u202e\ud800") == "a\tb\nc\\x1b\\u202e\\ud800"
