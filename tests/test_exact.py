"""``--fidelity exact`` in whole runs: where the runtime module goes, and what is said; claims with evidence."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tf2ms_opt.cli import main
from tf2ms_opt.engine import convert_source
from tf2ms_opt.options import Fidelity, Options, Scope
from tf2ms_opt.rules import Evidence, Row
from tf2ms_opt.ruleset import RuleSet, load
from tf2ms_opt.runtime_module import compose, held

KERAS3 = """\
import keras

model = keras.Sequential([keras.layers.Dense(1)])
opt = keras.optimizers.RMSprop(1e-3)
model.compile(optimizer=opt, loss="mse")
"""
LEGACY = KERAS3.replace("RMSprop(1e-3)", "RMSprop(lr=1e-3, decay=1e-4)")
RELATIVE = "from . import data\n" + KERAS3
K3 = "RMSpropKeras3"
OLD = ("InverseTimeDecay", "RMSpropLegacy")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**files):
    """Files by their paths, with ``__`` for a slash."""
    for name, text in files.items():
        file = Path(name.replace("__", "/") + ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="")


def package(*names):
    for name in names:
        Path(name).mkdir(parents=True, exist_ok=True)
        (Path(name) / "__init__.py").touch()


def run(*arguments, command="convert", code=0, **given):
    ran = CliRunner().invoke(
        main, [command, *map(str, arguments), "--fidelity", "exact", "--scope", "optimizer"], **given
    )
    assert ran.exit_code == code, ran.output
    return ran


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts
    }  # fmt: skip


def classes_of(path):
    return held(path.read_text("utf-8"))


def test_the_module_is_written_beside_each_file(project):
    write(train=KERAS3, old__train=LEGACY)
    ran = run(".")
    assert classes_of(project / "tf2ms_runtime.py") == {K3}
    assert classes_of(project / "old" / "tf2ms_runtime.py") == set(OLD)
    assert "from tf2ms_runtime import RMSpropKeras3\n" in (project / "train.py").read_text("utf-8")
    assert "tf2ms_runtime.py: written (RMSpropKeras3)\n" in ran.stderr
    assert "old/tf2ms_runtime.py: written (InverseTimeDecay, RMSpropLegacy)\n" in ran.stderr


def test_a_second_run_changes_nothing(project):
    write(train=KERAS3, old__train=LEGACY)
    run(".")
    before = tree(project)
    ran = run(".")
    assert tree(project) == before
    assert "unchanged" in ran.stderr
    assert "tf2ms_runtime" not in ran.stderr


def test_files_of_a_directory_share_one_module(project):
    write(a=KERAS3, b=LEGACY, c=KERAS3)
    ran = run(".")
    assert classes_of(project / "tf2ms_runtime.py") == {K3, *OLD}
    assert ran.stderr.count("tf2ms_runtime.py: written") == 1


def test_an_existing_module_keeps_what_it_holds(project):
    write(train=KERAS3, tf2ms_runtime=compose(["RMSpropTF1"]))
    run("train.py")
    assert classes_of(project / "tf2ms_runtime.py") == {K3, "RMSpropTF1"}


def test_a_module_that_holds_everything_is_not_touched(project):
    write(train=KERAS3, tf2ms_runtime=compose([K3]).replace("\n", "\r\n"))
    before = (project / "tf2ms_runtime.py").stat()
    ran = run("train.py")
    assert (project / "tf2ms_runtime.py").stat().st_ino == before.st_ino
    assert "tf2ms_runtime.py: unchanged (RMSpropKeras3)" in ran.stderr


def test_a_module_of_somebody_else_is_not_written_over(project):
    write(train=KERAS3, other__train=KERAS3, tf2ms_runtime="class Mine:\n    pass\n")
    ran = run(".", code=2)
    assert (project / "train.py").read_text("utf-8") == KERAS3
    assert (project / "tf2ms_runtime.py").read_text("utf-8") == "class Mine:\n    pass\n"
    assert classes_of(project / "other" / "tf2ms_runtime.py") == {K3}
    assert "TMO905 runtime-module-taken: not written: tf2ms_runtime.py is there already" in ran.stderr
    assert "--runtime-module NAME" in ran.stderr
    run("train.py", "--runtime-module", "exact_rmsprop")
    assert classes_of(project / "exact_rmsprop.py") == {K3}


def test_a_module_that_is_no_text(project):
    write(train=KERAS3)
    (project / "tf2ms_runtime.py").write_bytes(b"\xff\xfe\0")
    assert "TMO905" in run("train.py", code=2).stderr
    assert (project / "train.py").read_text("utf-8") == KERAS3


def test_a_directory_in_the_module_s_place(project):
    write(train=KERAS3)
    (project / "tf2ms_runtime.py").mkdir()
    assert "TMO905" in run("train.py", code=2).stderr
    assert (project / "train.py").read_text("utf-8") == KERAS3


def test_a_module_is_not_executable(project):
    write(train=KERAS3)
    (project / "train.py").chmod(0o755)
    run("train.py")
    assert stat.S_IMODE((project / "tf2ms_runtime.py").stat().st_mode) == 0o644
    assert stat.S_IMODE((project / "train.py").stat().st_mode) == 0o755


@pytest.mark.parametrize(
    "text", [KERAS3, RELATIVE, "import lib.data\n" + KERAS3, KERAS3 + "if __name__ == '__main__':\n    model.fit()\n"]
)
def test_forms_of_the_import_in_a_package(project, text):
    package("lib", "lib/sub")
    write(lib__sub__train=text)
    run(".")
    after = (project / "lib" / "sub" / "train.py").read_text("utf-8")
    expected = "lib.sub." if "lib.data" in text else "" if "__main__" in text else "."
    assert f"from {expected}tf2ms_runtime import RMSpropKeras3\n" in after
    assert classes_of(project / "lib" / "sub" / "tf2ms_runtime.py") == {K3}


def test_a_package_s_own_init(project):
    package("lib")
    (project / "lib" / "__init__.py").write_text(KERAS3, "utf-8")
    run("lib")
    assert "from .tf2ms_runtime import" in (project / "lib" / "__init__.py").read_text("utf-8")


def test_one_module_for_a_tree(project):
    write(src__a=KERAS3, src__deep__b=LEGACY)
    run("src", "--runtime-module", "common.exact")
    assert classes_of(project / "src" / "common" / "exact.py") == {K3, *OLD}
    assert "from common.exact import InverseTimeDecay, RMSpropLegacy\n" in (project / "src/deep/b.py").read_text(
        "utf-8"
    )
    assert not list(project.rglob("tf2ms_runtime.py"))


def test_the_module_s_name_in_the_configuration(project):
    (project / "pyproject.toml").write_text(
        '[tool.tf2ms-opt]\nfidelity = "exact"\nscope = "optimizer"\nruntime-module = "exact"\n', "utf-8"
    )
    write(train=KERAS3)
    assert CliRunner().invoke(main, ["convert", "train.py"]).exit_code == 0
    assert classes_of(project / "exact.py") == {K3}


@pytest.mark.parametrize("name", ["", "a-b", ".rel", "a..b", "a/b", "3d", "import", "a.class"])
def test_a_module_s_name_that_is_none(project, name):
    write(train=KERAS3)
    ran = run("train.py", "--runtime-module", name, code=2)
    assert "--runtime-module" in ran.stderr
    assert (project / "train.py").read_text("utf-8") == KERAS3


@pytest.mark.parametrize("extra", [[], ["--runtime-module", "lib.exact"]])
def test_output_dir(project, extra):
    write(src__a=KERAS3, src__b=LEGACY, src__z__c=KERAS3)
    originals = tree(project)
    run("src", "--output-dir", "out", *extra)
    assert {name: data for name, data in tree(project).items() if not name.startswith("out/")} == originals
    out = project / "out"
    modules = [path for path in out.rglob("*.py") if path.stem in {"tf2ms_runtime", "exact"}]
    found = {path.relative_to(out).as_posix(): classes_of(path) for path in modules}
    everything = {K3, *OLD}
    assert found == (
        {"lib/exact.py": everything} if extra else {"tf2ms_runtime.py": everything, "z/tf2ms_runtime.py": {K3}}
    )


@pytest.mark.parametrize("name", ["a", "z"])
def test_output_dir_with_a_module_beside_the_original(project, name):
    """The module is one of the files of the tree: it must not be copied over the one that holds more."""
    write(**{f"src__{name}": KERAS3}, src__tf2ms_runtime=compose(["RMSpropTF1"]))
    run("src", "--output-dir", "out")
    assert classes_of(project / "out" / "tf2ms_runtime.py") == {K3, "RMSpropTF1"}
    assert classes_of(project / "src" / "tf2ms_runtime.py") == {"RMSpropTF1"}


def test_output_dir_with_somebody_else_s_module_beside_the_original(project):
    write(src__a=KERAS3, src__tf2ms_runtime="x = 1\n")
    run("src", "--output-dir", "out", code=2)
    assert (project / "out" / "a.py").read_text("utf-8") == KERAS3
    assert (project / "out" / "tf2ms_runtime.py").read_text("utf-8") == "x = 1\n"


@pytest.mark.parametrize("existing", [None, "RMSpropTF1", K3])
def test_a_diff_holds_the_module_too(project, existing):
    write(a=KERAS3, b=LEGACY, lib__c=KERAS3)
    if existing:
        write(lib__tf2ms_runtime=compose([existing]))
    before = tree(project)
    patch = run(".", "--diff", code=1).stdout_bytes
    assert tree(project) == before
    assert patch.count(b"+++ b/tf2ms_runtime.py") == 1
    other = project.parent / f"{project.name}_patched"
    shutil.copytree(project, other)
    shutil.rmtree(other / ".git")
    subprocess.run(["git", "init", "-q"], cwd=other, check=True)
    subprocess.run(["git", "apply", "-"], cwd=other, input=patch, check=True)
    run(".")
    assert tree(other) == tree(project)


def test_check_writes_nothing(project):
    write(a=KERAS3)
    before = tree(project)
    ran = run(".", command="check", code=1)
    assert tree(project) == before
    assert "tf2ms_runtime.py: would be written (RMSpropKeras3)" in ran.stderr
    write(tf2ms_runtime="x = 1\n")
    assert "TMO905" in run(".", command="check", code=2).stderr


def test_json_lists_the_modules():
    write(a=KERAS3, lib__b=LEGACY)
    document = json.loads(run(".", "--format", "json").stdout)
    assert document["runtime_modules"] == [
        {"path": "lib/tf2ms_runtime.py", "classes": list(OLD)},
        {"path": "tf2ms_runtime.py", "classes": [K3]},
    ]
    assert document["files"][0]["sites"][0]["target"] == f"tf2ms_runtime.{K3}"


def test_quiet_says_nothing_of_modules():
    write(a=KERAS3)
    assert "tf2ms_runtime" not in run(".", "-q").stderr


def test_standard_input_writes_nothing_and_says_what_is_missing(project):
    ran = run("-", input=KERAS3)
    assert f"from tf2ms_runtime import {K3}\n" in ran.stdout
    assert not (project / "tf2ms_runtime.py").exists()
    assert (
        "tf2ms_runtime.py: not written (RMSpropKeras3): convert the file by its name to get it, or see --diff"
        in ran.stderr
    )


def test_standard_input_for_a_file_of_a_package():
    package("lib")
    ran = run("-", "--stdin-filename", "lib/train.py", input=RELATIVE)
    assert f"from .tf2ms_runtime import {K3}\n" in ran.stdout
    assert "lib/tf2ms_runtime.py: not written" in ran.stderr
    patch = run("-", "--stdin-filename", "lib/train.py", "--diff", input=RELATIVE, code=1).stdout
    assert "+++ b/lib/tf2ms_runtime.py\n" in patch


def test_the_module_itself_is_nothing_to_convert(project):
    write(tf2ms_runtime=compose([K3, *OLD, "RMSpropTF1", "RMSpropTF211"]))
    before = tree(project)
    ran = run(".")
    assert tree(project) == before
    assert "1 file: 1 unchanged" in ran.stderr


# ---------------------------------------------------------------- what was measured


def evidence(**rows: dict[str, float]) -> Evidence:
    """One row a fidelity, for Keras 3 and every momentum from 0 to 0.9."""
    measured = {
        "keras3": {"learning_rate": ("0.0001", "0.01"), "momentum": ("0.0", "0.9"), "epsilon": ("1e-10", "0.01")}
    }
    found = tuple(
        Row(
            generation="keras3", fidelity=level, when={"centered": "False"}, schedule="",
            target=K3 if level == "exact" else "mindspore.nn.RMSProp",
            deviation=deviation, curve=(), itself=0.0,
        )
        for level, deviation in rows.items()
    )  # fmt: skip
    versions = {"tensorflow": "2.21.0", "mindspore": "2.10.1"}
    return Evidence(200, "CPU", versions, (), measured, found)


def proven(**rows: dict[str, float]) -> RuleSet:
    rules = load()
    rule = msgspec.structs.replace(rules.rules["rmsprop"], evidence=evidence(**rows))
    return replace(rules, rules={**rules.rules, "rmsprop": rule})


def converted(rules, text=KERAS3, fidelity=Fidelity.EXACT):
    outcome = convert_source(text.encode(), rules, Options(fidelity, tf_version="2.16", scope=Scope.OPTIMIZER))
    assert outcome.changed
    said = [one.message for one in outcome.findings if one.name == "measured"]
    return outcome.after.decode(), said


def test_a_class_of_mindspore_that_is_proven_exact_is_taken():
    after, said = converted(proven(stock={"1.0": 0.0}))
    assert "opt = nn.RMSProp(" in after
    assert "ops.zeros_like" in after
    assert "tf2ms_runtime" not in after
    assert said == ["bit-equal over 200 steps (TensorFlow 2.21 / MindSpore 2.10, CPU)"]


@pytest.mark.parametrize(
    "text",
    [
        KERAS3.replace("1e-3", "0.5"),  # larger than what was run
        KERAS3.replace("1e-3", "1e-3, epsilon=0"),
        KERAS3.replace("1e-3", "1e-3, centered=True"),
        KERAS3.replace("1e-3", "keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)"),
    ],
)
def test_settings_that_were_not_measured_are_not_proven(text):
    after, said = converted(proven(stock={"1.0": 0.0}), text)
    assert f"{K3}(" in after
    assert said == []


def test_a_class_of_mindspore_that_deviates_is_not_taken():
    after, said = converted(proven(stock={"1.0": 1e-3}, exact={"1.0": 1.5e-7}))
    assert f"opt = {K3}(" in after
    assert len(said) == 1
    assert "2e-07 over 200 steps, the rounding of float32" in said[0]


def test_a_deviation_is_named_with_its_scales():
    _, said = converted(proven(stock={"1e-06": 0.02, "1.0": 3e-5}), fidelity=Fidelity.STOCK)
    assert len(said) == 1
    assert "by up to 5e-02 of their size for gradients of 1e-06" in said[0] or "0.05" in said[0]
    assert "over 200 steps" in said[0]


@pytest.mark.parametrize("argument", ["clipnorm=1.0", "weight_decay=0.01"])
def test_nothing_is_claimed_where_an_argument_is_missing(argument):
    _, said = converted(proven(stock={"1.0": 0.0}), KERAS3.replace("1e-3", f"1e-3, {argument}"), Fidelity.STOCK)
    assert said == []


def test_nothing_is_claimed_without_evidence():
    rules = load()
    bare = msgspec.structs.replace(rules.rules["rmsprop"], evidence=None)
    assert converted(replace(rules, rules={**rules.rules, "rmsprop": bare}))[1] == []
