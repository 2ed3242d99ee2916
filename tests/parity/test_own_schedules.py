"""Schedules of a file's own: the rate of every step, of the original in TensorFlow and of the converted class.

The scripts are in ``schedules/scripts``; the steps are the first 130, those around every boundary, and two far beyond
the end.  TensorFlow is asked with the step as its generation hands it over, MindSpore's class is compiled, as an
optimizer compiles it in either mode.  The deviation is relative to the original's rate.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from tf2ms_opt.cli import main
from tf2ms_opt.ruleset import load

HERE = Path(__file__).parent / "schedules"
MODES = ("mindspore-PYNATIVE", "mindspore-GRAPH")
#: script -> its generation
SCRIPTS = {"tutorial_legacy": "legacy", "warm_up": "keras3", "branches": "keras3"}
BOUND = 1e-6
#: schedules with a wider bound: MindSpore's exp on the CPU is off by some units in the last place
BOUNDS = {("warm_up", "falling"): 3e-6}


def run(framework, results, scripts, generation):
    """The rates that ``scripts`` leave in ``framework``."""
    results.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, str(HERE / "run_schedules.py"), framework, str(results), *map(str, scripts)],
        cwd=results, capture_output=True, encoding="utf-8", check=False,
        env={**os.environ, "GENERATION": generation, "TF_USE_LEGACY_KERAS": str(int(generation == "legacy"))},
    )  # fmt: skip
    assert done.returncode == 0, f"{framework}:\n{done.stderr[-3000:]}"
    for place, script in enumerate(scripts):
        error = results / f"{place}.error"
        assert not error.exists(), f"{script} in {framework}:\n{error.read_text('utf-8')[-3000:]}"
    return [json.loads((results / f"{place}.json").read_text("utf-8")) for place in range(len(scripts))]


@pytest.fixture(scope="module")
def rates(tmp_path_factory):
    """(framework, script) -> the steps, and the rates of each of its schedules."""
    folder = tmp_path_factory.mktemp("schedules")
    for name in SCRIPTS:
        source = HERE / "scripts" / f"{name}.py"
        given = ["convert", str(source), "--output-dir", str(folder / "converted"), "--scope", "optimizer"]
        result = CliRunner().invoke(main, given)
        assert result.exit_code == 0, f"{name}: {result.output}"
    converted = [folder / "converted" / f"{name}.py" for name in SCRIPTS]
    found = {}
    with ThreadPoolExecutor(2) as pool:
        runs = {mode: pool.submit(run, mode, folder / mode, converted, "") for mode in MODES}
        for generation in sorted(set(SCRIPTS.values())):
            names = [name for name, own in SCRIPTS.items() if own == generation]
            originals = [HERE / "scripts" / f"{name}.py" for name in names]
            results = run("tensorflow", folder / f"tensorflow-{generation}", originals, generation)
            found |= {("tensorflow", name): one for name, one in zip(names, results, strict=True)}
        for mode, one in runs.items():
            found |= {(mode, name): each for name, each in zip(SCRIPTS, one.result(), strict=True)}
    return found


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("mode", MODES)
def test_every_rate(rates, mode, script):
    original, ours = rates["tensorflow", script], rates[mode, script]
    assert original["rates"].keys() == ours["rates"].keys()
    for name, expected in original["rates"].items():
        steps = original["steps"] if len(expected) == len(original["steps"]) else range(len(expected))
        bound = BOUNDS.get((script, name), BOUND)
        for step, one, other in zip(steps, expected, ours["rates"][name], strict=True):
            assert abs(one - other) <= bound * abs(one), f"{name} at step {step}: {one} and {other}"


def test_names_of_a_cell(runtime_folder):
    """Every public name of MindSpore's base class is in the table, so that no attribute of a schedule hides one."""
    code = (
        "import json; from mindspore.nn.learning_rate_schedule import LearningRateSchedule as Base;"
        "print(json.dumps([name for name in dir(Base()) if not name.startswith('_')]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=runtime_folder, capture_output=True, encoding="utf-8", check=True,
        env={**os.environ, "GLOG_v": "3"},
    )  # fmt: skip
    taken = set(load().schedule.cell.names)
    assert set(json.loads(done.stdout.splitlines()[-1])) <= taken
