"""Chinese is complete: every finding, every word of a report, every reason of the program and of the rules is there.

A text with other ``{places}`` than the English one, and one for English that nothing says any more, fail as well.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
from collections import Counter
from functools import cache
from io import StringIO
from itertools import product
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from jinja2 import Environment, nodes
from rich.console import Console

import tf2ms_opt
from tf2ms_opt.cli import main
from tf2ms_opt.diagnostics import Severity, catalogue, finding
from tf2ms_opt.language import ENGLISH, Translation, lexicon, of_locale
from tf2ms_opt.outcomes import FileStatus, SiteOutcome
from tf2ms_opt.report import page, table
from tf2ms_opt.report.statistics import NO_RULE
from tf2ms_opt.report.wrapped import columns, padded, print_wrapped
from tf2ms_opt.words import packaged

SOURCE = Path(tf2ms_opt.__file__).parent
CHINESE = SOURCE / "zh"
RULES = packaged()
FIXTURES = Path(__file__).parent / "fixtures"
HAN = re.compile("[\u4e00-\u9fff]")
#: what English prose has and code has not
PROSE = re.compile(
    r"(?:^|[a-z(]+[),]? )"
    r"(?:the|an?|is|are|its?|of|which|has|no|takes|inside|behind|on|not|gets|stands?|may|in|what) [a-z`{(]"
)
#: the same, told from the program's strings, whose places are not filled in; and what is emitted as code
WORDS = re.compile(r"[a-z]{2,} [a-z]{2,}|\} [a-z]{2,}|[a-z]{2,} \{")
CODE = re.compile(r"^(?:def|from|return|lambda|for|#|--)\b|^[#(-]| import | or \{| as \{| if .* else |return \{|\": ")
#: modules whose strings are not said in findings: the command line's own, the lab's, and those of the runtime
OTHERS = (
    "cli",
    "cli_report",
    "cli_verify",
    "terminal",
    "wishes",
    "config",
    "effective",
    "session",
    "overview",
    "unfinished",
    "verify",
    "baseline",
)
OTHERS += (
    "language",
    "rules",
    "ruleset",
    "spelling",
    "write",
    "facts",
    "parallel",
    "source",
    "evidence",
    "generations",
)
OTHERS += ("runtime_module",)
FOLDERS = ("lab", "sides", "runtime", "report", "syntax")
#: sentences that look like the program's reasons and are not for people, or come in other words
SILENT = {
    # what Python's parser and that of JSON say
    "Missing parentheses in call to", "leading zeros in decimal", "multiple exception types", "mean print",
    "Expecting a string", "Extra data", "Illegal trailing comma",
    # bugs of ours
    "a statement outside of its parent", "a call that is rewritten is no text",
    # a place, which is the same in every language
    "{}:cell {}:{}",
}  # fmt: skip


def read(file):
    return msgspec.toml.decode(file.read_bytes(), type=dict[str, str])


def places(text):
    return set(re.findall(r"\{(\w*)\}", text))


def shape(text):
    """A sentence without the names of its places."""
    return re.sub(r"\{[^{}]*\}", "{}", text)


def chinese(*folders):
    return lexicon("zh", (RULES, *folders))


# ---------------------------------------------------------------- findings


def test_every_finding_is_translated_with_the_same_messages_and_places():
    said = msgspec.toml.decode((CHINESE / "findings.toml").read_bytes(), type=dict[str, Translation])
    english = catalogue()
    assert list(said) == list(english)
    for name, one in said.items():
        assert list(one.messages) == list(english[name].messages), name
        for key, message in one.messages.items():
            assert places(message) == places(english[name].messages[key]), f"{name}/{key}"
            assert HAN.search(message) or not re.search("[a-z]", re.sub(r"\{\w+\}", "", message)), f"{name}/{key}"
        assert all(HAN.search(part) for part in (one.title, one.explanation, one.next_step)), name


def test_no_translation_of_a_finding_is_older_than_its_english():
    """Read the English anew, bring the Chinese up to it, and write the digest that is shown here."""
    said = msgspec.toml.decode((CHINESE / "findings.toml").read_bytes(), type=dict[str, Translation])
    today = {name: digest(entry) for name, entry in catalogue().items()}
    assert {name: today[name] for name, one in said.items() if one.english != today[name]} == {}


def digest(entry):
    texts = (entry.title, entry.explanation, entry.next_step, *entry.messages.values())
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]


# ---------------------------------------------------------------- words of the reports


@cache
def words():
    """Every text that is handed to ``say`` or ``words``, in the modules and in the template."""
    found = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and name_of(node.func) in ("say", "words"):
                if ast.unparse(node.func).endswith("streams.say"):  # a whole line, for the terminal
                    continue
                found |= set(constants(node.args[0]))
    tree = Environment(autoescape=True).parse((SOURCE / "report" / "templates" / "page.html").read_text("utf-8"))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in ("say", "words") and call.args:
            found |= {one.value for one in [call.args[0]] if isinstance(one, nodes.Const)}
    return found


def name_of(func):
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def constants(node):
    if isinstance(node, ast.Constant):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*constants(node.body), *constants(node.orelse))


def chosen():
    """The words that are chosen by a value: they stand in a table, or are the value itself."""
    yield from (one.value for kind in (SiteOutcome, FileStatus, Severity) for one in kind)
    yield from (part for heading in page.HEADINGS.values() for part in heading)
    yield from (*table.ACTIONS.values(), *table.SEVERITIES.values(), *table.LABELS)
    yield from (NO_RULE, "any setting", "bit-equal")


def test_every_word_of_the_reports_is_translated_and_none_is_surplus():
    said = read(CHINESE / "words.toml")
    assert set(said) == words() | set(chosen())
    assert [key for key, value in said.items() if places(key) != places(value)] == []


# ---------------------------------------------------------------- reasons


@cache
def sentences():
    """The strings of the modules that find, plan, convert and run, by whether they are prose."""
    found = set()
    for file in SOURCE.rglob("*.py"):
        inside = file.relative_to(SOURCE)
        if inside.parts[0] in FOLDERS or (len(inside.parts) == 1 and inside.stem in OTHERS):
            continue
        tree = ast.parse(file.read_text("utf-8"))
        silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name_of(node.func).endswith(("RuntimeError", "TypeError", "ValueError")):
                silent |= {id(part) for part in ast.walk(node)}
            if isinstance(node, ast.JoinedStr):
                silent |= {id(part) for part in node.values}
                silent |= {id(part) for part in ast.walk(node) if isinstance(part, ast.FormattedValue)}
        found |= {written(node) for node in ast.walk(tree) if id(node) not in silent and written(node)}
    return found


def written(node):
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)
        case _:
            return None


def test_every_reason_of_the_program_is_translated():
    said = {shape(key) for key in read(CHINESE / "reasons.toml")}
    words = (one for one in sentences() - SILENT if WORDS.search(one) and not CODE.search(one))
    assert sorted(one for one in words if shape(one) not in said) == []


def test_no_reason_is_surplus_and_each_has_its_places():
    everything = {shape(one) for one in sentences()}
    for file in ("baseline.py", "spelling.py", "source.py"):
        nodes_of_file = ast.walk(ast.parse((SOURCE / file).read_text("utf-8")))
        everything |= {shape(written(node)) for node in nodes_of_file if written(node)}
    said = read(CHINESE / "reasons.toml")
    assert [key for key in said if shape(key) not in everything] == []
    assert [key for key, value in said.items() if places(key) != places(value) or not HAN.search(value)] == []
    assert [one for one, count in Counter(map(shape, said)).items() if count > 1] == []


# ---------------------------------------------------------------- rules


def prose_of(value, key=""):
    """The sentences of a rule file; what the lab runs, names and settings are none."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in ("parity", "when", "evidence", "names", "docs", "default", "value"):
                yield from prose_of(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from prose_of(one, key)
    elif isinstance(value, str) and " " in value:
        yield value


def test_every_sentence_of_the_rules_is_translated_and_none_is_surplus():
    files = {file.stem: file for file in (*RULES.glob("*.toml"), *(RULES / "base").glob("*.toml"))}
    said = {file.stem: read(file) for file in (RULES / "zh").glob("*.toml")}
    known = {key for one in said.values() for key in one}
    english = {name: set(prose_of(msgspec.toml.decode(file.read_bytes()))) for name, file in files.items()}
    assert {name: missing for name, found in english.items() if (missing := sorted(found - known))} == {}
    assert {name: extra for name, one in said.items() if (extra := sorted(set(one) - english.get(name, set())))} == {}
    for key, value in ((key, value) for one in said.values() for key, value in one.items()):
        assert places(key) == places(value), key
        assert HAN.search(value) or value.startswith("tf.train"), key


@pytest.mark.parametrize("written", ['"a" = 1', "a = ", '"it is {one}" = "是 {two}"'])
def test_translations_that_cannot_be_used_are_named(written, tmp_path):
    (tmp_path / "lion.toml").write_bytes((RULES / "lion.toml").read_bytes())
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "own.toml").write_text(written, encoding="utf-8")
    for command in (["check", "."], ["explain", "TMO203"]):
        ran = started(*command, "--rules", str(tmp_path), "--lang", "zh")
        assert ran.exit_code == 2
        assert str(tmp_path / "zh" / "own.toml") in ran.stderr


def test_a_folder_of_rules_brings_its_own_translations(tmp_path):
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "mine.toml").write_text('"my own reason" = "我自己的原因"\n', encoding="utf-8")
    assert chinese(tmp_path).phrase("my own reason") == "我自己的原因"
    assert chinese().phrase("my own reason") == "my own reason"


# ---------------------------------------------------------------- what is said


def test_reasons_are_found_by_what_stands_around_their_places():
    said = chinese().phrase
    assert said("`optimizer.lr` has no counterpart") == "`optimizer.lr` 没有对应物"
    assert said("make() returns it again, and it calls itself") == "make() 又返回了它，而它调用自身"
    assert said("something that nobody has translated") == "something that nobody has translated"
    assert said("MindSpore has no Lion; MindSpore has no Muon") == "MindSpore 没有 Lion；MindSpore 没有 Muon"
    one = finding("params-unknown/receiver", 1, 1, receiver="f(x)")
    assert said(f"the call in line 3 does not tell its model ({one.message})").startswith(
        "从第 3 行的调用看不出模型（模型 f(x)"
    )


def test_the_text_of_a_file_is_never_translated():
    """Code may read like a sentence of ours."""
    odd = "f(x, 'the optimizer is chosen by an expression') in y: z is not a name"
    assert chinese().phrase(f"the callback {odd[:40]} is not built in sight").startswith(f"看不到回调 {odd[:40]}")
    said = chinese().finding(finding("params-unknown/receiver", 1, 1, receiver=odd))
    assert said.message == f"模型 {odd} 没有可以重复使用的名字"


def test_a_finding_keeps_the_text_of_the_file_and_the_place_of_the_finding():
    one = finding(
        "unmapped-argument", 3, 5, argument="the {model} is not built in this file", reason="it has no counterpart"
    )
    said = chinese().finding(one)
    assert (said.code, said.line, said.column, said.severity) == (one.code, 3, 5, one.severity)
    assert "{model}" in said.message
    assert ENGLISH.finding(one) is one


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW.Big5"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "zh-Hans-CN"}, "zh"),
        ({"LANG": "zha_CN.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.GB18030", "LC_MESSAGES": "de_DE"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh"}, "en"),
        ({"LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_locale_says_the_language(environment, language):
    assert of_locale(environment) == language


# ---------------------------------------------------------------- the commands

SCRIPT = """import tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.Adam(**options), loss="mse")
"""
CHINESE_LOCALE = {"LC_ALL": "zh_CN.UTF-8"}


def started(*arguments, env=None):
    return CliRunner(charset="utf-8").invoke(main, arguments, env=env or {})


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT)
    return tmp_path


@pytest.mark.parametrize("asked", [["--lang", "zh"], []])
@pytest.mark.usefixtures("project")
def test_people_are_spoken_to_in_their_language(asked):
    env = {} if asked else CHINESE_LOCALE
    ran = started("check", "train.py", *asked, env=env)
    assert ran.exit_code == 1
    assert "TMO302 starred-arguments：看不出 **options 传入了哪些参数" in ran.stderr
    assert "下一步：按名称逐一写出参数，然后重新运行。" in ran.stderr
    assert ran.stderr.endswith("1 个位置：0 个已转换，0 个需复核，1 个未转换\n")
    assert "hides which arguments" in started("check", "train.py", "--lang", "en", env=CHINESE_LOCALE).stderr


@pytest.mark.parametrize("form", ["json", "sarif", "concise", "github"])
@pytest.mark.usefixtures("project")
def test_machines_are_spoken_to_in_english_unless_it_is_said(form):
    plain = started("check", "train.py", "--format", form, env=CHINESE_LOCALE).stdout
    assert plain == started("check", "train.py", "--format", form).stdout
    said = started("check", "train.py", "--format", form, "--lang", "zh").stdout
    assert "看不出" in (json.dumps(json.loads(said), ensure_ascii=False) if form in ("json", "sarif") else said)


def test_the_language_stands_in_the_configuration(project):
    (project / "pyproject.toml").write_text('[tool.tf2ms-opt]\nlang = "zh"\n')
    assert "看不出" in started("check", "train.py").stderr
    assert "看不出" in started("check", "train.py", "--format", "concise").stdout
    assert "更新公式" in started("explain", "TMO203").stdout
    assert started("explain", "TMO203", "--lang", "en").stdout.startswith(
        "TMO203 formula-differs (converted, to review)"
    )
    (project / "pyproject.toml").write_text('[tool.tf2ms-opt]\nlang = "de"\n')
    assert started("check", "train.py").exit_code == 2


def test_what_is_written_into_code_does_not_depend_on_the_language(project):
    english = started("convert", "train.py", "--annotate", "--output-dir", "en")
    chinese = started("convert", "train.py", "--annotate", "--output-dir", "zh", "--lang", "zh")
    assert english.exit_code == chinese.exit_code == 1
    assert (project / "en" / "train.py").read_bytes() == (project / "zh" / "train.py").read_bytes() != SCRIPT.encode()


def test_every_rule_and_every_finding_is_explained_in_chinese():
    out = started("explain", "TMO", "--lang", "zh").stdout
    assert out.count("下一步：") == len(catalogue())
    for name in ("rmsprop", "cosine_decay", "ftrl"):
        shown = re.sub(r"https\S+", "", started("rules", name, "--lang", "zh").stdout)
        assert PROSE.search(shown) is None, PROSE.search(shown)


@pytest.mark.usefixtures("project")
def test_a_terminal_without_the_letters_speaks_english():
    runner = CliRunner(charset="latin-1")
    assert runner.invoke(main, ["explain", "TMO203"], env=CHINESE_LOCALE).stdout.startswith("TMO203 formula-differs (")
    refused = runner.invoke(main, ["explain", "TMO203", "--lang", "zh"])
    assert refused.exit_code == 2
    assert "PYTHONIOENCODING=utf-8" in refused.stderr


@pytest.mark.parametrize("name", sorted(folder.name for folder in (Path(__file__).parent / "projects").iterdir()))
def test_what_files_have_to_do_with_each_other_is_said_in_chinese(name, project):
    shutil.copytree(Path(__file__).parent / "projects" / name / "before", project / name)
    said = started("check", name, "--lang", "zh").stderr
    assert HAN.search(said)
    assert [line for line in said.splitlines() if PROSE.search(re.sub("`[^`]*`", "", line))] == []


def test_lines_of_a_notebook_are_those_of_its_cells(project):
    notebook = FIXTURES / "_notebooks" / "indented_cell" / "before.ipynb"
    (project / "train.ipynb").write_bytes(notebook.read_bytes())
    english = started("check", "train.ipynb").stderr
    chinese = started("check", "train.ipynb", "--lang", "zh").stderr
    told = re.findall(r"line (\d+) of cell (\d+)", english)
    assert told
    assert [(line, cell) for cell, line in re.findall(r"单元格 (\d+) 第 (\d+) 行", chinese)] == told
    assert " of cell " not in chinese


def test_the_page_is_in_chinese(project):
    (project / "more.py").write_text(SCRIPT.replace("**options", "0.1, clipnorm=1.0"))
    ran = started("report", ".", "-o", "r.html", "--lang", "zh")
    assert ran.exit_code == 0, ran.output
    html = (project / "r.html").read_text(encoding="utf-8")
    assert '<html lang="zh-Hans">' in html
    shown = re.sub(r"<(script|style|code|table class=\"change\")\b.*?</\1>", "", html, flags=re.DOTALL)
    shown = re.sub(r'<div class="change".*?</div>', "", shown, flags=re.DOTALL)
    shown = re.sub(r"<[^>]*>", "|", re.sub(r"<code>.*?</code>", "", shown))
    assert [line for line in shown.splitlines() if PROSE.search(line)] == []


# ---------------------------------------------------------------- on a terminal


@pytest.mark.parametrize(("width", "lead"), list(product([40, 61, 100], ["  ", "  12:3  已转换  "])))
def test_chinese_is_wrapped_by_columns(width, lead):
    stream = StringIO()
    text = (
        "在 CPU 上，MindSpore 的算子把 epsilon 加在根号之外（最后 size % 8 个元素加在根号之内）；Ascend 与 Keras 一样。"
    )
    print_wrapped(Console(file=stream, force_terminal=True, color_system=None, width=width), lead, text)
    lines = stream.getvalue().splitlines()
    assert max(map(columns, lines)) <= width
    assert all(line.startswith(" " * columns(lead)) for line in lines[1:])
    parts = [line[len(lead) :] if at == 0 else line.lstrip() for at, line in enumerate(lines)]
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")
    assert not any(part[0] in "，。、；：！？）" for part in parts)
    assert not any(part.rstrip().endswith("（") for part in parts)


def test_columns_of_a_table_are_counted_as_a_terminal_does():
    assert [columns(one) for one in ("ab", "已转换", "a：")] == [2, 6, 3]
    assert [columns(padded(one, 9)) for one in ("converted", "已转换", "")] == [9, 9, 9]
