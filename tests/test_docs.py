"""The documents say what is so: generated blocks are current, links resolve, and names exist in the program.

``pytest --update-fixtures`` (or ``python scripts/update_docs.py``) writes the generated blocks anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
import rule_documents
import update_docs
from click.testing import CliRunner

import tf2ms_opt
from tf2ms_opt import config
from tf2ms_opt import rules as schema
from tf2ms_opt.cli import main
from tf2ms_opt.diagnostics import is_code
from tf2ms_opt.engine import convert_source
from tf2ms_opt.outcomes import FileStatus, SiteOutcome
from tf2ms_opt.ruleset import load

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "README_CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/configuration.md")
DOCUMENTS += ("docs/quick_start.md", "docs/walkthrough.md", "docs/parity_lab.md")
#: what a user runs, to the letter
COMMANDS = (
    "pip install . && tf2ms-opt convert examples/ --output-dir converted",
    "pip install '.[test]' && pytest",
)
#: the sections of the two READMEs
SECTIONS = {
    "Before and after": "转换前后",
    "Why a renaming is not enough": "为什么只改名字不够",
    "Install and run": "安装与运行",
    "The training step": "训练步骤",
    "Outcomes and exit codes": "转换结果与退出码",
    "What it does not touch": "不会改动的内容",
    "What is supported": "支持范围",
    "In a project": "在项目中使用",
    "Adding an optimizer": "新增一个优化器",
    "Limits": "局限",
}
PACKAGE = Path(tf2ms_opt.__file__).parent
MODULES = sorted(file.relative_to(PACKAGE).with_suffix("").as_posix() for file in PACKAGE.rglob("*.py"))


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def headings(text):
    """The headings of sections, without lines of code that begin with the same sign."""
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"^## (.+)$", outside, re.MULTILINE)


def code_blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)\n```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def generated(rules):
    return update_docs.blocks(rules)


@pytest.mark.parametrize("name", update_docs.DOCUMENTS)
def test_generated_blocks_are_current(name, generated, request):
    if request.config.getoption("--update-fixtures"):
        (ROOT / name).write_text(update_docs.updated(read(name), generated), encoding="utf-8", newline="\n")
    assert update_docs.updated(read(name), generated) == read(name)


# ---------------------------------------------------------------- the pages of the rules


def test_the_page_of_every_measured_rule_is_current(rules, request):
    for rule in rule_documents.documented(rules):
        file = ROOT / "docs" / f"{rule.name}.md"
        if request.config.getoption("--update-fixtures"):
            file.write_text(rule_documents.page(rule, rules), encoding="utf-8", newline="\n")
        assert file.read_text(encoding="utf-8") == rule_documents.page(rule, rules)


def test_the_picture_of_every_measured_rule_is_of_its_evidence(rules):
    for rule in rule_documents.documented(rules):
        picture = (ROOT / "docs" / f"{rule.name}.svg").read_text(encoding="utf-8")
        assert rule_documents.digest(rule) in picture, f"docs/{rule.name}.svg: run scripts/rule_documents.py"


def test_the_schema_is_current():
    """The copy of ``config --schema`` that editors and schema stores take."""
    assert CliRunner().invoke(main, ["config", "--schema"]).output == read(update_docs.SCHEMA)
    known = json.loads(read(update_docs.SCHEMA))
    for table, properties in ((config.Settings, known["properties"]),
                              (config.Override, known["definitions"]["Override"]["properties"])):  # fmt: skip
        assert list(properties) == [field.encode_name for field in msgspec.structs.fields(table)]
        assert all(one["description"] for one in properties.values())
        assert "null" not in json.dumps(properties)


def test_the_configuration_of_the_document_is_one(tmp_path):
    (shown,) = code_blocks(read("docs/configuration.md"), "toml")
    file = tmp_path / "pyproject.toml"
    file.write_text(shown, encoding="utf-8")
    assert len(config.load(file).overrides) == 2


def test_every_generated_block_stands_in_a_document(generated):
    found = {match["name"] for name in DOCUMENTS for match in update_docs.BLOCK.finditer(read(name))}
    assert found == set(generated)


# ---------------------------------------------------------------- the two READMEs


@pytest.mark.parametrize("name", ["README.md", "README_CN.md"])
def test_the_two_commands_stand_alone(name):
    blocks = code_blocks(read(name), "bash")
    assert [command for command in COMMANDS if command not in blocks] == []


def test_the_readmes_have_the_same_sections():
    assert headings(read("README.md")) == list(SECTIONS)
    assert headings(read("README_CN.md")) == list(SECTIONS.values())


def test_the_readmes_have_the_same_code():
    """The same blocks of code; only what is said in comments, and the report, is translated."""
    english, chinese = (
        [re.sub(r"\s*#.*", "", block) for block in code_blocks(read(name), r"(?!text)\w+")]
        for name in ("README.md", "README_CN.md")
    )
    assert english == chinese


def test_the_readmes_link_to_each_other():
    assert "[查看中文](./README_CN.md)" in read("README.md").splitlines()[:4]
    assert "[View English](./README.md)" in read("README_CN.md").splitlines()[:4]


@pytest.mark.parametrize("name", ["README.md", "README_CN.md"])
def test_a_readme_is_read_in_one_sitting(name):
    """The table of rules may grow; what is written by hand may not."""
    by_hand = update_docs.BLOCK.sub("", read(name))
    assert len(by_hand.splitlines()) <= 120


@pytest.mark.parametrize("name", ["README.md", "README_CN.md"])
def test_the_configuration_shown_is_one(name, tmp_path):
    (shown,) = code_blocks(read(name), "toml")
    file = tmp_path / "pyproject.toml"
    file.write_text(shown, encoding="utf-8")
    assert config.load(file) != config.Settings()


def test_the_examples_convert_with_nothing_left(tmp_path):
    result = CliRunner().invoke(main, ["convert", str(ROOT / "examples"), "--output-dir", str(tmp_path / "converted")])
    assert result.exit_code == 0, result.output
    assert "TMO3" not in result.output
    names = [file.name for file in sorted((ROOT / "examples").glob("*.py"))]
    written = [file.name for file in sorted((tmp_path / "converted").iterdir())]
    assert written == sorted([*names, "tf2ms_runtime.py"])
    assert all(
        (tmp_path / "converted" / name).read_bytes() != (ROOT / "examples" / name).read_bytes() for name in names
    )


# ---------------------------------------------------------------- all documents


@pytest.mark.parametrize("name", DOCUMENTS)
def test_relative_links_resolve(name):
    """A link to a file exists, and so does the heading of a link inside the document."""
    text = read(name)
    anchors = {re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in headings(text)}
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        if (path and not (ROOT / name).parent.joinpath(path).exists()) or (
            anchor and not path and anchor not in anchors
        ):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_code_exists(name):
    assert [code for code in re.findall(r"\bTMO\d{3}\b", read(name)) if not is_code(code)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_option_exists(name):
    """Options of ours stand in backticks or behind the name of the program."""
    known = {option for command in main.commands.values() for one in command.params for option in one.opts}
    known |= {"--update-fixtures", "--version", "--help"}  # the suite's own, and click's
    shown = re.findall(r"`[^`\n]*`|^tf2ms-opt .*$", read(name), re.MULTILINE)
    ours = [text for text in shown if "pip " not in text and "ruff" not in text and "git " not in text]
    assert {option for text in ours for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)} - known == set()


def test_architecture_names_every_module():
    """Each module stands in the map in backticks, a package with a slash behind it."""
    map_of_modules = read("ARCHITECTURE.md").partition("## Modules")[2].partition("\n## ")[0]
    named = set(re.findall(r"^(?:\||  *-|-) *`([a-z_0-9/]+)`", map_of_modules, re.MULTILINE))
    packages = {f"{Path(module).parent.as_posix()}/" for module in MODULES if module.endswith("/__init__")}
    plain = {module for module in MODULES if not Path(module).name.startswith("__")}
    assert named == plain | packages


def test_architecture_has_the_layers_of_the_contract():
    """The map goes through the layers in the order that import-linter holds the program to."""
    contract = msgspec.toml.decode(read("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    layers = [name.strip() for layer in contract["layers"] for name in layer.split("|")]
    map_of_modules = read("ARCHITECTURE.md").partition("## Modules")[2].partition("\n## ")[0]
    order = [one.rstrip("/") for one in re.findall(r"^(?:\||-) *`([a-z_0-9]+/?)`", map_of_modules, re.MULTILINE)]
    assert order == layers


# ---------------------------------------------------------------- the example of CONTRIBUTING.md


def test_the_rule_shown_loads_and_the_cases_shown_come_out_as_said(tmp_path):
    text = read("CONTRIBUTING.md")
    (rule,) = code_blocks(text, "toml")
    (tmp_path / "adagrad.toml").write_text(rule, encoding="utf-8")
    loaded = load([tmp_path])
    assert loaded.rules["adagrad"].target.name == "mindspore.nn.Adagrad"
    converts, left = (convert_source(case.encode(), loaded) for case in code_blocks(text, "python"))
    assert (converts.status, [site.outcome for site in converts.sites]) == (FileStatus.CONVERTED, [SiteOutcome.REVIEW])
    assert (left.status, [site.outcome for site in left.sites]) == (FileStatus.UNCHANGED, [SiteOutcome.LEFT])


def test_every_field_of_a_rule_file_is_explained():
    table = read("CONTRIBUTING.md").partition("| field |")[2].partition("\n\n")[0]
    explained = set(re.findall(r"[a-z-]+", " ".join(re.findall(r"`[^`]*`", table))))
    tables = (schema.Rule, schema.Target, schema.TargetParameter, schema.Source)
    tables += (schema.Parameter, schema.State, schema.Difference, schema.RuntimeClass, schema.Parity)
    fields = {field.encode_name for one in tables for field in msgspec.structs.fields(one)}
    #: what needs no word, and what only the framework's own table uses
    plain = {"name", "summary", "docs", "generations", "class-name", "finding", "keyword-only", "evidence"}
    assert fields - explained - plain == set()
