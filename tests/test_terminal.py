"""The program as a process: terminals, pipes, colour, and what it loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tf2ms_opt

pty = pytest.importorskip("pty", reason="terminals of POSIX")

LEFT = "import tensorflow as tf\nopt = tf.keras.optimizers.RMSprop(**options[lr])\n"
CONVERTED = "import tensorflow as tf\nm = tf.keras.Sequential()\nm.compile('rmsprop')\n"


def command(*arguments):
    return [sys.executable, "-m", "tf2ms_opt", *map(str, arguments)]


def environment(**more):
    source = str(Path(tf2ms_opt.__file__).parents[1])
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return {**plain, "PYTHONPATH": source, "TERM": "xterm-256color", "PYTHONWARNINGS": "error", **more}


def on_a_terminal(*arguments, **variables):
    """What the program writes when all its streams are one terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command(*arguments), stdin=slave, stdout=slave, stderr=slave, env=environment(**variables), close_fds=True
    )
    os.close(slave)
    output = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        output += part
    os.close(master)
    process.wait()
    return output.decode()


def piped(*arguments, **variables):
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, env=environment(**variables)
    )


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.py").write_text(LEFT)
    (tmp_path / "b.py").write_text(CONVERTED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("project")
def test_a_terminal_gets_colour_and_no_color_is_honoured():
    assert "\x1b[35mleft" in on_a_terminal("check", ".")
    assert "\x1b[32m+" in on_a_terminal("convert", "--diff", ".")
    for arguments in (("check", "."), ("convert", "--diff", "."), ("rules",), ("explain", "TMO301")):
        output = on_a_terminal(*arguments, NO_COLOR="1")
        assert output
        assert "\x1b" not in output


@pytest.mark.usefixtures("project")
def test_a_pipe_gets_no_colour_unless_it_is_forced():
    ran = piped("convert", "--diff", ".")
    assert "\x1b" not in ran.stdout + ran.stderr
    ran = piped("convert", "--diff", ".", FORCE_COLOR="1")
    assert "\x1b[32m+" in ran.stdout
    assert "\x1b[35mleft" in ran.stderr


@pytest.mark.usefixtures("project")
def test_the_report_fits_a_terminal_of_80_columns():
    lines = on_a_terminal("check", ".", NO_COLOR="1", COLUMNS="80").splitlines()
    assert max(map(len, lines)) <= 80
    first = lines.index("  2:7  left       TMO302 starred-arguments: **options[lr] hides which arguments")
    assert lines[first + 1] == " " * 18 + "are passed"


def test_a_long_run_shows_its_progress_on_a_terminal_alone(project):
    for number in range(250):
        (project / f"plain{number}.py").touch()
    assert "files" in on_a_terminal("check", "-q", ".")
    assert "\x1b[?25l" in on_a_terminal("check", "."), "the bar hides the cursor"
    for quiet in (("-q",), ("--format", "concise"), ("--diff",)):
        assert "\x1b[?25l" not in on_a_terminal("check", *quiet, ".")
    assert "\x1b" not in piped("check", ".").stderr


@pytest.mark.parametrize("arguments", [("check", "--format", "concise"), ("convert", "--diff")])
def test_a_closed_pipe_ends_the_program_quietly(project, arguments):
    for number in range(300):
        (project / f"more{number}.py").write_text(CONVERTED + LEFT * 20)
    process = subprocess.Popen(
        command(*arguments, "-q", "."), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.stderr.close()
    process.wait()
    assert "Traceback" not in errors
    assert "BrokenPipe" not in errors
    assert "Exception ignored" not in errors


@pytest.mark.usefixtures("project")
def test_a_name_that_is_no_text_is_no_obstacle():
    try:
        Path("a.py").rename("\udcff\x1b[31m.py")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes only text")
    for form, name in (
        ("text", r"\udcff\x1b[31m.py: "),
        ("concise", r"\udcff\x1b[31m.py:2:7"),
        ("json", r"\udcff\u001b[31m.py"),
    ):
        ran = piped("check", "--format", form, ".")
        assert ran.returncode == 1
        assert name in ran.stdout + ran.stderr
        assert "\x1b" not in ran.stdout + ran.stderr
    ran = subprocess.run(
        command("check", "--format", "github", "."), capture_output=True, check=False, env=environment()
    )
    assert b"::error file=\xff\x1b[31m.py,line=2,col=7," in ran.stdout, "GitHub needs the name itself"


def loaded(code):
    program = f"import sys\n{code}\nprint(*sorted(name for name in sys.modules if '.' not in name))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment())
    return set(ran.stdout.split())


def test_a_run_loads_what_it_needs(project):
    main = "from tf2ms_opt.cli import main\nmain({!r}, standalone_mode=False)"
    heavy = {"libcst", "rich", "packaging", "pathspec", "jinja2"}
    assert not loaded(main.format(["--help"])) & (heavy | {"msgspec"})
    (project / "plain.py").write_text("pass\n")
    exits = "try:\n    from tf2ms_opt.cli import main\n    main({!r})\nexcept SystemExit:\n    pass"
    assert not loaded(exits.format(["check", "plain.py"])) & heavy
    assert loaded(exits.format(["check", "."])) >= {"rich", "packaging"}
    assert "jinja2" not in loaded(exits.format(["check", ".", "--format", "sarif"]))
