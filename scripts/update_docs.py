"""Write the generated blocks of the documents anew: a conversion with its report, what is supported, the modules.

    python scripts/update_docs.py

A block stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``.  It comes from the program itself, run on an
example, from the rule table, or from the modules' docstrings; ``tests/test_docs.py`` fails when one is out of date.
"""

from __future__ import annotations

import ast
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import parity_page
import walkthrough
from shown import fenced, run

from tf2ms_opt.cli import option_helps
from tf2ms_opt.evidence import bound
from tf2ms_opt.report.settings import schema
from tf2ms_opt.rules import Rule
from tf2ms_opt.ruleset import RuleSet, load
from tf2ms_opt.words import document

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md", "README_CN.md", "ARCHITECTURE.md", "docs/quick_start.md", "docs/walkthrough.md", "docs/parity_lab.md",
)  # fmt: skip
#: what editors check `[tool.tf2ms-opt]` with
SCHEMA = "docs/tf2ms-opt.schema.json"
EXAMPLE = "examples/linear_regression.py"
#: what a run searches files for, so that it does not read the rules for it
WORDS = "rules/base/words.json"
#: columns of the terminal
WIDTH = 128
QUICK = "examples/text_classifier.py"
PACKAGE = ROOT / "src" / "tf2ms_opt"
#: between the two comments; the text of a block is what stands between the lines
BLOCK = re.compile(r"(?P<open><!-- generated: (?P<name>[\w-]+) -->\n)(?P<text>.*?)(?P<close><!-- end -->)", re.DOTALL)
TABLE_HEAD = {
    "": ("in TensorFlow and Keras (generations)", "in MindSpore", "`stock`", "`exact`"),
    "-cn": ("TensorFlow / Keras（版本系列）", "MindSpore", "`stock`", "`exact`"),
}
BIT_EQUAL = {"": "bit-equal", "-cn": "逐位相同"}
WORST = {"": "{:g}; worst {:g}", "-cn": "{:g}；最大 {:g}"}
CHECKED = {
    "": "`stock`, `exact`: the largest deviation measured for gradients of 1, and where other gradients (from 1e-6 to "
    "100) deviate more, of all. Signatures checked against {}.",
    "-cn": "`stock`、`exact`：梯度为 1 时测得的最大偏差；其他大小的梯度（1e-6 至 100）偏差更大时，另给出其最大值。"
    "签名核对所用版本：{}。",
}


def main() -> None:
    """Update the documents, and say which of them changed."""
    rules = load()
    words = document(ROOT / "rules", rules.pattern)
    if not (ROOT / WORDS).exists() or (ROOT / WORDS).read_bytes() != words:
        (ROOT / WORDS).write_bytes(words)
        print(f"updated: {WORDS}")
    found = blocks(rules)
    for name in DOCUMENTS:
        file = ROOT / name
        before = file.read_text(encoding="utf-8")
        after = updated(before, found)
        if after != before:
            file.write_text(after, encoding="utf-8", newline="\n")
            print(f"updated: {name}")
    if not (ROOT / SCHEMA).exists() or (ROOT / SCHEMA).read_text(encoding="utf-8") != schema(option_helps()):
        (ROOT / SCHEMA).write_text(schema(option_helps()), encoding="utf-8", newline="\n")
        print(f"updated: {SCHEMA}")


def updated(document: str, found: Mapping[str, str]) -> str:
    """``document`` with every block as it has to be; raises ``KeyError`` for a block that nothing generates."""
    return BLOCK.sub(lambda match: f"{match['open']}{found[match['name']]}\n{match['close']}", document)


def blocks(rules: RuleSet) -> dict[str, str]:
    """Every block by its name."""
    tables = {f"rules{language}": "\n".join(_table(rules, language)) for language in TABLE_HEAD}
    modules = "\n".join(_modules())
    reports = {"report": fenced("text", _report()), "report-cn": fenced("text", _report("--lang", "zh"))}
    shown = {"diff": fenced("diff", _diff(EXAMPLE)), **reports, "modules": modules}
    return {**shown, **tables, **_quick(), **walkthrough.blocks(), **parity_page.blocks()}


def _quick() -> dict[str, str]:
    """The blocks of the quick start."""
    return {
        "quick-check": fenced("text", run("check", QUICK, cwd=ROOT, expected=1, columns=WIDTH).stderr),
        "quick-explain": fenced("text", run("explain", "TMO213", cwd=ROOT, expected=0, columns=WIDTH).stdout),
        "quick-diff": fenced("diff", _diff(QUICK)),
    }


def _diff(example: str) -> str:
    """The change of an example itself; the runtime module beside it is a file of its own."""
    return run("convert", example, "--diff", cwd=ROOT, expected=1, columns=WIDTH).stdout.partition("--- /dev/null")[0]


def _report(*language: str) -> str:
    """What the conversion says, as on a terminal of 128 columns; the file itself stays as it is."""
    with tempfile.TemporaryDirectory() as folder:
        said = run("convert", EXAMPLE, "--output-dir", folder, *language, cwd=ROOT, expected=0, columns=WIDTH).stderr
        said = said.replace(folder, EXAMPLE.rpartition("/")[0])  # where it goes without --output-dir
    return f"$ {' '.join(('tf2ms-opt convert', *language, EXAMPLE))}\n{said}"


def _table(rules: RuleSet, language: str) -> Iterator[str]:
    head = TABLE_HEAD[language]
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for rule in rules.rules.values():
        targets = ", ".join(dict.fromkeys(_targets(rule)))
        measured = " | ".join(_measured(rule, fidelity, language) for fidelity in ("stock", "exact"))
        yield f"| {'; '.join(_sources(rule, rules))} | {targets} | {measured} |"
    yield ""
    yield CHECKED[language].format(", ".join(sorted({*_versions()})))


def _targets(rule: Rule) -> Iterator[str]:
    """What each source becomes; a class of the runtime module where MindSpore has none."""
    for source in rule.source:
        target = source.target or rule.target
        if target.name:
            yield f"[`{target.name}`]({target.docs})" if target.docs else f"`{target.name}`"
        elif source.runtime is not None:
            yield from (f"`{name}` (tf2ms_runtime)" for name in source.runtime.classes.values())


def _measured(rule: Rule, fidelity: str, language: str) -> str:
    """The largest deviation that the lab measured, of all generations and settings of a rule; ``-`` where none was."""
    rows = [row for row in (rule.evidence.row if rule.evidence is not None else ()) if row.fidelity == fidelity]
    if not rows:
        return "-"
    worst = bound(max(row.largest for row in rows))
    usual = bound(max(row.deviation.get("1", row.largest) for row in rows))
    if worst == 0:
        return BIT_EQUAL[language]
    return f"{worst:g}" if worst == usual else WORST[language].format(usual, worst)


def _sources(rule: Rule, rules: RuleSet) -> Iterator[str]:
    """Each class of the source with its generations, the oldest first, and what `compile` calls it."""
    generations: dict[str, set[str]] = {}
    for source in rule.source:
        generations.setdefault(source.class_name, set()).update(source.generations)
    for name, found in generations.items():
        yield f"`{name}` ({', '.join(one for one in rules.framework.generation if one in found)})"
    yield from (f'`"{string}"`' for string in rule.strings)


def _versions() -> Iterator[str]:
    for framework in ("mindspore", "tensorflow", "addons"):
        recorded = json.loads((ROOT / "tests" / "signatures" / f"{framework}.json").read_text(encoding="utf-8"))
        yield from (f"{name} {version}" for name, version in recorded["versions"].items())


def _modules() -> Iterator[str]:
    """Every module with the first line of its docstring, in the order of the layers that import-linter holds to."""
    project = msgspec.toml.decode((ROOT / "pyproject.toml").read_bytes())
    layers = next(one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")["layers"]
    for name in (name.strip() for layer in layers for name in layer.split("|")):
        folder = PACKAGE / name
        if not folder.is_dir():
            yield f"- `{name}`: {_summary(PACKAGE / f'{name}.py')}"
            continue
        yield f"- `{name}/`: {_summary(folder / '__init__.py')}"
        inner = sorted(file for file in folder.rglob("*.py") if file.name != "__init__.py" or file.parent != folder)
        for file in inner:
            path = file.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("__init__")
            yield f"{'  ' * path.rstrip('/').count('/')}- `{path}`: {_summary(file)}"


def _summary(file: Path) -> str:
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return re.sub(" +", " ", docstring.partition("\n")[0].replace("``", "`"))


if __name__ == "__main__":
    main()
