"""Whole scripts: trained by TensorFlow, converted by the command line, trained by MindSpore, compared step by step.

The scripts are in ``end_to_end/scripts``.  What the converter leaves (layers, compile, fit) is given for MindSpore by
``end_to_end/mindspore_side``; weights and data are the same.  The deviation of a loss is relative to the original's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from tf2ms_opt.cli import main

HERE = Path(__file__).parent / "end_to_end"
FIDELITIES = ("names", "stock", "exact")
MODES = ("PYNATIVE", "GRAPH")


@dataclass(frozen=True)
class Script:
    """A script: its options, whether it needs Keras 2, and how far its losses may be off.

    ``names`` is how far the plain renaming is off at least, where it is; ``stock`` and ``exact`` are bounds.
    """

    stock: float
    exact: float
    names: float
    options: tuple[str, ...] = ()
    keras2: bool = False


SCRIPTS = {
    "keras3_default": Script(0.002, 1e-05, 0.5),
    "keras3_inline": Script(5e-06, 5e-06, 2.0),
    "keras3_string": Script(0.0005, 2e-06, 0.2),
    "keras3_factory": Script(1.0, 2e-06, 2.0),
    "keras3_l2": Script(0.01, 2e-05, 0.5),
    "tf211_schedule": Script(0.002, 2e-06, 2.0, ("--tf-version", "2.15"), keras2=True),
    "keras3_own_schedule": Script(2e-06, 2e-06, 0.5),
    "legacy_own_schedule": Script(2e-06, 2e-06, 0, keras2=True),
    "legacy_decay": Script(0.001, 2e-05, 0.5, keras2=True),
    "legacy_momentum": Script(2e-06, 2e-06, 2.0, keras2=True),
    "tf1_compile": Script(2e-06, 2e-06, 0, keras2=True),
}


def run_all(framework, results, scripts, **environment):
    """Run ``scripts`` in one process; the losses of each, or what it raised."""
    results.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, str(HERE / "run_scripts.py"), framework, str(results), *map(str, scripts)],
        cwd=results, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{framework}:\n{done.stderr[-3000:]}"
    found = []
    for place in range(len(scripts)):
        error = results / f"{place}.error"
        found.append(
            error.read_text("utf-8") if error.exists() else json.loads((results / f"{place}.json").read_text())
        )
    return found


def in_tensorflow(folder, keras2):
    """The losses of the original scripts, by name."""
    names = [name for name, script in SCRIPTS.items() if script.keras2 is keras2]
    files = [HERE / "scripts" / f"{name}.py" for name in names]
    results = folder / f"tensorflow-{keras2}"
    return dict(zip(names, run_all("tensorflow", results, files, TF_USE_LEGACY_KERAS=str(int(keras2))), strict=True))


def in_mindspore(folder, mode, converted):
    """The losses of the converted scripts, by name and fidelity."""
    return dict(zip(converted, run_all(f"mindspore-{mode}", folder / mode, list(converted.values())), strict=True))


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """The scripts as the command line converts them: (name, fidelity) -> file."""
    folder = tmp_path_factory.mktemp("converted")
    found = {}
    for fidelity in FIDELITIES:
        for name, script in SCRIPTS.items():
            source, target = HERE / "scripts" / f"{name}.py", folder / fidelity
            arguments = ["convert", str(source), "--output-dir", str(target), "--fidelity", fidelity, *script.options]
            result = CliRunner().invoke(main, arguments)
            assert result.exit_code == 0, f"{name} at {fidelity}: {result.output}"
            found[name, fidelity] = target / source.name
    return found


@pytest.fixture(scope="module")
def losses(converted, tmp_path_factory):
    """Every run: ("tensorflow", name) and (mode, name, fidelity) -> the loss at every step, or what was raised."""
    folder = tmp_path_factory.mktemp("runs")
    with ThreadPoolExecutor(2) as pool:
        originals = [pool.submit(in_tensorflow, folder, keras2) for keras2 in (False, True)]
        modes = {mode: pool.submit(in_mindspore, folder, mode, converted) for mode in MODES}
    found = {("tensorflow", name): one for run in originals for name, one in run.result().items()}
    for mode, run in modes.items():
        found |= {(mode, *key): one for key, one in run.result().items()}
    return found


def deviations(losses, mode, name, fidelity):
    """The relative deviation of the loss at every step."""
    original, ours = losses["tensorflow", name], losses[mode, name, fidelity]
    assert isinstance(original, list), f"{name} in TensorFlow: {original}"
    assert isinstance(ours, list), f"{name} converted at {fidelity}, in MindSpore ({mode}): {ours}"
    assert len(original) == len(ours)
    return [abs(one - other) / abs(one) for one, other in zip(original, ours, strict=True)]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fidelity", ["stock", "exact"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_converted_script_trains_as_the_original(name, fidelity, mode, losses):
    found = deviations(losses, mode, name, fidelity)
    bound = getattr(SCRIPTS[name], fidelity)
    beyond = next((step for step, deviation in enumerate(found) if deviation > bound), None)
    assert beyond is None, (
        f"{name} at {fidelity}, {mode}: from step {beyond + 1} the loss is beyond {bound}: "
        f"{losses['tensorflow', name][beyond]} in TensorFlow, {losses[mode, name, fidelity][beyond]} in MindSpore; "
        f"at most {max(found)}"
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_renaming_alone_is_not_enough(name, losses):
    """What it costs not to look at the starting state; only TensorFlow 1 starts it where MindSpore does."""
    largest = max(deviations(losses, "PYNATIVE", name, "names"))
    if SCRIPTS[name].names:
        assert largest > SCRIPTS[name].names
    else:
        assert largest <= SCRIPTS[name].stock


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_network_learns(name, losses):
    """A loss that stays where it was would compare nothing."""
    found = losses["tensorflow", name]
    assert min(found) < 0.7 * found[0]
