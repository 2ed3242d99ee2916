"""``--baseline``: what is known is not said and does not fail; what is new is and does; what is gone is named."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tf2ms_opt.cli import main

HEAD = "import tensorflow as tf\n"
LEFT = "opt = tf.keras.optimizers.RMSprop(**options)\n"
OTHER = "opt = tf.keras.optimizers.Adam(**options)\n"
CONVERTED = """\
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
opt = tf.keras.optimizers.RMSprop(learning_rate=1e-3)
model.compile(optimizer=opt, loss="mse")
"""
FILE = "known.json"


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['tensorflow>=2.16']\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="tf2ms-opt")


def check(*arguments):
    return run("check", ".", "--baseline", FILE, *arguments)


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def record(*arguments, code=0):
    ran = run("check", ".", "--write-baseline", FILE, *arguments)
    assert ran.exit_code == code, ran.output
    return ran


def test_what_is_known_is_not_said_and_does_not_fail(project):
    write(project, a=HEAD + LEFT, b=CONVERTED)
    assert "known.json: written (" in record("-q").stderr
    assert check().exit_code == 0
    said = check().stderr
    assert "\n2 files: 1 would be converted, 1 unchanged; 1 needs a hand\n2 sites: " in said
    assert said.splitlines()[-1].startswith("baseline known.json: 0 new, ")
    assert "TMO" not in said
    assert "TMO" not in check("--format", "concise").stdout
    assert json.loads(check("--format", "json").stdout)["files"] == []
    assert (project / "b.py").read_text() == CONVERTED


def test_it_survives_moved_lines(project):
    write(project, a=HEAD + LEFT, b=CONVERTED)
    record()
    write(project, a=f"# one\n# two\n{HEAD}\n\nif True:\n    {LEFT}", b=CONVERTED.replace("\n\n", "\n\n\nx = 1\n"))
    assert check().exit_code == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"a": HEAD + LEFT + OTHER}, "a.py:3:7: TMO302"),
        ({"a": HEAD + LEFT + LEFT}, "a.py:3:7: TMO302"),
        ({"a": HEAD + LEFT.replace("options", "others")}, "a.py:2:7: TMO302"),
        ({"c": HEAD + LEFT}, "c.py:2:7: TMO302"),
        ({"c": CONVERTED}, "c.py:4:7: TMO101"),
        ({"b": CONVERTED.replace("1e-3", "1e-3, clipnorm=1.0, name=n")}, "b.py:4:7: "),
    ],
)
def test_what_is_new_is_said_and_fails(project, more, said):
    write(project, a=HEAD + LEFT, b=CONVERTED)
    record()
    write(project, **more)
    ran = check("--format", "concise")
    assert ran.exit_code == 1
    places = {line.partition(" ")[0] for line in ran.stdout.splitlines()}
    assert said in ran.stdout
    assert len({place.split(":")[0] for place in places}) == 1, "the known file is not spoken of"
    assert check("--exit-zero").exit_code == 0


def test_what_no_longer_occurs_is_named_so_that_the_file_can_shrink(project):
    write(project, a=HEAD + LEFT + OTHER, b=HEAD + LEFT, c=HEAD + LEFT)
    record()
    write(project, a=HEAD + OTHER)
    (project / "b.py").unlink()
    ran = check()
    assert ran.exit_code == 0
    assert "4 entries of it no longer occur; write it anew with --write-baseline known.json:" in ran.stderr
    assert "  a.py: TMO302\n  a.py: left\n  b.py: TMO302\n  b.py: left\n" in ran.stderr
    stale = json.loads(check("--format", "json").stdout)["baseline"]["stale"]
    assert [(one["path"], one["code"], one["count"]) for one in stale] == [
        ("a.py", "TMO302", 1), ("a.py", "left", 1), ("b.py", "TMO302", 1), ("b.py", "left", 1)
    ]  # fmt: skip
    record()
    assert "no longer" not in check().stderr


def test_a_run_over_a_part_judges_that_part_alone(project):
    (project / "sub").mkdir()
    write(project, a=HEAD + LEFT)
    write(project / "sub", b=HEAD + LEFT)
    record()
    write(project, a=HEAD)
    assert "no longer" not in run("check", "sub", "--baseline", FILE).stderr
    assert "2 entries of it no longer occur" in check().stderr


def test_it_holds_wherever_the_run_is_started(project, monkeypatch):
    (project / "sub").mkdir()
    write(project / "sub", b=HEAD + LEFT)
    record()
    monkeypatch.chdir(project / "sub")
    assert run("check", "b.py", "--baseline", f"../{FILE}").exit_code == 0
    (project / "pyproject.toml").write_text(f"[tool.tf2ms-opt]\nbaseline = '{FILE}'\ntf-version = '2.16'\n")
    assert run("check", "b.py").exit_code == 0


def test_converting_takes_known_sites_along_and_fails_for_new_left_ones_alone(project):
    write(project, a=HEAD + LEFT, b=CONVERTED)
    record()
    write(project, c=CONVERTED)
    ran = run("convert", ".", "--baseline", FILE)
    assert ran.exit_code == 0, ran.output
    assert "nn.RMSProp(" in (project / "b.py").read_text()
    assert "nn.RMSProp(" in (project / "c.py").read_text()
    write(project, d=HEAD + OTHER)
    assert run("convert", ".", "--baseline", FILE).exit_code == 1


def test_a_file_that_fails_fails_every_time(project):
    write(project, a=HEAD + LEFT)
    record()
    write(project, a=f"{HEAD}opt = tf.keras.optimizers.RMSprop(\n")
    record(code=2)
    ran = check()
    assert ran.exit_code == 2
    assert "TMO901" in ran.stderr
    assert "no longer" not in ran.stderr, "nobody can tell what a file that was not read holds"


def test_the_file_is_sorted_one_entry_a_line_and_the_same_every_time(project):
    write(project, b=HEAD + LEFT + LEFT, a=CONVERTED)
    record()
    first = (project / FILE).read_bytes()
    document = json.loads(first)
    assert document["schema"] == 1
    entries = document["entries"]
    assert entries == sorted(entries, key=lambda one: (one["path"], one["code"], one["fingerprint"]))
    assert {(one["code"], one["count"]) for one in entries if one["path"] == "b.py"} == {("left", 2), ("TMO302", 2)}
    assert len(first.splitlines()) == len(entries) + 2
    record("--baseline", FILE)
    assert (project / FILE).read_bytes() == first, "an older baseline plays no part in a new one"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "no such file; make it with: tf2ms-opt check PATH... --write-baseline known.json"),
        ("{", "not a baseline: "),
        ("[]", "not a baseline: Expected `object`, got `array`"),
        ('{"schema": 2, "entries": []}', "not a baseline: Invalid enum value 2"),
        ('{"schema": 1, "entries": [], "more": 1}', "not a baseline: Object contains unknown field `more`"),
        ('{"schema": 1, "entries": [{"path": "a"}]}', "not a baseline: Object missing required field `code`"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(project, text, why):
    write(project, a=CONVERTED)
    if text is not None:
        (project / FILE).write_text(text)
    ran = run("convert", ".", "--baseline", FILE)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert f"{FILE}: {why}" in ran.stderr
    assert (project / "a.py").read_text() == CONVERTED


def test_statistics_count_codes_and_rules(project):
    write(project, a=HEAD + LEFT + OTHER, b=CONVERTED, c=HEAD + LEFT)
    said = run("check", ".", "-q", "--statistics").stderr
    tables = said[said.index("findings by code:") :]
    assert "  3  TMO302 starred-arguments (2 files): " in tables
    assert "sites by rule:\n  1  adam     0 converted, 0 to review, 1 left\n  3  rmsprop  1 " in tables
    data = json.loads(run("check", ".", "--format", "json", "--statistics").stdout)["statistics"]
    (starred,) = (one for one in data["codes"] if one["code"] == "TMO302")
    assert (starred["name"], starred["severity"], starred["count"], starred["files"]) == (
        "starred-arguments", "left", 3, 2
    )  # fmt: skip
    assert data["rules"][1]["rule"] == "rmsprop"
    assert [data["rules"][1][name] for name in ("sites", "left")] == [3, 2]
    assert "statistics" not in json.loads(run("check", ".", "--format", "json").stdout)
