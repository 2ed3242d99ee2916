"""Golden projects: the files of ``tests/projects/<name>/before`` become those of ``after`` in one run.

``after`` holds the files that change, and ``report.txt`` what is said.  ``pytest --update-fixtures`` rewrites both.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tf2ms_opt import run as run_module
from tf2ms_opt.cli import main
from tf2ms_opt.neighbours import Mentions
from tf2ms_opt.project.layout import Layout, definitions

PROJECTS = Path(__file__).parent / "projects"
RUNTIME = "tf2ms_runtime.py"


def run(arguments, folder):
    """The command line in ``folder``: exit code and report."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = CliRunner().invoke(main, arguments)
    finally:
        os.chdir(before)
    return result


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".py", ".ipynb") and path.name != RUNTIME
    }


def written(folder, content):
    for name, text in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


@pytest.mark.parametrize("project", sorted(PROJECTS.iterdir()), ids=lambda one: one.name)
def test_golden_project(project, tmp_path, request):
    shutil.copytree(project / "before", tmp_path / "code")
    result = run(["convert", ".", "--format", "concise"], tmp_path / "code")
    after = {name: data for name, data in files(tmp_path / "code").items() if data != files(project / "before")[name]}
    if request.config.getoption("--update-fixtures"):
        shutil.rmtree(project / "after", ignore_errors=True)
        written(project / "after", {name: data.decode() for name, data in after.items()})
        (project / "report.txt").write_text(result.output, encoding="utf-8", newline="\n")
    assert result.output == (project / "report.txt").read_text(encoding="utf-8")
    assert after == files(project / "after")


@pytest.mark.parametrize("project", sorted(PROJECTS.iterdir()), ids=lambda one: one.name)
def test_a_second_run_changes_nothing(project, tmp_path):
    shutil.copytree(project / "before", tmp_path / "code")
    run(["convert", "."], tmp_path / "code")
    once = files(tmp_path / "code")
    run(["convert", "."], tmp_path / "code")
    assert files(tmp_path / "code") == once


@pytest.mark.parametrize("project", sorted(one.name for one in PROJECTS.iterdir()))
def test_the_order_of_the_paths_and_the_jobs_do_not_matter(project, tmp_path):
    found = []
    paths = sorted(one.name for one in (PROJECTS / project / "before").iterdir())
    for number, (order, jobs) in enumerate(((paths, "1"), (paths[::-1], "1"), (paths, "2"))):
        folder = tmp_path / str(number)
        shutil.copytree(PROJECTS / project / "before", folder)
        output = run(["convert", *order, "--jobs", jobs, "--format", "concise"], folder).output
        found.append((output, files(folder)))
    assert found[0] == found[1] == found[2]


def test_a_network_from_outside_of_the_run_is_not_asked(tmp_path):
    """As for a file by itself: the next step of the converted call says what is not seen."""
    shutil.copytree(PROJECTS / "networks" / "before", tmp_path / "code")
    result = run(["convert", "scripts", "--format", "concise"], tmp_path / "code")
    assert "TMO220" not in result.output


def test_a_file_by_itself_leaves_what_others_call(tmp_path):
    """Nothing is known of other files then, and no call is in this one."""
    shutil.copytree(PROJECTS / "factories" / "before", tmp_path / "code")
    result = run(["convert", "pkg/optim.py", "--format", "concise"], tmp_path / "code")
    assert "build_optimizer() returns the optimizer, and no call of it is in this file" in result.output


FACTORY = "import tensorflow as tf\n\n\ndef make(lr):\n    return tf.keras.optimizers.Adam(lr)\n"
CALLER = "from optim import make\n\nnet.compile(optimizer=make(0.1), loss='mse')\nnet.fit(x, y)\n"


def left(folder, content):
    """What is said of the function in ``optim.py`` where it is left, with the other files of ``content``."""
    written(folder, {"optim.py": FACTORY, "caller.py": CALLER, **content})
    before = files(folder)
    result = run(["convert", ".", "--format", "concise"], folder)
    assert files(folder) == before
    assert "make() returns the optimizer, and " in result.output
    return result.output.partition("make() returns the optimizer, and ")[2].splitlines()[0]


def test_it_is_changed_with_its_callers(tmp_path):
    written(tmp_path, {"optim.py": FACTORY, "caller.py": CALLER})
    assert run(["convert", "."], tmp_path).exit_code == 0
    assert "def make(params, lr):" in (tmp_path / "optim.py").read_text()
    assert "make(net.trainable_params(), 0.1)" in (tmp_path / "caller.py").read_text()


def test_a_caller_whose_own_optimizer_is_left(tmp_path):
    own = "import tensorflow as tf\nother.compile(tf.keras.optimizers.SGD(tf.Variable(0.1)), loss='mse')\n"
    written(tmp_path, {"optim.py": FACTORY, "caller.py": CALLER + own})
    run(["convert", "."], tmp_path)
    assert "make(net.trainable_params(), 0.1)" in (tmp_path / "caller.py").read_text()


def test_a_caller_that_does_not_parse(tmp_path):
    assert "broken.py" in left(tmp_path, {"broken.py": "from optim import make\nprint make(1)\n"})


def test_a_caller_without_a_model(tmp_path):
    assert "in other.py" in left(tmp_path, {"other.py": "from optim import make\nkeep = make(1)\n"})


def test_a_use_that_is_no_call(tmp_path):
    why = left(tmp_path, {"other.py": "import optim\nlater = optim.make\n"})
    assert why.startswith("other.py uses it without calling it in line 2")


def test_a_name_of_two_modules(tmp_path):
    guarded = "try:\n    from optim import make\nexcept ImportError:\n    from others import make\nmake(1)\n"
    assert "other.py may call it, or something else" in left(tmp_path, {"other.py": guarded})


def test_a_caller_that_fails_keeps_the_function(tmp_path, monkeypatch):
    genuine = run_module.convert_source

    def failing(data, rules, options, path):
        if path.endswith("caller.py"):
            raise RuntimeError("a bug of ours")
        return genuine(data, rules, options, path)

    monkeypatch.setattr(run_module, "convert_source", failing)
    written(tmp_path, {"optim.py": FACTORY, "caller.py": CALLER})
    run(["convert", "."], tmp_path)
    assert files(tmp_path) == {"optim.py": FACTORY.encode(), "caller.py": CALLER.encode()}


@pytest.mark.parametrize(
    ("name", "importer", "file"),
    [
        ("a.f", "/p/main.py", "/p/a.py"),
        ("pkg.a.f", "/p/main.py", "/p/pkg/a.py"),
        ("pkg.f", "/p/main.py", "/p/pkg/a.py"),  # the package imports it from there
        ("pkg.a.f", "/p/tests/deep/test_a.py", "/p/pkg/a.py"),
        ("lib.f", "/p/main.py", "/p/src/lib.py"),
        (".a.f", "/p/pkg/b.py", "/p/pkg/a.py"),
        ("..a.f", "/p/pkg/sub/c.py", "/p/pkg/a.py"),
        ("tensorflow.f", "/p/main.py", None),
    ],
)
def test_where_a_name_leads(name, importer, file):
    layout = Layout.of(["/p/main.py", "/p/a.py", "/p/pkg/__init__.py", "/p/pkg/a.py", "/p/pkg/b.py", "/p/src/lib.py"])
    known = {"/p/pkg/__init__.py": Mentions(imports={"f": ".a.f"})}
    found = {one for one, rest in definitions(layout, name, importer, known) if rest == "f"}
    assert found == ({file} if file else set())


def test_several_processes_do_what_one_does(tmp_path):
    found = []
    for jobs in ("1", "2"):
        folder = tmp_path / jobs
        shutil.copytree(PROJECTS / "factories" / "before", folder)
        written(folder, {f"more/many_{number}.py": FACTORY.replace("make", f"make_{number}") for number in range(40)})
        for number in range(0, 40, 3):
            caller = CALLER.replace("optim", f"many_{number}").replace("make", f"make_{number}")
            written(folder, {f"more/uses_{number}.py": caller})
        result = run(["convert", ".", "--jobs", jobs, "--format", "concise"], folder)
        found.append((result.exit_code, result.output, files(folder)))
    assert found[0] == found[1]
