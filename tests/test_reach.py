"""A run executes nothing of the user's, opens no socket, and reads and writes nothing but what it was given."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import tf2ms_opt
from tf2ms_opt.ruleset import packaged

AUDITED = Path(__file__).parent / "support" / "audited.py"
TRAP = "open({!r}, 'w').close()\n"
SOURCE = """import tensorflow as tf
import helpers
net = helpers.build()
net.compile(tf.keras.optimizers.RMSprop(1e-3, centered=True), "mse")
open({!r}, "w").close()
"""
#: modules that a program looks for, and files that other tools execute
TRAPS = ("tensorflow.py", "keras/__init__.py", "click.py", "rich/__init__.py", "msgspec.py", "json.py", "tomllib.py",
         "pathspec.py", "libcst/__init__.py", "sitecustomize.py", "usercustomize.py", "setup.py", "conftest.py",
         "helpers.py", "mindspore.py", "__main__.py", "tf2ms_rules.py")  # fmt: skip


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    for name in TRAPS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(TRAP.format(str(tmp_path / "executed")), encoding="utf-8")
    source = SOURCE.format(str(tmp_path / "executed"))
    (folder / "train.py").write_text(source, encoding="utf-8")
    (folder / "pkg").mkdir()
    (folder / "pkg" / "train.py").write_bytes((folder / "train.py").read_bytes())
    cell = {"cell_type": "code", "source": "%run train.py\n!touch executed\n" + source, "outputs": [], "metadata": {}}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (folder / "train.ipynb").write_text(json.dumps(book), encoding="utf-8")
    (folder / "pyproject.toml").write_text("[tool.tf2ms-opt]\nfidelity = 'exact'\n", encoding="utf-8")
    (folder / "requirements.txt").write_text("tensorflow==2.10\n-r ../outside.txt\n", encoding="utf-8")
    (folder / ".gitignore").write_text("*.log\n", encoding="utf-8")
    (folder / ".git").mkdir()
    (tmp_path / "outside.py").write_bytes((folder / "train.py").read_bytes())
    (tmp_path / "outside.txt").write_text("tensorflow==1.15\n", encoding="utf-8")
    (folder / "link.py").symlink_to(tmp_path / "outside.py")
    (folder / "folder").symlink_to(tmp_path)
    monkeypatch.chdir(folder)
    return folder


def audited(tmp_path, *arguments):
    report = tmp_path / "report.json"
    source = str(Path(tf2ms_opt.__file__).parents[1])
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-P", AUDITED, report, *arguments] if sys.version_info >= (3, 11) else None
    if command is None:
        pytest.skip("python -P")
    subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(report.read_text("utf-8"))


COMMANDS = {
    "convert": ("convert", "."),
    "check": ("check", ".", "--format", "sarif"),
    "diff": ("convert", ".", "--diff"),
    "json": ("check", ".", "--format", "json", "--statistics"),
    "report": ("report", ".", "-o", "page.html"),
    "output": ("convert", ".", "--output-dir", "out"),
    "chinese": ("check", ".", "--lang", "zh"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_run_reaches(project, tmp_path, name):
    did = audited(tmp_path, *COMMANDS[name])
    assert did["code"] in (0, 1), did
    assert did["forbidden"] == []
    assert not (tmp_path / "executed").exists()
    ours = (str(project),)
    own = tuple({str(Path(tf2ms_opt.__file__).parent), str(packaged()), sys.prefix, sys.base_prefix, "/dev/",
                 *(str(Path(place).resolve()) for place in sysconfig.get_paths().values()),
                 *sysconfig.get_paths().values(), "/usr/share/zoneinfo", "/proc/self", "/etc/localtime"})  # fmt: skip
    reads = {path for path in did["read"] if not path.startswith(own)}
    assert {path for path in reads if not path.startswith(ours)} == set()
    package = str(Path(tf2ms_opt.__file__).parent)
    assert [path for path in did["executed"] if path.startswith((*ours, f"text of {package}"))] == []
    assert not {"tensorflow", "keras", "mindspore", "helpers"} & set(did["modules"])
    writes = {path for path in did["changed"] if not path.startswith("/dev/")} - set(ours)
    allowed = {
        "convert": ours,
        "output": (str(project / "out"),),
        "report": (str(project / "page.html"), str(project / ".tf2ms-")),
    }
    assert {path for path in writes if not path.startswith(allowed.get(name, ()))} == set()


def test_a_file_is_read_alone(project, tmp_path):
    """Beside it, its project's settings, pins and packages are looked at, and nothing else."""
    did = audited(tmp_path, "check", "pkg/train.py")
    read = {Path(path).relative_to(project).as_posix() for path in did["read"] if path.startswith(str(project) + "/")}
    assert read <= {"pkg", "pkg/train.py", "pkg/__init__.py", "pyproject.toml", "requirements.txt", "setup.py",
                    "setup.cfg", "Pipfile", "requirements"}  # fmt: skip
    assert "pkg/train.py" in read
    assert did["changed"] == []


def test_the_trap_works(project, tmp_path):
    """What is asserted above would be seen if it happened."""
    subprocess.run([sys.executable, "train.py"], check=False, capture_output=True, cwd=project)
    assert (tmp_path / "executed").exists()


def test_the_current_directory_is_no_place_of_modules(project, tmp_path):
    """``python -m`` puts it first, and a project may have a click.py."""
    environment = {"PYTHONPATH": str(Path(tf2ms_opt.__file__).parents[1]), "LC_ALL": "C.UTF-8"}
    for trap in ("sitecustomize.py", "usercustomize.py"):
        (project / trap).unlink()  # Python's own business, before any program
    ran = subprocess.run([sys.executable, "-m", "tf2ms_opt", "check", "train.py", "-q"], env=environment,
                         capture_output=True, text=True, check=False)  # fmt: skip
    assert ran.returncode in (0, 1), ran.stderr
    assert not (tmp_path / "executed").exists()
