"""The built wheel: what is in it, and that it works in an empty environment, away from the checkout."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tf2ms_opt import __version__

ROOT = Path(__file__).parents[1]
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"


def environment():
    """Without the paths by which Python or pip would find this checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def run(*command, cwd):
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment(), capture_output=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of the commands of an environment that has the wheel and what it depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    scripts = folder / SCRIPTS
    done = run(scripts / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return scripts


def test_the_wheel_holds_the_package_and_the_rules_and_nothing_else(wheel):
    source = ROOT / "src"
    expected = {file.relative_to(source).as_posix() for file in source.rglob("*.py")}
    expected |= {"tf2ms_opt/findings.toml", "tf2ms_opt/py.typed"}
    expected |= {f"tf2ms_opt/zh/{name}.toml" for name in ("findings", "reasons", "words")}
    expected |= {f"tf2ms_opt/report/templates/page.{kind}" for kind in ("css", "html", "js")}
    expected |= {
        f"tf2ms_opt/{file.relative_to(ROOT).as_posix()}" for file in (ROOT / "rules").rglob("*") if file.is_file()
    }
    about = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    expected |= {f"tf2ms_opt-{__version__}.dist-info/{name}" for name in about}
    assert expected >= {"tf2ms_opt/rules/base/framework.toml", "tf2ms_opt/rules/evidence/rmsprop.json"}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    assert names == expected


def test_the_program_runs_away_from_the_checkout(installed, tmp_path):
    program = installed / "tf2ms-opt"
    done = run(program, "--version", cwd=tmp_path)
    assert (done.returncode, done.stdout.split()[-1]) == (0, __version__), done.stderr
    done = run(program, "rules", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = {line.split()[0] for line in done.stdout.splitlines()}
    assert listed == {file.stem for file in (ROOT / "rules").glob("*.toml")}


def test_exact_writes_the_runtime_module_and_says_what_was_measured(installed, tmp_path):
    example = ROOT / "examples" / "linear_regression.py"
    done = run(installed / "tf2ms-opt", "convert", example, "--fidelity", "exact", "--output-dir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "bit-equal over 250 steps" in done.stderr
    assert "class RMSpropKeras3(" in (tmp_path / "out" / "tf2ms_runtime.py").read_text(encoding="utf-8")


def test_the_page_is_written(installed, tmp_path):
    done = run(installed / "tf2ms-opt", "report", ROOT / "examples", "-o", "report.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").read_text(encoding="utf-8").endswith("</html>\n")


def test_the_examples_convert(installed, tmp_path):
    before = {file.name: file.read_bytes() for file in (ROOT / "examples").glob("*.py")}
    done = run(installed / "tf2ms-opt", "convert", ROOT / "examples", "--output-dir", "converted", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    after = {file.name: file.read_bytes() for file in (tmp_path / "converted").iterdir()}
    assert after.keys() == {*before, "tf2ms_runtime.py"}
    for name, data in after.items():
        ast.parse(data, name)
        assert data != before.get(name)
    assert {file.name: file.read_bytes() for file in (ROOT / "examples").glob("*.py")} == before
