"""Faults while files are written: whatever happens, a file is the old one or the new one whole, and the end says so."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from tf2ms_opt import run as running
from tf2ms_opt import write
from tf2ms_opt.cli import main
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import Outcome, Runtime
from tf2ms_opt.ruleset import load
from tf2ms_opt.run import Converter
from tf2ms_opt.runtime_files import RuntimeFiles
from tf2ms_opt.runtime_module import compose, held
from tf2ms_opt.walk import Found, walk
from tf2ms_opt.write import ChangedError, create, publish, replace, supply

SUPPORT = Path(__file__).parent / "support"
CONVERTED = b"""import tensorflow as tf
net = build()
net.compile(tf.keras.optimizers.RMSprop(1e-3, centered=True), "mse")
"""
ADAM = CONVERTED.replace(b"RMSprop(1e-3, centered=True)", b"Nadam(1e-3)")
EXACT = ("--fidelity", "exact", "--scope", "optimizer")


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "a.py").write_bytes(CONVERTED)
    (folder / "b.py").write_bytes(ADAM)
    monkeypatch.chdir(folder)
    return folder


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def texts(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


# ---------------------------------------------------------------- killed


@pytest.mark.parametrize("more", [(), ("--output-dir", "{tree}/out")])
def test_killed_at_every_step(tmp_path, more):
    original = tmp_path / "original"
    (original / ".git").mkdir(parents=True)
    (original / "a.py").write_bytes(CONVERTED)
    if not more:
        (original / "b.py").write_bytes(ADAM)
    tree = tmp_path / "tree"
    options = [option.replace("{tree}", str(tree)) for option in more]
    command = [sys.executable, SUPPORT / "killed.py", original, tree, "convert", *EXACT, *options]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(ran.stdout)
    assert result["wrong"] == []
    assert result["killed"] > 100
    assert result["left"] > 5, "it was killed with the new text half written, too"
    assert result["states"] >= 3, "before, between and after"
    assert result["code"] == 0


# ---------------------------------------------------------------- a call of the system fails

CALLS = ("open", "fdopen", "fsync", "replace", "stat", "mkdir", "access", "unlink", "chmod", "chown")
FAULTS = (errno.ENOSPC, errno.EACCES, errno.EIO, errno.EROFS, errno.ENOENT, errno.EDQUOT)


class Faulty:
    """A function of ``os`` that fails at one of its calls, and at all later ones."""

    def __init__(self, real, number, at):
        self.real, self.number, self.left = real, number, at

    def __call__(self, *arguments, **more):
        self.left -= 1
        if self.left < 0:
            raise OSError(self.number, os.strerror(self.number))
        return self.real(*arguments, **more)


def _fails(job, fault):
    try:
        job()
    except OSError as error:
        return error.errno in (fault, errno.EAGAIN)
    return False


@pytest.mark.parametrize("fault", FAULTS, ids=errno.errorcode.get)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("job", ["replace", "create", "supply", "publish"])
def test_every_call_fails_in_turn(tmp_path, job, call, fault):
    file, like = tmp_path / "deep" / "a.py", tmp_path / "like.py"
    like.write_bytes(b"like")
    jobs = {
        "replace": lambda: replace(file, b"new" * 50, was=b"old"),
        "create": lambda: create(file, b"new" * 50, like=like),
        "supply": lambda: supply(file, b"new" * 50, like=like, was=None),
        "publish": lambda: publish(file, b"new" * 50),
    }
    for at in range(40):
        if job == "replace":
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(b"old")
        with pytest.MonkeyPatch.context() as patch:
            faulty = Faulty(getattr(os, call), fault, at)
            patch.setattr(os, call, faulty)
            failed = _fails(jobs[job], fault)
        found = file.read_bytes() if file.exists() else None
        if failed:
            assert found == (b"old" if job == "replace" else None)
        else:
            assert found in (b"new" * 50, b"old" if job == "replace" else None)
        rest = {entry.name for entry in tmp_path.rglob(".tf2ms-*")}
        assert not rest or call == "unlink"
        for name in rest:
            (file.parent / name).unlink()
        if file.exists():
            file.unlink()
        if faulty.left >= 0:
            return
    raise AssertionError("no run without the fault")


def test_a_disk_that_fills_up_at_any_byte(project):
    """The limit is the system's own: a write is cut short in the middle, and the next one fails."""
    before = texts(project)
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY));"
        "from tf2ms_opt.cli import main; main(sys.argv[2:])"
    )
    for size in (0, 1, 100, 900):
        command = [sys.executable, "-c", program, str(size), "convert", *EXACT, "a.py"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (size, ran.returncode) == (size, 2)
        assert "TMO903" in ran.stderr
        assert "File too large" in ran.stderr
        assert texts(project) == before
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is full")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.usefixtures("project")
def test_output_to_a_full_disk(stream):
    with Path("/dev/full").open("wb") as full:
        other = {"stdout": "stderr", "stderr": "stdout"}[stream]
        streams = {stream: full, other: subprocess.PIPE}
        command = [sys.executable, "-m", "tf2ms_opt", "check", "a.py", "--diff"]
        ran = subprocess.run(command, check=False, **streams)
    assert ran.returncode == 2
    if stream == "stdout":
        assert ran.stderr == b"Error: No space left on device\n"


# ---------------------------------------------------------------- somebody else writes


def test_a_file_that_was_changed_is_not_written_over(project):
    def edit(found, before, after):
        if found.path == "a.py":
            (project / "a.py").write_bytes(b"somebody's work\n")
        if after != before:
            replace(Path(found.real), after, was=before)

    outcomes = list(Converter(load(), Options()).outcomes(walk([Path()]), edit))
    assert [(one.path, one.status.value) for one in outcomes] == [("a.py", "failed"), ("b.py", "converted")]
    assert outcomes[0].findings[0].message.startswith("not written: something else")
    assert (project / "a.py").read_bytes() == b"somebody's work\n"
    assert sorted(texts(project)) == ["a.py", "b.py"]


def test_the_exit_code_says_that_a_file_was_changed(project, monkeypatch):
    real = running.convert_source

    def slow(data, rules, options, path):
        outcome = real(data, rules, options, path)
        (project / "a.py").write_bytes(b"somebody's work\n")
        return outcome

    monkeypatch.setattr(running, "convert_source", slow)
    ran = invoke("convert", "a.py", "--scope", "optimizer")
    assert ran.exit_code == 2
    assert "TMO903 unreadable-file: not written: something else (an editor, another run) has changed it" in ran.stderr
    assert (project / "a.py").read_bytes() == b"somebody's work\n"


@pytest.mark.parametrize("change", ["changed", "gone", "same", "done"])
def test_the_last_look_is_behind_the_writing_of_the_new_text(tmp_path, monkeypatch, change):
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    real = os.fsync

    def meanwhile(descriptor):
        real(descriptor)
        if change == "gone":
            file.unlink()
        else:
            file.write_bytes({"changed": b"theirs", "same": b"old", "done": b"new"}[change])

    monkeypatch.setattr(os, "fsync", meanwhile)
    if change == "changed":
        with pytest.raises(ChangedError):
            replace(file, b"new", was=b"old")
        assert file.read_bytes() == b"theirs"
    elif change == "gone":
        with pytest.raises(FileNotFoundError):
            replace(file, b"new", was=b"old")
        assert not file.exists()
    else:
        replace(file, b"new", was=b"old")
        assert file.read_bytes() == b"new"
    assert not list(tmp_path.glob(".tf2ms-*"))


def test_two_runs_on_one_tree(project):
    """They meet in every file and in the module that all of them import; nothing of either is lost."""
    for number in range(10):
        (project / f"a{number}.py").write_bytes(CONVERTED)
        (project / f"b{number}.py").write_bytes(ADAM)
    command = [sys.executable, "-m", "tf2ms_opt", "convert", ".", *EXACT, "-q"]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [one.communicate()[1] for one in runs]
    assert {one.returncode for one in runs} <= {0, 2}
    assert all("not written: something else" in text for one, text in zip(runs, said, strict=True) if one.returncode)
    found = texts(project)
    last = invoke("check", ".", *EXACT, "--format", "json")
    assert json.loads(last.stdout)["summary"]["converted"] == 0, "all is done, whoever did it"
    assert {"RMSpropKeras3", "NadamKeras3"} <= held(found["tf2ms_runtime.py"].decode())
    assert not [name for name in found if ".tf2ms-" in name]


def test_a_runtime_module_that_two_runs_fill(project, monkeypatch):
    """What another run adds between the last look and the write stays."""
    file = Found("a.py", "a.py", str(project / "a.py"))
    module = project / "tf2ms_runtime.py"
    other = iter([compose(["RMSpropTF1"]), compose(["RMSpropTF1", "RMSpropLegacy"])])
    real = write.supply

    def crossed(place, data, like, was):
        if (text := next(other, None)) is not None:
            module.write_text(text, encoding="utf-8")
        real(place, data, like=like, was=was)

    monkeypatch.setattr("tf2ms_opt.runtime_files.supply", crossed)
    RuntimeFiles().supply(file, Runtime(module="tf2ms_runtime", classes=("RMSpropKeras3",)))
    assert held(module.read_text("utf-8")) == {"RMSpropTF1", "RMSpropLegacy", "RMSpropKeras3"}


def test_a_run_does_not_wait_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "_PAUSE", 0.001)
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    holder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    with pytest.raises(OSError, match="another run is writing in the same directory"):
        replace(file, b"new", was=b"old")
    threading.Timer(0.02, os.close, [holder]).start()
    replace(file, b"new", was=b"old")
    assert file.read_bytes() == b"new"


def test_a_file_system_without_locks_is_no_obstacle(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    replace(file, b"new", was=b"old")
    assert file.read_bytes() == b"new"


# ---------------------------------------------------------------- what is no file


def test_a_device_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for job in (lambda: replace(pipe, b"new"), lambda: publish(pipe, b"new")):
        with pytest.raises(OSError, match="not a regular file"):
            job()
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        (".gitignore", (), 2),
        ("requirements.txt", (), 1),
        ("tf2ms_runtime.py", ("--fidelity", "exact"), 2),
        ("known.json", ("--baseline", "known.json"), 2),
        ("rules/mine.toml", ("--rules", "rules"), 2),
        ("pyproject.toml", (), 1),
        ("c.py", (), 1),
    ],
)
@pytest.mark.parametrize("kind", ["pipe", "device", "loop"])
def test_a_name_that_leads_to_no_file_is_no_trap(project, name, options, code, kind):
    place = project / name
    place.parent.mkdir(exist_ok=True)
    if kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to({"device": "/dev/zero", "loop": place.name}[kind])
    command = [sys.executable, "-m", "tf2ms_opt", "check", ".", "--scope", "optimizer", *options]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "internal error" not in ran.stderr


def test_a_link_out_of_the_tree_is_not_followed(project, tmp_path):
    outside = tmp_path / "outside.py"
    outside.write_bytes(CONVERTED)
    (project / "link.py").symlink_to(outside)
    (project / "inner.py").symlink_to("a.py")
    ran = invoke("convert", ".", "--scope", "optimizer")
    assert outside.read_bytes() == CONVERTED
    assert (
        "1 link leads out of the given paths and is not followed (name the file to convert it): link.py" in ran.stderr
    )
    assert ran.exit_code == 0
    invoke("convert", "link.py", "--scope", "optimizer")
    assert outside.read_bytes() != CONVERTED, "it was named"
    assert (project / "link.py").is_symlink()


def test_a_link_to_another_given_path_is_followed_there(project, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "c.py").write_bytes(CONVERTED)
    (project / "link.py").symlink_to(tmp_path / "other" / "c.py")
    assert walk([project, tmp_path / "other"]).outside == ()
    assert walk([project, tmp_path / "other" / "c.py"]).outside == ()
    assert walk([project]).outside == ((project / "link.py").as_posix(),)


# ---------------------------------------------------------------- the run itself ends


def test_an_interrupted_run_says_so(project, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "convert_source", interrupted)
    ran = invoke("convert", ".")
    assert ran.exit_code == 2
    assert "interrupted" in ran.stderr
    assert texts(project)["a.py"] == CONVERTED


@pytest.mark.usefixtures("project")
def test_a_bug_of_ours_is_not_taken_for_a_site_that_is_left(monkeypatch):
    def broken(*_args, **_more):
        raise KeyError("x")

    monkeypatch.setattr("tf2ms_opt.session.Converter", broken)
    ran = invoke("check", ".")
    assert ran.exit_code == 2
    assert ran.stderr.startswith("Error: internal error, please report it: KeyError: 'x' (test_faults.py, line ")


def test_a_file_that_takes_too_long_is_given_up(project, monkeypatch):
    monkeypatch.setattr(running, "_SECONDS", 0.2)
    real = running.convert_source

    def endless(data, rules, options, path):
        while path == "a.py":
            pass
        return real(data, rules, options, path)

    monkeypatch.setattr(running, "convert_source", endless)
    ran = invoke("convert", ".", "--scope", "optimizer")
    assert ran.exit_code == 2
    assert "TMO906 oversized-file: given up after 0.2 seconds" in ran.stderr
    found = texts(project)
    assert found["a.py"] == CONVERTED
    assert found["b.py"] != ADAM
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


@pytest.mark.usefixtures("project")
def test_without_a_main_thread_there_is_no_limit():
    found: list[Outcome] = []

    def work():
        found.extend(Converter(load(), Options()).outcomes(walk([Path()]), running.store_nothing))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(found) == 2
