"""Runs over many files: what goes wrong with one must not touch the others."""

from __future__ import annotations

import gc
import os
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from tf2ms_opt import run as running
from tf2ms_opt.cli import main
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import FileStatus
from tf2ms_opt.ruleset import load
from tf2ms_opt.run import Converter, store_nothing
from tf2ms_opt.walk import walk

CONVERTED = b"""\
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
opt = tf.keras.optimizers.RMSprop(learning_rate=1e-3)
model.compile(optimizer=opt, loss="mse")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Three files to convert, in the current directory, which is a project of its own."""
    (tmp_path / ".git").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.py").write_bytes(CONVERTED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*arguments):
    return CliRunner().invoke(main, [*(str(argument) for argument in arguments), "--scope", "optimizer"])


def outcomes(*paths, options=None):
    converter = Converter(load(), options or Options())
    return list(converter.outcomes(walk([Path(path) for path in paths]), store_nothing))


def done(folder):
    return [name for name in ("a", "b", "c") if (folder / f"{name}.py").read_bytes() != CONVERTED]


def test_a_file_that_vanishes_is_named_and_the_others_go_on(project):
    walked = walk([Path()])
    (project / "b.py").unlink()
    found = list(Converter(load(), Options()).outcomes(walked, store_nothing))
    assert [(each.path, each.status.value) for each in found] == [
        ("a.py", "converted"),
        ("b.py", "failed"),
        ("c.py", "converted"),
    ]
    assert found[1].findings[0].message == "cannot be read: No such file or directory"


def test_a_bug_in_one_file_is_reported_and_the_others_go_on(project, monkeypatch):
    real = running.convert_source

    def buggy(data, rules, options, path):
        if path == "b.py":
            raise KeyError("x[/lr]")
        return real(data, rules, options, path)

    monkeypatch.setattr(running, "convert_source", buggy)
    ran = invoke("convert", ".")
    assert ran.exit_code == 2
    assert "b.py: failed" in ran.stderr
    assert "TMO904 self-check-failed: not written: internal error: KeyError: 'x[/lr]' (test_run.py, line " in ran.stderr
    assert done(project) == ["a", "c"]


def test_missing_paths_are_named_and_the_others_go_on(project):
    ran = invoke("convert", ".", "nowhere", "no/where.py")
    assert ran.exit_code == 2
    assert "no/where.py: failed\n" in ran.stderr
    assert "nowhere: failed\n" in ran.stderr
    assert "5 files: 3 converted, 2 failed" in ran.stderr
    assert done(project) == ["a", "b", "c"]


@contextmanager
def unprivileged(folder):
    """A context in which permissions bite, even for root."""
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o755)
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="the permissions of POSIX")
def test_what_may_not_be_written_is_named_and_stays(project, monkeypatch, rules):
    # Where the package itself lies may be closed to others (a virtual environment below /root).
    monkeypatch.setattr("tf2ms_opt.session.rules_of", lambda _settings: rules)
    open_, locked = project / "open", project / "locked"
    for folder in (open_, locked):
        folder.mkdir()
        for name in ("a", "b", "c"):
            (folder / f"{name}.py").write_bytes(CONVERTED)
            (folder / f"{name}.py").chmod(0o666)
        folder.chmod(0o777)
    (open_ / "b.py").chmod(0o444)
    (open_ / "c.py").chmod(0)
    locked.chmod(0o555)
    (project / "other.py").write_bytes(CONVERTED)
    invoke("convert", "other.py", "--format", "concise")  # imports what it needs while it may
    (project / "other.py").unlink()
    with unprivileged(project):
        ran = invoke("convert", "open", "locked", "--format", "concise")
    locked.chmod(0o755)
    (open_ / "c.py").chmod(0o644)
    assert ran.exit_code == 2
    assert done(open_) == ["a"]
    assert done(locked) == []
    failed = [line for line in ran.stdout.splitlines() if "TMO903" in line]
    assert failed == [
        *(f"locked/{name}.py:1:1: TMO903 [error] cannot be written: Permission denied" for name in "abc"),
        "open/b.py:1:1: TMO903 [error] cannot be written: Permission denied",
        "open/c.py:1:1: TMO903 [error] cannot be read: Permission denied",
    ]
    assert sorted(entry.name for entry in locked.iterdir()) == ["a.py", "b.py", "c.py"]


def test_a_tree_of_its_own_is_complete_and_the_originals_stay(project):
    (project / "plain.py").write_bytes(b"pass\n")
    (project / "broken.py").write_bytes(b"tf.keras.optimizers.RMSprop(\n")
    for _ in range(2):  # the output lies in the walked directory and is not converted itself
        ran = invoke("convert", ".", "--output-dir", "out")
        assert ran.exit_code == 2
        assert "5 files: 3 converted, 1 unchanged, 1 failed" in ran.stderr
    out = project / "out"
    assert sorted(file.name for file in out.iterdir()) == ["a.py", "b.py", "broken.py", "c.py", "plain.py"]
    assert done(out) == ["a", "b", "c"]
    assert done(project) == []
    assert (out / "broken.py").read_bytes() == b"tf.keras.optimizers.RMSprop(\n"


def test_an_output_directory_that_cannot_be_is_refused_before_anything_is_written(project):
    (project / "sub").mkdir()
    (project / "sub" / "a.py").write_bytes(CONVERTED)
    for arguments, message in (
        ((".", "--output-dir", "."), "would be written over"),
        (("sub", "a.py", "--output-dir", "out"), "would both be written to"),
        ((".", "--output-dir", "a.py"), "is not a directory"),
    ):
        ran = invoke("convert", *arguments)
        assert ran.exit_code == 2
        assert message in " ".join(ran.stderr.split())
    assert not (project / "out").exists()
    assert done(project) == []


def test_the_projects_pins_tell_the_generation(project):
    (project / "requirements.txt").write_text("tensorflow==2.12\n")
    (outcome,) = outcomes("a.py")
    assert outcome.generation == "tf2.11"
    assert "requirements.txt: tensorflow==2.12" in outcome.generation_from
    (outcome,) = outcomes("a.py", options=Options(tf_version="2.17"))
    assert outcome.generation == "keras3"


def test_files_without_candidates_keep_no_bytes(project):
    (project / "plain.py").write_bytes(b"pass\n")
    (outcome,) = outcomes("plain.py")
    assert (outcome.status, outcome.before, outcome.after) == (FileStatus.UNCHANGED, b"", b"")


@pytest.mark.parametrize("format", ["text", "json"])
def test_memory_does_not_grow_with_the_texts(project, format):
    filler = b"# " + b"x" * 500_000 + b"\n"
    for number in range(30):
        (project / f"big{number}.py").write_bytes(filler + CONVERTED)
    invoke("check", ".")
    gc.collect()
    tracemalloc.start()
    invoke("check", ".", "--format", format)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * len(filler), "of 30 files with two texts each"
