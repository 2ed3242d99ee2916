"""Files that change together: whatever happens while they are written, all are new or all are old, or the run says so.

``test_faults.py`` holds the same for one file.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tf2ms_opt import run as running
from tf2ms_opt import write, write_groups
from tf2ms_opt.cli import main
from tf2ms_opt.groups import groups, in_batches
from tf2ms_opt.neighbours import Gain, Handed, Neighbours, Parameter, Received, Signature, Taker
from tf2ms_opt.options import Options
from tf2ms_opt.ruleset import load
from tf2ms_opt.run import Converter
from tf2ms_opt.unfinished import Replacement, UnfinishedError, finish, noted
from tf2ms_opt.walk import NOTE, Found, walk
from tf2ms_opt.write_groups import Change, TogetherError, replace_all

CALLS = ("open", "fdopen", "fsync", "replace", "stat", "access", "unlink", "chmod", "chown")
FAULTS = (errno.ENOSPC, errno.EACCES, errno.EIO, errno.EROFS, errno.ENOENT)
SUPPORT = Path(__file__).parent / "support"
FUNCTION = b"import tensorflow as tf\n\n\ndef make(lr):\n    return tf.keras.optimizers.Adam(lr)\n"
CALLER = b"from pkg.optim import make\n\nnet = build()\nnet.compile(make(0.1), 'mse')\n"
ALONE = b"import tensorflow as tf\n\nnet = build()\nnet.compile(tf.keras.optimizers.Adam(0.1), 'mse')\n"
NAMES = ("a.py", "b.py", "pkg/optim.py")


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "pkg").mkdir()
    for name, text in zip(NAMES, (CALLER, CALLER.replace(b"0.1", b"0.2"), FUNCTION), strict=True):
        (folder / name).write_bytes(text)
    (folder / "alone.py").write_bytes(ALONE)
    monkeypatch.chdir(folder)
    return folder


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def convert(*arguments):
    return invoke("convert", ".", "--scope", "optimizer", *arguments)


def texts(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def codes(result):
    return {one["path"]: [each["code"] for each in one["diagnostics"]] for one in json.loads(result.stdout)["files"]}


def failed(result):
    return {path: found for path, found in codes(result).items() if any(code.startswith("TMO9") for code in found)}


# ---------------------------------------------------------------- which files they are

MAKE = Signature("make", "adam", "keras3")


def gaining(*paths):
    return Neighbours(gains=tuple(Gain(1, 1, path, MAKE) for path in paths))


def test_a_function_goes_before_its_callers():
    found = groups({"a": gaining("z"), "b": gaining("z"), "z": Neighbours((("make", ""),)), "c": Neighbours()})
    assert found == dict.fromkeys("abz", ("z", "a", "b"))


def test_functions_that_hand_on_what_they_get():
    found = groups({"a": gaining("b"), "b": gaining("c"), "x": gaining("y")})
    assert found == dict.fromkeys("abc", ("c", "b", "a")) | dict.fromkeys("xy", ("y", "x"))


def test_files_that_call_each_other():
    assert groups({"a": gaining("b"), "b": gaining("a")}) == dict.fromkeys("ab", ("b", "a"))
    assert groups({"a": gaining("a")}) == {}
    assert groups({}) == {}


def test_a_long_chain_is_no_deep_recursion():
    said = {f"{number:05}": gaining(f"{number + 1:05}") for number in range(3000)}
    assert groups(said)["00000"] == tuple(f"{number:05}" for number in range(3000, -1, -1))


@pytest.mark.parametrize(
    ("left", "unknown", "parameter", "together"),
    [("", "", "optimizer", True), ("why", "", "optimizer", False), ("", "why", "optimizer", False),
     ("", "", "other", False)],
)  # fmt: skip
def test_a_step_goes_before_those_who_hand_optimizers_to_it(left, unknown, parameter, together):
    taker = Taker("z", "train", Parameter("optimizer", 1), left=left, unknown=unknown)
    there = Neighbours(received=(Received("train", parameter, Handed("adam", "keras3")),))
    found = groups({"a": Neighbours(takers=(((1, 1), taker),)), "z": there})
    assert found == (dict.fromkeys("az", ("z", "a")) if together else {})


def test_a_group_is_done_where_its_first_file_is():
    items = [Found(name, name, name) for name in "abcd"]
    a, b, c, d = items
    assert in_batches(items, {}) == [(a,), (b,), (c,), (d,)]
    assert in_batches(items, dict.fromkeys("bd", ("d", "b"))) == [(a,), (d, b), (c,), ()]
    assert in_batches([a, b], dict.fromkeys("bx", ("x", "b"))) == [(a,), (b,)], "the other is not in this run"


def test_files_of_no_group_do_not_wait(project):
    stored = []
    outcomes = Converter(load(), Options()).outcomes(walk([Path()]), lambda file, *_: stored.append(file.path))
    assert next(outcomes).path == "a.py"
    assert stored == ["pkg/optim.py", "a.py", "b.py"]
    assert next(outcomes).path == "alone.py"
    assert stored == ["pkg/optim.py", "a.py", "b.py", "alone.py"]
    assert [one.path for one in outcomes] == ["b.py", "pkg/optim.py"]
    assert texts(project)["a.py"] == CALLER


# ---------------------------------------------------------------- a write fails


def changes(folder):
    return [
        Change(Found(name, name, str(folder / name)), f"old {name}".encode(), f"new {name}".encode() * 50)
        for name in ("one/a.py", "two/b.py", "one/c.py")
    ]


@pytest.fixture
def three(tmp_path):
    for one in changes(tmp_path):
        Path(one.file.real).parent.mkdir(exist_ok=True)
        Path(one.file.real).write_bytes(one.before)
    return tmp_path


def state(folder):
    found = []
    for one in changes(folder):
        text = Path(one.file.real).read_bytes()
        found.append({one.before: "old", one.after: "new"}.get(text, "other"))
    return found


def notes(folder):
    return sorted(folder.rglob(f"{NOTE}*"))


class Faulty:
    """A function of ``os`` that fails at one of its calls, and at all later ones."""

    def __init__(self, real, number, at):
        self.real, self.number, self.left = real, number, at

    def fails(self):
        return self.left < 0

    def __call__(self, *arguments, **more):
        self.left -= 1
        if self.fails():
            raise OSError(self.number, os.strerror(self.number))
        return self.real(*arguments, **more)


class Once(Faulty):
    """A function of ``os`` that fails at one of its calls, and at no other."""

    def fails(self):
        return self.left == -1


@pytest.mark.parametrize("fault", FAULTS, ids=errno.errorcode.get)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", [Once, Faulty])
def test_every_call_fails_in_turn(three, kind, call, fault):
    every, reals = changes(three), [one.file.real for one in changes(three)]
    for at in range(200):
        for one in every:
            Path(one.file.real).write_bytes(one.before)
        with pytest.MonkeyPatch.context() as patch:
            faulty = kind(getattr(os, call), fault, at)
            patch.setattr(os, call, faulty)
            try:
                replace_all(every)
                error = None
            except TogetherError as caught:
                error = caught
        found = state(three)
        if error is None:
            # what cannot be tidied up is left lying, and is none of the files
            assert found == ["new"] * 3
        elif not error.stuck:
            assert found == ["old"] * 3
            assert error.error.errno in (fault, errno.EAGAIN)
        else:
            assert kind is Faulty, "a fault that has passed is no obstacle to putting back"
            assert {one.file.real for one in error.stuck} == {
                real for real, one in zip(reals, found, strict=True) if one == "new"
            }
            assert len(notes(three)) == 1
            assert finish(notes(three), reals, dry=False)
            assert state(three) == ["new"] * 3
        if call != "unlink":
            assert not list(three.rglob(".tf2ms-*"))
        for entry in three.rglob(".tf2ms-*"):
            entry.unlink()
        if faulty.left >= 0:
            return
    raise AssertionError("no run without the fault")


def test_a_disk_that_is_full_for_the_second_file(project):
    """The limit is the system's own; the first file's text has room."""
    (project / "a.py").write_bytes(CALLER + b"# " + b"long " * 2000 + b"\n")
    before = texts(project)
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY));"
        "from tf2ms_opt.cli import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", program, "convert", ".", "--scope", "optimizer", "--no-cache"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "TMO903 unreadable-file: cannot be written: File too large" in ran.stderr
    assert ran.stderr.count("TMO907 group-not-written: not written: it changes together with a.py") == 2
    found = texts(project)
    assert {name: found[name] for name in NAMES} == {name: before[name] for name in NAMES}
    assert found["alone.py"] != ALONE, "the others go on"
    assert sorted(found) == sorted(before)


def test_a_file_that_may_not_be_written(project, monkeypatch):
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda place, *more, **rest: Path(place).name != "b.py" and real(place, *more, **rest)
    )
    ran = convert("--format", "json")
    assert ran.exit_code == 2
    assert failed(ran) == {"a.py": ["TMO907"], "b.py": ["TMO903"], "pkg/optim.py": ["TMO907"]}
    assert {name: texts(project)[name] for name in NAMES if name != "b.py"} == {
        "a.py": CALLER,
        "pkg/optim.py": FUNCTION,
    }


@pytest.mark.parametrize("mode", [(), ("--check",), ("--diff",)])
def test_a_file_that_fails_before_any_is_written(project, mode):
    """A module of somebody's stands where the caller's runtime module would."""
    (project / "tf2ms_runtime.py").write_text("mine = 1\n", encoding="utf-8")
    for name in NAMES:
        text = (project / name).read_bytes()
        (project / name).write_bytes(text.replace(b"Adam(lr)", b"Adam(lr, amsgrad=True)"))
    before = texts(project)
    ran = invoke("convert", ".", "--fidelity", "exact", "--format", "concise", *mode)
    assert ran.exit_code == 2
    lines = (ran.stdout + ran.stderr).splitlines()
    assert any(line.startswith("a.py:1:1: TMO905") for line in lines)
    assert any(line.startswith("pkg/optim.py:1:1: TMO907") for line in lines)
    assert {name: texts(project)[name] for name in NAMES} == {name: before[name] for name in NAMES}


def test_a_tree_of_its_own_gets_all_new_or_all_old(project, monkeypatch):
    real = write.create

    def full(file, data, like):
        if file.name == "b.py" and b"mindspore" not in data and b"params" in data:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file, data, like=like)

    monkeypatch.setattr("tf2ms_opt.session.create", full)
    ran = convert("--output-dir", "out", "--format", "json")
    assert ran.exit_code == 2
    assert failed(ran) == {"a.py": ["TMO907"], "b.py": ["TMO903"], "pkg/optim.py": ["TMO907"]}
    assert (project / "out/a.py").read_bytes() == CALLER
    assert (project / "out/pkg/optim.py").read_bytes() == FUNCTION
    assert b"mindspore" in (project / "out/alone.py").read_bytes()


# ---------------------------------------------------------------- somebody else writes


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_was_changed_keeps_all_others(project, monkeypatch, name):
    """Between the reading of a file and the writing of the first one."""
    real = write_groups.replace_all

    def meanwhile(every):
        (project / name).write_bytes(b"somebody's work\n")
        real(every)

    monkeypatch.setattr(write_groups, "replace_all", meanwhile)
    before = texts(project)
    ran = convert("--format", "json")
    assert ran.exit_code == 2
    assert failed(ran) == {one: ["TMO903"] if one == name else ["TMO907"] for one in NAMES}
    found = texts(project)
    assert {one: found[one] for one in NAMES} == {one: before[one] for one in NAMES} | {name: b"somebody's work\n"}
    assert not notes(project)


def test_a_file_that_was_changed_since_it_was_surveyed(project, monkeypatch):
    """What its neighbours say to it is about another text."""
    real = running.in_batches

    def behind_the_survey(*arguments):
        (project / "b.py").write_bytes(b"\n" + CALLER)
        return real(*arguments)

    monkeypatch.setattr(running, "in_batches", behind_the_survey)
    ran = convert("--format", "json")
    assert ran.exit_code == 2
    assert failed(ran) == {"a.py": ["TMO907"], "b.py": ["TMO903"], "pkg/optim.py": ["TMO907"]}
    assert {name: texts(project)[name] for name in NAMES} == {
        "a.py": CALLER,
        "b.py": b"\n" + CALLER,
        "pkg/optim.py": FUNCTION,
    }


@pytest.mark.parametrize("changed", [0, 1, 2])
def test_an_editor_that_knows_no_locks(three, monkeypatch, changed):
    """It writes when the first file is new already: what it wrote stays, and the rest is put back."""
    every, real = changes(three), write.put
    left = [2]

    def meanwhile(*arguments):
        left[0] -= 1
        if left[0] == 0:
            Path(every[changed].file.real).write_bytes(b"somebody's work\n")
        real(*arguments)

    monkeypatch.setattr("tf2ms_opt.write_groups.put", meanwhile)
    if changed == 0:
        monkeypatch.setattr(os, "replace", Once(os.replace, errno.EIO, 2))
    with pytest.raises(TogetherError) as caught:
        replace_all(every)
    assert Path(every[changed].file.real).read_bytes() == b"somebody's work\n"
    assert [one for place, one in enumerate(state(three)) if place != changed] == ["old", "old"]
    assert caught.value.stuck == ((every[0],) if changed == 0 else ())
    assert len(notes(three)) == (changed == 0)


def test_what_could_not_be_put_back_is_said_at_every_file(project, monkeypatch):
    monkeypatch.setattr(os, "replace", Faulty(os.replace, errno.EIO, 2))  # the note, the function
    ran = convert("--format", "json", "--no-cache", "a.py")
    monkeypatch.undo()
    os.chdir(project)
    assert ran.exit_code == 2
    assert failed(ran) == {
        "a.py": ["TMO903", "TMO907"],
        "alone.py": ["TMO903"],
        "b.py": ["TMO907"],
        "pkg/optim.py": ["TMO907"],
    }
    said = [each["message"] for one in json.loads(ran.stdout)["files"] for each in one["diagnostics"]]
    assert sum(one.startswith("a.py could not be written, and pkg/optim.py, which changed") for one in said) == 3
    checked = invoke("check", ".", "--scope", "optimizer")
    assert checked.exit_code == 2
    assert "Run `convert` on the same paths to finish it" in checked.stderr
    assert convert().exit_code == 0
    assert all(b"params" in texts(project)[name] for name in NAMES)
    assert not list(project.rglob(".tf2ms-*"))


def test_an_interrupted_run_puts_back(three, monkeypatch):
    real, left = write.put, [2]

    def interrupted(*arguments):
        left[0] -= 1
        real(*arguments)
        if left[0] == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr("tf2ms_opt.write_groups.put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_all(changes(three))
    assert state(three) == ["old"] * 3
    assert not list(three.rglob(".tf2ms-*"))


def test_two_runs_on_one_tree(project):
    for number in range(8):
        (project / f"c{number}.py").write_bytes(CALLER)
    command = [sys.executable, "-m", "tf2ms_opt", "convert", ".", "--scope", "optimizer", "-q"]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for one in runs:
        one.communicate()
    found = texts(project)
    new = {name for name, text in found.items() if name.endswith(".py") and b"params" in text}
    assert new == {name for name in found if name.endswith(".py")}
    assert {name: found[name].count(b"params") for name in found if name.startswith("c")} == {
        f"c{number}.py": 1 for number in range(8)
    }
    assert not [name for name in found if ".tf2ms-" in name]


# ---------------------------------------------------------------- killed


def test_killed_at_every_step(tmp_path, project):
    original = tmp_path / "original"
    for name in NAMES:
        (original / name).parent.mkdir(parents=True, exist_ok=True)
        (original / name).write_bytes((project / name).read_bytes())
    command = [sys.executable, SUPPORT / "killed_group.py", original, tmp_path / "tree"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(ran.stdout)
    assert result["wrong"] == []
    assert result["changed"] == list(NAMES)
    assert result["killed"] > 100
    assert result["noted"] > 10
    # the function is the first, so that a call that is still old fails aloud
    assert result["states"] == [[], list(NAMES), ["a.py", "pkg/optim.py"], ["pkg/optim.py"]]


@pytest.fixture
def half(three):
    """Three files of which a run that was killed has written the first."""
    with ExitStack() as stack:
        every = [
            Replacement(Path(one.file.real), write.beside(Path(one.file.real), one.after, None), one.before, one.after)
            for one in changes(three)
        ]
        stack.enter_context(noted(every))
        every[0].temporary.replace(every[0].target)
    assert state(three) == ["new", "old", "old"]
    return three


def reals(folder):
    return [one.file.real for one in changes(folder)]


def test_what_was_begun_is_finished(half):
    assert finish(notes(half), reals(half), dry=False) == [half / "two/b.py", half / "one/c.py"]
    assert state(half) == ["new"] * 3
    assert not list(half.rglob(".tf2ms-*"))


@pytest.mark.parametrize("text", ["before", "after"])
def test_what_is_whole_is_tidied_up(half, text):
    for one in changes(half):
        Path(one.file.real).write_bytes(getattr(one, text))
    assert finish(notes(half), reals(half), dry=True) == []
    assert len(list(half.rglob(".tf2ms-*"))) == 3
    assert finish(notes(half), reals(half), dry=False) == []
    assert not list(half.rglob(".tf2ms-*"))
    assert {Path(one.file.real).read_bytes() == getattr(one, text) for one in changes(half)} == {True}


def test_a_run_that_is_still_at_it_is_let_be(three):
    one = changes(three)[0]
    temporary = write.beside(Path(one.file.real), one.after, None)
    with noted([Replacement(Path(one.file.real), temporary, one.before, one.after)]) as note:
        assert finish([note], reals(three), dry=False) == []
        assert note.exists()
        assert temporary.exists()


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_file_that_was_changed_since_then(half, place):
    Path(reals(half)[place]).write_bytes(b"somebody's work\n")
    before = texts(half)
    with pytest.raises(UnfinishedError, match=r"Since then .* was changed. Put all of them back .* then delete"):
        finish(notes(half), reals(half), dry=False)
    assert texts(half) == before


def test_new_texts_that_are_gone(half):
    next(iter(half.glob("two/.tf2ms-*"))).unlink()
    before = texts(half)
    with pytest.raises(UnfinishedError, match="The new texts that it had put beside them are gone"):
        finish(notes(half), reals(half), dry=False)
    assert texts(half) == before


def test_a_part_of_the_paths_is_not_enough(half):
    before = texts(half)
    with pytest.raises(UnfinishedError, match="Give the paths of that run"):
        finish(notes(half), reals(half)[:2], dry=False)
    assert texts(half) == before


def note_of(*entries):
    return msgspec.json.encode({"files": entries})


HOSTILE = {
    "garbage": b"\x00{",
    "no list": b"{}",
    "more": b'{"files": [], "x": 1}',
    "outside": note_of({"path": "../../outside", "before": "0", "after": "1", "text": ".tf2ms-0123456789abcdef"}),
    "absolute": note_of({"path": "/etc/hostname", "before": "0", "after": "1", "text": ".tf2ms-0123456789abcdef"}),
    "another text": note_of({"path": "a.py", "before": "0", "after": "1", "text": "../../outside"}),
    "surrogate": note_of({"path": "a\x00.py", "before": "0", "after": "1", "text": ".tf2ms-0123456789abcdef"}),
}


@pytest.mark.parametrize("kind", [*HOSTILE, "pipe", "device", "loop", "directory"])
def test_a_note_that_is_none(project, kind):
    """It stands in a project that somebody else made: nothing is read or written that was not given."""
    note = project / "pkg" / f"{NOTE}0123456789abcdef"
    if kind in HOSTILE:
        note.write_bytes(HOSTILE[kind])
    elif kind == "pipe":
        os.mkfifo(note)
    elif kind == "directory":
        note.mkdir()
    else:
        note.symlink_to({"device": "/dev/zero", "loop": note.name}[kind])
    before = {name: (project / name).read_bytes() for name in NAMES}
    command = [sys.executable, "-m", "tf2ms_opt", "convert", ".", "--scope", "optimizer", "--no-cache"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "Traceback" not in ran.stderr
    assert "internal error" not in ran.stderr
    if kind == "directory":
        assert ran.returncode == 0
        return
    assert ran.returncode == 2
    assert "run again" in ran.stderr
    assert {name: (project / name).read_bytes() for name in NAMES} == before


def test_a_new_text_that_is_a_link(half):
    text = next(iter(half.glob("two/.tf2ms-*")))
    (half / "elsewhere").write_bytes(text.read_bytes())
    text.unlink()
    text.symlink_to(half / "elsewhere")
    with pytest.raises(UnfinishedError, match="are gone"):
        finish(notes(half), reals(half), dry=False)


def test_a_file_that_is_named_finds_the_note_beside_it(half):
    found = walk([Path(real) for real in reals(half)])
    assert [Path(one) for one in found.unfinished] == notes(half)
    assert walk([half]).unfinished == found.unfinished
    assert walk([half / "two"]).unfinished == ()


def test_a_report_does_not_describe_what_is_half_written(half, monkeypatch):
    monkeypatch.chdir(half)
    for arguments in (["check", "."], ["convert", ".", "--output-dir", "out"], ["report", ".", "-o", "page.html"]):
        ran = invoke(*arguments)
        assert ran.exit_code == 2
        assert "a run was killed while it wrote files that change together (one/a.py, two/b.py, one/c.py)" in ran.stderr
        assert state(half) == ["new", "old", "old"]
    ran = invoke("convert", ".")
    assert "two/b.py: written, as a run that was killed had left it to be" in ran.stderr


def test_a_project_that_was_moved(half, tmp_path):
    (half / "one").rename(half / "uno")
    (half / "uno").rename(half / "one")
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    half.rename(moved)
    finish(notes(moved), reals(moved), dry=False)
    assert state(moved) == ["new"] * 3
