"""CONTRIBUTING.md's "Add an optimizer in ten minutes", followed to the word in a copy without that optimizer."""

from __future__ import annotations

import pytest
import ten_minutes

#: the tests that judge a rule and its cases, and those that write the tables; the others have nothing to do with it
JUDGES = ("tests/test_fixtures.py", "tests/test_rules.py", "tests/test_docs.py")
ABOUT = "test_fixtures or test_rules or test_generated_blocks"


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The copy, and what the commands of step 4 gave, one after the other."""
    folder = tmp_path_factory.mktemp("copy")
    ten_minutes.copy(folder)
    unknown = ten_minutes.run("tf2ms-opt rules adagrad", folder)
    assert unknown.returncode == 2, "the copy begins without the rule"
    ten_minutes.write(folder)
    commands = ten_minutes.commands("pytest", "tf2ms-opt rules")
    commands = [command for command in commands if "pip install" not in command]
    given = [(*JUDGES, "-k", ABOUT) if command.startswith("pytest") else () for command in commands]
    return folder, {
        command: ten_minutes.run(command, folder, *more) for command, more in zip(commands, given, strict=True)
    }


def test_the_steps_are_those(followed):
    _, runs = followed
    assert list(runs) == ["pytest --update-fixtures", "pytest", "tf2ms-opt rules adagrad"]


def test_every_command_succeeds(followed):
    _, runs = followed
    for command, done in runs.items():
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"


def test_the_cases_come_out_as_said(followed):
    folder, _ = followed
    cases = folder / "tests" / "fixtures" / "adagrad"
    assert (
        "nn.Adagrad(net.trainable_params(), learning_rate=0.01, accum=0.0)" in (cases / "compiled/after.py").read_text()
    )
    assert " left " in (cases / "no_model" / "report.txt").read_text()
    assert not (cases / "no_model" / "after.py").exists()


def test_users_see_the_rule(followed):
    folder, runs = followed
    assert "nn.Adagrad has no epsilon" in runs["tf2ms-opt rules adagrad"].stdout
    assert "| `Adagrad` (legacy, tf2.11, keras3); `AdagradOptimizer` (tf1)" in (folder / "README.md").read_text("utf-8")
