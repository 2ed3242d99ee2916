"""The command line end to end: exit codes, streams, products, and what it refuses."""

from __future__ import annotations

import json
import subprocess

import pytest
from click.testing import CliRunner

from tf2ms_opt import __version__
from tf2ms_opt.cli import main

CONVERTED = b"""\
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
opt = tf.keras.optimizers.RMSprop(learning_rate=1e-3)
model.compile(optimizer=opt, loss="mse")
"""
LEFT = CONVERTED.replace(b"learning_rate=1e-3", b"**options")
PLAIN = b"import torch\n"
BROKEN = b"import tensorflow as tf\nopt = tf.keras.optimizers.RMSprop(\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project of its own, as the current directory."""
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['tensorflow>=2.16']\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, **files):
    for name, data in files.items():
        (folder / f"{name}.py").write_bytes(data)


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin, prog_name="tf2ms-opt")


@pytest.mark.parametrize(
    ("files", "convert", "check"),
    [
        ({"a": PLAIN}, 0, 0),
        ({"a": CONVERTED}, 0, 1),
        ({"a": CONVERTED, "b": LEFT}, 1, 1),
        ({"a": LEFT}, 1, 1),
        ({"a": CONVERTED, "b": BROKEN, "c": LEFT}, 2, 2),
        ({}, 0, 0),
    ],
)
def test_exit_codes(project, files, convert, check):
    write(project, **files)
    assert run("check", ".").exit_code == check
    assert run("convert", "--check", ".").exit_code == check
    assert run("convert", "--diff", ".").exit_code == check
    assert run("check", "--exit-zero", ".").exit_code == (2 if check == 2 else 0)
    assert [(project / f"{name}.py").read_bytes() for name in files] == list(files.values()), "nothing was written"
    assert run("convert", ".").exit_code == convert
    assert run("convert", "--exit-zero", ".").exit_code == (2 if convert == 2 else 0)


def test_convert_writes_the_files_and_speaks_on_stderr(project):
    write(project, a=CONVERTED, b=LEFT, c=BROKEN, d=PLAIN)
    ran = run("convert", ".")
    assert ran.stdout == ""
    assert "a.py: converted (keras3, from " in ran.stderr
    assert "b.py: unchanged" in ran.stderr
    assert "c.py: failed" in ran.stderr
    assert "4 files: 1 converted, 2 unchanged, 1 failed; 1 needs a hand\n" in ran.stderr
    assert b"nn.RMSProp(model.trainable_params(), learning_rate=1e-3" in (project / "a.py").read_bytes()
    assert (project / "b.py").read_bytes() == LEFT
    assert (project / "c.py").read_bytes() == BROKEN
    again = run("convert", "a.py")
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr.endswith("1 file: 1 unchanged\n")


def test_the_diff_is_what_convert_would_write(project):
    crlf = CONVERTED.replace(b"\n", b"\r\n").rstrip()
    (project / "sub").mkdir()
    write(project, a=CONVERTED, b=LEFT)
    write(project / "sub", c=crlf)
    ran = run("convert", "--diff", ".")
    assert ran.exit_code == 1
    assert "RMSProp" not in ran.stderr.replace("mindspore.nn.RMSProp", "")
    assert run("convert", "--dry-run", ".").stdout_bytes == ran.stdout_bytes
    subprocess.run(["git", "apply", "-"], input=ran.stdout_bytes, check=True)
    patched = [(project / name).read_bytes() for name in ("a.py", "sub/c.py")]
    write(project, a=CONVERTED)
    write(project / "sub", c=crlf)
    run("convert", ".")
    assert [(project / name).read_bytes() for name in ("a.py", "sub/c.py")] == patched


def test_json_lists_what_there_is_to_say_and_every_named_file(project):
    write(project, a=CONVERTED, b=PLAIN, c=BROKEN)
    (project / "other").mkdir()
    write(project / "other", d=PLAIN)
    ran = run("check", "--format", "json", "b.py", ".", "missing.py")
    assert (ran.exit_code, ran.stderr) == (2, "")
    data = json.loads(ran.stdout)
    assert [(file["path"], file["status"]) for file in data["files"]] == [
        ("a.py", "converted"),
        ("b.py", "unchanged"),
        ("c.py", "failed"),
        ("missing.py", "failed"),
    ]
    assert data["summary"] == {
        "files": 5,
        "converted": 1,
        "unchanged": 2,
        "failed": 2,
        "sites": 1,
        "sites_converted": 1,
        "sites_review": 0,
        "sites_left": 0,
    }
    site = data["files"][0]["sites"][0]
    assert (site["line"], site["column"], site["source"], site["target"], site["rule"], site["params"]) == (
        4,
        7,
        "tensorflow.keras.optimizers.RMSprop",
        "mindspore.nn.RMSProp",
        "rmsprop",
        "model.trainable_params()",
    )
    assert data["files"][0]["generation"] == "keras3"
    assert data["files"][3]["diagnostics"][0]["name"] == "unreadable-file"


def test_lines_for_programs_are_a_product_unless_a_diff_is(project):
    write(project, b=LEFT)
    concise = run("check", "--format", "concise", ".")
    assert concise.stdout.startswith("b.py:4:7: TMO302 [left] **options ")
    github = run("check", "--format", "github", ".")
    assert github.stdout.startswith("::error file=b.py,line=4,col=7,title=TMO302 starred-arguments::**options ")
    write(project, a=CONVERTED)
    both = run("check", "--diff", "--format", "concise", ".")
    assert both.stdout.startswith("--- a/a.py\n+++ b/a.py\n")
    assert "TMO302" not in both.stdout
    assert "\nb.py:4:7: TMO302 [left]" in both.stderr


def test_quiet_says_what_failed_what_is_left_and_the_totals(project):
    write(project, a=CONVERTED, b=LEFT)
    lines = run("convert", "-q", ".").stderr.splitlines()
    assert lines[0].startswith("b.py: unchanged")
    assert lines[1].split()[:4] == ["4:7", "left", "TMO302", "starred-arguments:"]
    assert lines[2:] == ["2 files: 1 converted, 1 unchanged; 1 needs a hand"]


@pytest.mark.usefixtures("project")
def test_standard_input_goes_to_standard_output():
    ran = run("convert", "-", "--stdin-filename", "pkg/train.py", stdin=CONVERTED.replace(b"\n", b"\r\n"))
    assert ran.exit_code == 0
    assert b"opt = nn.RMSProp(model.trainable_params(), " in ran.stdout_bytes
    assert ran.stdout_bytes.count(b"\r\n") == ran.stdout_bytes.count(b"\n")
    assert "pkg/train.py: converted (keras3" in ran.stderr
    assert "<stdin>: converted" in run("convert", "-", stdin=CONVERTED).stderr


@pytest.mark.parametrize(("data", "code"), [(PLAIN, 0), (LEFT, 1), (BROKEN, 2), (b"\xff\xfe", 0)])
@pytest.mark.usefixtures("project")
def test_what_is_not_converted_comes_out_as_it_went_in(data, code):
    ran = run("convert", "-", stdin=data)
    assert (ran.exit_code, ran.stdout_bytes) == (code, data)


@pytest.mark.usefixtures("project")
def test_a_check_of_standard_input_prints_no_text():
    assert run("check", "-", stdin=CONVERTED).stdout == ""
    assert run("convert", "--diff", "-", "--stdin-filename", "a.py", stdin=CONVERTED).stdout.startswith("--- a/a.py\n")
    assert json.loads(run("check", "-", "--format", "json", stdin=PLAIN).stdout)["files"][0]["path"] == "<stdin>"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert"], "Missing argument 'PATH...'"),
        (["convert", "--diff", "--format", "json", "a.py"], "--diff and --format json both want standard output"),
        (["convert", "-", "--format", "json"], "the converted text and --format json both want standard output"),
        (["convert", "-", "a.py"], "- (standard input) cannot be mixed with other paths"),
        (["convert", "-", "--output-dir", "out"], "--output-dir is for files"),
        (["convert", ""], "an empty PATH"),
        (["convert", "--params", "net.", "a.py"], "--params: 'net.' is not a Python expression"),
        (["convert", "--params", "a = 1", "a.py"], "--params: 'a = 1' is not a Python expression"),
        (["convert", "--tf-version", "2", "a.py"], "--tf-version: '2' is not a version number like 2.10"),
        (["convert", "--format", "xml", "a.py"], "'xml' is not one of 'text', 'concise', 'json', 'github'"),
        (["convert", "--fidelity", "best", "a.py"], "'best' is not one of 'names', 'stock'"),
        (["convert", "--exclude", "!", "."], "--exclude: Invalid git pattern: '!'"),
        (
            ["convert", "--select", "rmsprob", "a.py"],
            "--select: 'rmsprob' is neither a rule nor a finding's code; did you mean rmsprop?",
        ),
        (
            ["check", "--ignore", "TMO1,tmo201", "a.py"],
            "--ignore: 'tmo201' is neither a rule nor a finding's code; did you mean TMO201",
        ),
        (["check", "--ignore", "params-unknown", "a.py"], "the code of this finding is TMO301"),
        (["check", "--check", "a.py"], "No such option"),
        (["check", "--rules", "nowhere", "a.py"], "nowhere: No such file or directory"),
        (["rules", "rmsprob"], "'rmsprob' is unknown; did you mean rmsprop?"),
        (["explain", "TMO999"], "'TMO999' is unknown"),
        (["explain", "param-unknown"], "'param-unknown' is unknown; did you mean params-unknown?"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_written(project, arguments, message):
    write(project, a=CONVERTED)
    ran = run(*arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert message in " ".join(ran.stderr.split())
    assert (project / "a.py").read_bytes() == CONVERTED


def test_the_configuration_is_read_and_the_command_line_wins(project):
    write(project, a=CONVERTED)
    (project / "pyproject.toml").write_text('[tool.tf2ms-opt]\ncheck = true\nformat = "concise"\n')
    assert run("convert", ".").stdout.startswith("a.py:")
    assert (project / "a.py").read_bytes() == CONVERTED
    assert run("convert", "--no-check", "--format", "text", ".").stdout == ""
    assert (project / "a.py").read_bytes() != CONVERTED
    (project / "pyproject.toml").write_text("[tool.tf2ms-opt]\nchek = true\n")
    ran = run("convert", ".")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "pyproject.toml: [tool.tf2ms-opt]: unknown key 'chek'; did you mean 'check'?" in ran.stderr


def test_selecting_and_ignoring_reach_the_engine(project, monkeypatch):
    seen = []
    monkeypatch.setattr("tf2ms_opt.run.convert_source", lambda _data, _rules, options, _path: seen.append(options))
    write(project, a=CONVERTED)
    run(
        "check",
        ".",
        "--select",
        "rmsprop,TMO3",
        "--select",
        "TMO2",
        "--ignore",
        " TMO301 ,",
        "--tf-version",
        "2.10",
        "--fidelity",
        "names",
        "--params",
        "net.trainable_params()",
    )
    (options,) = seen
    assert (options.select, options.ignore) == (("rmsprop", "TMO3", "TMO2"), ("TMO301",))
    assert (options.tf_version, options.fidelity.value, options.params) == ("2.10", "names", "net.trainable_params()")


def test_version_and_help():
    assert run("--version").stdout == f"tf2ms-opt, version {__version__}\n"
    for command in ("convert", "check", "rules", "explain"):
        assert run(command, "--help").exit_code == 0
    assert max(map(len, run("convert", "--help").stdout.splitlines())) <= 80


def test_annotations_are_a_change_like_any_other(project):
    write(project, a=LEFT)
    diff = run("convert", "--annotate", "--diff", ".")
    assert "+# tf2ms: TMO302 left: **options hides which arguments are passed" in diff.stdout
    assert "a.py: would be annotated" in diff.stderr
    assert (diff.exit_code, (project / "a.py").read_bytes()) == (1, LEFT)
    assert run("convert", "--annotate", "--diff", "--exit-zero", ".").exit_code == 0
    ran = run("convert", "--annotate", ".")
    assert "1 file: 1 annotated; 1 needs a hand" in ran.stderr
    assert subprocess.run(["patch", "-R"], input=diff.stdout.encode(), cwd=project, check=True).returncode == 0
    assert (project / "a.py").read_bytes() == LEFT


def test_suppressed_findings_do_not_count(project):
    write(
        project, a=LEFT.replace(b"**options)", b"**options)  # tf2ms: ignore[TMO302]"), b=LEFT + b"# tf2ms: skip-file"
    )
    ran = run("check", ".")
    assert (ran.exit_code, ran.stderr) == (0, "2 files: 2 unchanged\n")


CONFIGURATION = """
[tool.tf2ms-opt]
ignore = ["TMO104"]

[[tool.tf2ms-opt.overrides]]
files = ["legacy/**"]
generation = "legacy"
ignore = ["TMO102"]
"""


@pytest.fixture
def configured(project):
    (project / "pyproject.toml").write_text("[project]\ndependencies = ['tensorflow==2.12.*']\n" + CONFIGURATION)
    (project / "legacy").mkdir()
    write(project, a=CONVERTED)
    write(project / "legacy", b=CONVERTED)
    return project


@pytest.mark.usefixtures("configured")
def test_overrides_hold_for_their_files():
    ran = run("check", ".", "--scope", "optimizer")
    assert "a.py: would be converted (tf2.11, from pyproject.toml: tensorflow==2.12.*)" in ran.stderr
    assert "legacy/b.py: would be converted (legacy, from the setting generation = legacy)" in ran.stderr
    assert ran.stderr.count("TMO102") == 1
    assert "TMO104" not in ran.stderr
    named = run("check", "-", "--stdin-filename", "legacy/c.py", stdin=CONVERTED)
    assert "legacy/c.py: would be converted (legacy, " in named.stderr
    ran = run("check", ".", "--tf-version", "2.16", "--ignore", "TMO111")
    assert ran.stderr.count("keras3, from --tf-version 2.16") == 2
    assert ran.stderr.count("TMO102") == 2


def test_config_says_what_holds_and_where_it_was_said(configured):
    ran = run("config", "legacy/b.py", "--params", "net.trainable_params()")
    assert (ran.exit_code, ran.stderr) == (0, "")
    lines = {line.split()[0]: line.split()[1:] for line in ran.stdout.splitlines()}
    assert lines["legacy/b.py:"][-1] == str(configured / "pyproject.toml")
    assert lines["generation"] == ['"legacy"', "pyproject.toml:", "overrides[0]"]
    assert lines["params"] == ['"net.trainable_params()"', "command", "line"]
    assert lines["fidelity"] == ['"stock"', "default"]
    assert lines["ignore"][2:] == ["pyproject.toml", "+", "pyproject.toml:", "overrides[0]"]
    assert lines["overrides[0]"][0] == "holds"
    said = json.loads(run("config", "a.py", "--format", "json").stdout)
    assert (said["schema"], said["path"], said["configuration"]) == (1, "a.py", str(configured / "pyproject.toml"))
    assert said["settings"]["generation"] == {"value": "tf2.11", "from": "pyproject.toml: tensorflow==2.12.*"}
    assert said["settings"]["ignore"] == {"value": ["TMO104"], "from": said["configuration"]}
    assert said["settings"]["tf-version"] == {"value": None, "from": "default"}
    assert said["overrides"] == [{"files": ["legacy/**"], "holds": False}]
    assert json.loads(run("config", "--format", "json").stdout)["settings"]["generation"]["value"] == "tf2.11"


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("params = 'a b'", [], "overrides[0]: --params: 'a b' is not a Python expression"),
        ("ignore = ['rmsprob']", [], "overrides[0]: --ignore: 'rmsprob' is neither"),
        ("param = 'a'", [], "overrides[0]: unknown key 'param'"),
        ("params = 'a'", ["--tf-version", "2.4", "--generation", "tf1"], "say the same thing in two ways"),
    ],
)
@pytest.mark.parametrize("command", ["check", "config"])
def test_overrides_that_cannot_be_are_refused(project, command, text, arguments, message):
    (project / "pyproject.toml").write_text(f"[[tool.tf2ms-opt.overrides]]\nfiles = ['no.py']\n{text}\n")
    ran = run(command, ".", *arguments)
    assert ran.exit_code == 2
    assert message in ran.stderr


def test_without_a_configuration_everything_is_a_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = run("config", "a.py")
    assert ran.stdout.startswith("a.py: settings from no pyproject.toml\n")
    assert all(line.endswith(" default") for line in ran.stdout.splitlines()[1:])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell):
    def complete(kind, **words):
        environment = {"_TF2MS_OPT_COMPLETE": f"{shell}_{kind}", **words}
        return CliRunner().invoke(main, [], env=environment, prog_name="tf2ms-opt")

    script = complete("source")
    assert script.exit_code == 0
    assert "_TF2MS_OPT_COMPLETE" in script.stdout
    assert f"{shell}_complete" in script.stdout
    offered = {
        "tf2ms-opt conv": "convert",
        "tf2ms-opt convert --anno": "--annotate",
        "tf2ms-opt explain TMO10": "TMO101",
        "tf2ms-opt rules rms": "rmsprop",
        "tf2ms-opt check --ignore adam": "adamax",
    }
    for typed, wanted in offered.items():
        number = typed.split()[-1] if shell == "fish" else str(len(typed.split()) - 1)
        assert wanted in complete("complete", COMP_WORDS=typed, COMP_CWORD=number).stdout
