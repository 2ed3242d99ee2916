"""``--format sarif``: valid against the standard's own schema, and every place and name survives the way there."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from click.testing import CliRunner

from tf2ms_opt import __version__
from tf2ms_opt.cli import main
from tf2ms_opt.diagnostics import Finding, Severity, catalogue
from tf2ms_opt.outcomes import FileStatus, Outcome
from tf2ms_opt.report import sarif

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
LEFT = "import tensorflow as tf\nopt = tf.keras.optimizers.RMSprop(**options)\n"
#: column 13 in characters, 14 in UTF-16 units, 17 in bytes
WIDE = "import tensorflow as tf\nwide = '\U0001f600'; opt = tf.keras.optimizers.RMSprop(**options)\n"
CONVERTED = (
    "import tensorflow as tf\nmodel = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n"
    "model.compile(optimizer=tf.keras.optimizers.RMSprop(clipnorm=1.0), loss='mse')\n"
)
BROKEN = "import tensorflow as tf\nopt = tf.keras.optimizers.RMSprop(\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['tensorflow>=2.16']\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def log(*arguments, code=1):
    ran = CliRunner().invoke(main, ["check", "--format", "sarif", *arguments])
    assert ran.exit_code == code, ran.output
    found = json.loads(ran.stdout)
    jsonschema.Draft4Validator(SCHEMA).validate(found)
    (run,) = found["runs"]
    return run


def test_the_schema_is_the_standards_and_finds_faults():
    assert SCHEMA["$schema"].startswith("http://json-schema.org/draft-04")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate({"version": "2.1.0", "runs": [{"tool": {}}]})


def test_every_code_is_a_rule_with_its_help(project):
    (project / "a.py").write_text("pass\n")
    driver = log(".", code=0)["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("tf2ms-opt", __version__)
    descriptors = [*driver["rules"], *driver["notifications"]]
    assert [one["id"] for one in descriptors] == [entry.code for entry in catalogue().values()]
    assert [one["name"] for one in descriptors] == list(catalogue())
    levels = {one["id"][3]: one["defaultConfiguration"]["level"] for one in descriptors}
    assert levels == {"1": "note", "2": "warning", "3": "error", "9": "error"}
    for one, entry in zip(descriptors, catalogue().values(), strict=True):
        assert one["shortDescription"]["text"] == f"{entry.title}."
        assert one["fullDescription"]["text"] == entry.explanation
        assert one["help"]["text"].endswith(entry.next_step)
        assert one["help"]["markdown"].replace("\\", "").startswith(entry.explanation)
    assert any("`net.trainable_params()`" in one["help"]["markdown"] for one in descriptors)
    assert any(r"\_" in one["help"]["markdown"] for one in descriptors), "which Markdown would take for emphasis"


def test_results_have_places_in_characters_and_failures_are_notifications(project):
    (project / "sub dir").mkdir()
    (project / "sub dir" / "a:b%#é.py").write_text(WIDE)
    (project / "b.py").write_text(CONVERTED)
    (project / "c.py").write_text(BROKEN)
    run = log(".", code=2)
    assert run["columnKind"] == "unicodeCodePoints"
    by_file = {}
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]
        place = one["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        by_file.setdefault(place["artifactLocation"]["uri"], []).append((one["ruleId"], one["level"], place["region"]))
    assert set(by_file) == {"b.py", "sub%20dir/a%3Ab%25%23%C3%A9.py"}
    assert all((project / unquote(uri)).exists() for uri in by_file)
    assert ("TMO302", "error", {"startLine": 2, "startColumn": 19}) in by_file["sub%20dir/a%3Ab%25%23%C3%A9.py"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (failure,) = invocation["toolExecutionNotifications"]
    assert failure["descriptor"]["id"] == "TMO901"
    number = failure["descriptor"]["index"]
    assert run["tool"]["driver"]["notifications"][number]["id"] == "TMO901"
    assert failure["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "c.py"


def test_the_next_step_stands_behind_what_is_asked_of_a_person(project):
    (project / "a.py").write_text(LEFT)
    (one,) = (one for one in log(".")["results"] if one["ruleId"] == "TMO302")
    assert one["message"]["text"].endswith(f". Next: {catalogue()['starred-arguments'].next_step}")


def test_a_file_outside_of_the_directory_has_its_whole_address(project, monkeypatch):
    (project / "a.py").write_text(LEFT)
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")
    place = log("../a.py")["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": (project / "a.py").as_uri()}


def fingerprints(run):
    return [one["partialFingerprints"]["tf2msLine/v1"] for one in run["results"]]


def test_fingerprints_survive_moved_lines_and_tell_repeated_ones_apart(project):
    file = project / "a.py"
    file.write_text(LEFT)
    before = fingerprints(log("."))
    file.write_text(LEFT.replace("\nopt", "\n\n# above\nif True:\n    opt"))
    assert fingerprints(log(".")) == before
    file.write_text(LEFT.replace("**options", "**others"))
    assert fingerprints(log(".")) != before
    file.write_text(LEFT + LEFT.partition("\n")[2])
    twice = fingerprints(log("."))
    assert len(set(twice)) == len(twice)
    assert set(before) < set(twice)


def test_what_sarif_would_read_as_a_link_or_a_place_is_text():
    finding = Finding("TMO202", "x", Severity.REVIEW, 1, 1, "a[0](1) {0} {x} b[1] \x1b[1m\nend", "")
    (one,) = sarif.results(Outcome("a.py", FileStatus.UNCHANGED, b"", b"", findings=(finding,)))
    assert one["message"]["text"] == r"a\[0](1) {{0}} {x} b[1] \x1b[1m end"


@pytest.mark.usefixtures("project")
def test_a_name_that_is_no_text_is_an_address():
    try:
        Path("\udcff.py").write_text(LEFT)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes only text")
    place = log(".")["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "%FF.py"


@pytest.mark.parametrize("arguments", [("convert", "--diff"), ("convert", "-")])
@pytest.mark.usefixtures("project")
def test_it_shares_standard_output_with_nothing(arguments):
    ran = CliRunner().invoke(main, [*arguments, "--format", "sarif", *([] if "-" in arguments else ["."])], input="")
    assert ran.exit_code == 2
    assert "--format sarif both want standard output" in " ".join(ran.stderr.split())
