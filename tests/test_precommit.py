"""The hooks as a project uses them: the real pre-commit clones this checkout, installs it and runs on a repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: what an installation from this checkout is made of
PARTS = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "src", "rules")
TRAIN = b"""\
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.RMSprop(learning_rate=1e-3), loss="mse")
"""
NOTEBOOK = json.dumps({
    "cells": [{"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": TRAIN.decode()}],
    "metadata": {}, "nbformat": 4, "nbformat_minor": 4,
}).encode()  # fmt: skip
LEFT = TRAIN.replace(b"learning_rate=1e-3", b"**options")
CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: tf2ms-opt
      - id: tf2ms-opt-check
      - id: tf2ms-opt
        alias: lenient
        args: [--exit-zero]
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Without anything of the caller's that changes what git, pre-commit or Python do."""
    mine = ("GIT_", "PRE_COMMIT", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    names = {f"GIT_{who}_{what}": "tests" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**kept, **names, **quiet, "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit"))}


@pytest.fixture(scope="module")
def hooks(tmp_path_factory, environment):
    """This checkout, with what is not committed yet, as a repository of hooks, and its revision."""
    folder = tmp_path_factory.mktemp("hooks")
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    commit(folder, environment)
    return folder, git(folder, environment, "rev-parse", "HEAD").strip()


@pytest.fixture
def project(tmp_path, hooks, environment):
    """A repository that uses the hooks."""
    repository, revision = hooks
    text = CONFIGURATION.format(repository=repository.as_posix(), revision=revision)
    (tmp_path / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "train.py").write_bytes(TRAIN)
    (tmp_path / "train.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "plain.py").write_bytes(b"import torch\n")
    (tmp_path / "notes.txt").write_bytes(TRAIN)
    commit(tmp_path, environment)
    return tmp_path


def git(folder, environment, *arguments):
    command = ["git", "-c", "init.defaultBranch=main", "-c", "core.autocrlf=false", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def commit(folder, environment):
    git(folder, environment, "init", "--quiet")
    git(folder, environment, "add", "--all")
    git(folder, environment, "commit", "--quiet", "--message", "all")


def run(folder, environment, hook):
    """The exit code of one hook on all files, and what was printed."""
    command = [sys.executable, "-m", "pre_commit", "run", hook, "--all-files", "--color", "never"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_hooks(project, environment):
    code, said = run(project, environment, "tf2ms-opt-check")
    assert code == 1, said
    assert "train.py: would be converted" in said
    assert "train.ipynb: would be converted" in said
    assert "files were modified" not in said
    assert (project / "train.py").read_bytes() == TRAIN

    code, said = run(project, environment, "tf2ms-opt")
    assert code == 1, said
    assert "files were modified by this hook" in said
    converted = (project / "train.py").read_bytes()
    assert b"nn.RMSProp(model.trainable_params()" in converted
    assert b"nn.RMSProp(model.trainable_params()" in (project / "train.ipynb").read_bytes()
    assert (project / "notes.txt").read_bytes() == TRAIN, "no Python"

    git(project, environment, "add", "--all")
    for hook in ("tf2ms-opt", "tf2ms-opt-check"):
        code, said = run(project, environment, hook)
        assert code == 0, said
        assert "Passed" in said
    assert (project / "train.py").read_bytes() == converted


def test_what_is_left_fails_until_it_is_allowed(project, environment):
    (project / "train.py").write_bytes(LEFT)
    (project / "train.ipynb").unlink()
    git(project, environment, "add", "--all")
    for hook in ("tf2ms-opt", "tf2ms-opt-check"):
        code, said = run(project, environment, hook)
        assert code == 1, said
        assert "TMO302" in said
        assert "files were modified" not in said
    code, said = run(project, environment, "lenient")
    assert code == 0, said
    assert (project / "train.py").read_bytes() == LEFT
