"""The text of ``tf2ms_runtime.py``: whole, minimal, and always the same for the same classes."""

from __future__ import annotations

import ast
import builtins
import sys
from itertools import combinations
from pathlib import Path

import pytest

import tf2ms_opt
from tf2ms_opt.plan.imports import STEP_CLASSES
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.runtime_module import compose, held, known

PARTS = Path(tf2ms_opt.__file__).parent / "runtime"
ALL = sorted(known())
OPTIMIZERS = [name for name in ALL if name.startswith(("RMSprop", "Inverse", "Keras"))]
SUBSETS = [*([name] for name in ALL), *map(list, combinations(OPTIMIZERS, 2)), ALL]


def definitions(text):
    return [node for node in ast.parse(text).body if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.Assign))]


def imported(text):
    """Bound name -> the module that it comes from."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: node.module for alias in node.names}
    return found


def test_every_class_that_a_rule_or_the_step_table_names_is_known(rules: RuleSet) -> None:
    sources = [source for rule in rules.rules.values() for source in rule.source if source.runtime is not None]
    named = {name for source in sources for name in source.runtime.classes.values()}
    assert named | rules.step.classes() | STEP_CLASSES <= known()


def test_no_name_is_defined_in_two_parts() -> None:
    nodes = [node for part in PARTS.glob("*.py") for node in definitions(part.read_text("utf-8"))]
    names = [node.targets[0].id if isinstance(node, ast.Assign) else node.name for node in nodes]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("classes", SUBSETS, ids="+".join)
def test_a_module(classes) -> None:
    text = compose(classes)
    names = held(text)
    assert names >= set(classes)
    assert compose(names) == text  # what a class needs comes with it, and changes nothing when it is asked for
    assert compose(classes[::-1]) == compose(frozenset(classes)) == text
    assert all(f" {name}" in ast.get_docstring(ast.parse(text)) for name in names)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert max(map(len, text.splitlines())) <= 120
    roots = {module.partition(".")[0] for module in imported(text).values()}
    assert roots - sys.stdlib_module_names <= {"mindspore", "numpy"}


@pytest.mark.parametrize("classes", SUBSETS, ids="+".join)
def test_every_name_is_defined_and_every_definition_and_import_is_used(classes) -> None:
    text = compose(classes)
    tree = ast.parse(text)
    loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    local = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    local |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    own = {node.targets[0].id if isinstance(node, ast.Assign) else node.name for node in definitions(text)}
    bound = {name for name, module in imported(text).items() if module != "__future__"}
    assert loaded - local - own - bound - set(vars(builtins)) == set()
    assert bound | {name for name in own if name.startswith("_")} <= loaded


def test_definitions_are_copied_to_the_letter() -> None:
    parts = "".join(part.read_text("utf-8") for part in sorted(PARTS.glob("*.py")))
    text = compose(ALL)
    lines = text.splitlines()
    for node in definitions(text):
        assert "\n".join(lines[node.lineno - 1 : node.end_lineno]) + "\n" in parts
    assert len(definitions(text)) == len(definitions(parts))


def test_a_class_that_is_none_of_ours() -> None:
    with pytest.raises(KeyError, match="Adam"):
        compose(["Adam", ALL[0]])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def broken(:\n",
        "\0",
        "class RMSpropKeras3:\n    pass\n",
        '"""Our own optimizers."""\nfrom mindspore import nn\n',
        compose(ALL[:1]) + "\n\nclass Mine:\n    pass\n",
        compose(ALL[:1]) + "\n\ndef helper():\n    pass\n",
        compose(ALL[:1]) + "RATE = 0.1\n",
        compose(ALL[:1])[:-40],
    ],
)
def test_a_module_that_is_none_of_ours_any_more(text) -> None:
    assert held(text) is None


def test_line_ends_do_not_matter() -> None:
    assert held(compose(ALL).replace("\n", "\r\n")) == known()
