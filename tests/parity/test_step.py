"""Whole programs with their training step: trained by TensorFlow, converted by the command line, trained by MindSpore.

The scripts are in ``step/scripts``, and programs of several files in ``step/projects``.  Each imports its network by
name, and the network is all that is ported by hand:
``step/tensorflow_side`` and ``step/mindspore_side`` hold it, with the same weights.  Nothing else is given to the
converted script, which runs as the command line leaves it.

A deviation is relative: to the original's loss at that place, and of other numbers to the largest of their list.  The
bound is what float32 leaves of a training of 100 steps, in which each processor sums matrix products in an order of its
own.
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

HERE = Path(__file__).parent / "step"
FIDELITIES = ("stock", "exact")
#: how a converted script is run, by mode and fidelity
RUNS = (("PYNATIVE", "exact"), ("GRAPH", "exact"), ("PYNATIVE", "stock"))
#: into how many processes the scripts of a mode are dealt
PARTS = 2


@dataclass(frozen=True)
class Script:
    """A script: how far its numbers may be off, its options, whether it needs Keras 2, and whether it learns."""

    #: of a loss; wider where MindSpore's CPU kernel is not the original's formula
    stock: float = 1e-5
    exact: float = 1e-5
    options: tuple[str, ...] = ()
    keras2: bool = False
    learns: bool = True


SCRIPTS = {
    # the comparison page's own example
    "page_fit": Script(1.0),
    "page_minimize": Script(1.0, keras2=True),
    "page_whole": Script(1.0, keras2=True),
    # compile and fit
    "fit_strings": Script(),
    "fit_callbacks": Script(),
    "fit_binary": Script(),
    "fit_scheduler": Script(),
    "fit_ema": Script(),
    "fit_weight_decay": Script(),
    "fit_accumulate": Script(),
    "fit_schedule": Script(),
    "clip_fit": Script(),
    "fit_pipeline": Script(),
    "train_on_batch": Script(),
    "build_model": Script(),
    "class_model": Script(),
    "factory_fit": Script(),
    "dropout_off": Script(learns=False),
    # gradient tapes
    "tape_function": Script(),
    "tape_dataset": Script(),
    "tape_module": Script(),
    "tape_gan": Script(learns=False),
    "clip_tape": Script(),
    "tape_passed": Script(),
    "factory_tape": Script(5e-5),
    "handed": Script(),
    "tape_tensors": Script(1e-2),
    "tape_given": Script(),
    # several files
    "modules": Script(1e-2),
    # optimizers by names, dictionaries and serialized
    "class_tables": Script(1e-4),
    "class_table_tape": Script(),
    "serialized": Script(1e-2),
    "tf211_serialized": Script(0.05, options=("--tf-version", "2.15"), keras2=True),
    # Keras 2
    "tf211_ema": Script(options=("--tf-version", "2.15"), keras2=True),
    "legacy_clip": Script(1.0, keras2=True),
    "legacy_rate": Script(keras2=True),
}


def run_all(framework, results, scripts, **environment):
    """Run ``scripts`` in one process; the numbers of each, or what it raised."""
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


def source_of(name):
    """The script, or the folder of the project."""
    project = HERE / "projects" / name
    return project if project.is_dir() else HERE / "scripts" / f"{name}.py"


def main_of(path):
    return path / "main.py" if path.is_dir() else path


def in_tensorflow(folder, keras2):
    """The numbers of the original scripts, by name."""
    names = [name for name, script in SCRIPTS.items() if script.keras2 is keras2]
    files = [main_of(source_of(name)) for name in names]
    results = folder / f"tensorflow-{keras2}"
    return dict(zip(names, run_all("tensorflow", results, files, TF_USE_LEGACY_KERAS=str(int(keras2))), strict=True))


def in_mindspore(folder, mode, place, converted):
    """The numbers of a part of the converted scripts, by mode, name and fidelity."""
    keys = [key for key in converted if (mode, key[1]) in RUNS][place::PARTS]
    found = run_all(f"mindspore-{mode}", folder / f"{mode}-{place}", [converted[key].file for key in keys])
    return {(mode, *key): numbers for key, numbers in zip(keys, found, strict=True)}


@dataclass(frozen=True)
class Converted:
    """What the command line made of a script."""

    file: Path
    exit_code: int
    output: str


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """The scripts as the command line converts them, by (name, fidelity)."""
    folder = tmp_path_factory.mktemp("converted")
    found = {}
    for fidelity in FIDELITIES:
        for name, script in SCRIPTS.items():
            source, target = source_of(name), folder / fidelity / name
            arguments = ["convert", str(source), "--output-dir", str(target), "--fidelity", fidelity, *script.options]
            result = CliRunner().invoke(main, arguments)
            file = target / main_of(source).name
            found[name, fidelity] = Converted(file, result.exit_code, result.output)
    return found


@pytest.fixture(scope="module")
def numbers(converted, tmp_path_factory):
    """Every run: ("tensorflow", name) and (mode, name, fidelity) -> what was reported, or what was raised."""
    folder = tmp_path_factory.mktemp("runs")
    with ThreadPoolExecutor(2) as pool:
        ours = [
            pool.submit(in_mindspore, folder, mode, place, converted)
            for mode in ("GRAPH", "PYNATIVE")
            for place in range(PARTS)
        ]
        originals = [pool.submit(in_tensorflow, folder, keras2) for keras2 in (False, True)]
    found = {("tensorflow", name): one for run in originals for name, one in run.result().items()}
    for run in ours:
        found |= run.result()
    return found


def both(numbers, mode, name, fidelity):
    """What the original and the converted script reported."""
    original, ours = numbers["tensorflow", name], numbers[mode, name, fidelity]
    assert isinstance(original, dict), f"{name} in TensorFlow: {original}"
    assert isinstance(ours, dict), f"{name} converted at {fidelity}, in MindSpore ({mode}): {ours}"
    assert {key: len(values) for key, values in original.items()} == {key: len(values) for key, values in ours.items()}
    return original, ours


@pytest.mark.parametrize("fidelity", FIDELITIES)
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_whole_script_is_converted(name, fidelity, converted):
    one = converted[name, fidelity]
    assert one.exit_code == 0, one.output
    assert "TMO212" not in one.output
    files = one.file.parent.rglob("*.py")
    lines = [line.split() for file in files for line in file.read_text("utf-8").splitlines()]
    left = [
        " ".join(words)
        for words in lines
        if words[:1] in (["import"], ["from"]) and words[1].split(".")[0] in ("tensorflow", "keras", "tf_keras")
    ]
    assert not left


@pytest.mark.parametrize(("mode", "fidelity"), RUNS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_converted_script_trains_as_the_original(name, mode, fidelity, numbers):
    original, ours = both(numbers, mode, name, fidelity)
    bound = getattr(SCRIPTS[name], fidelity)
    pairs = list(zip(original["losses"], ours["losses"], strict=True))
    found = [abs(one - other) / abs(one) for one, other in pairs]
    beyond = next((step for step, deviation in enumerate(found) if not deviation <= bound), None)
    assert beyond is None, (
        f"{name} at {fidelity}, {mode}: from loss {beyond + 1} of {len(pairs)} it is beyond {bound}: "
        f"{pairs[beyond][0]} in TensorFlow, {pairs[beyond][1]} in MindSpore; at most {max(found)}"
    )


@pytest.mark.parametrize(("mode", "fidelity"), RUNS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_everything_else_is_as_in_the_original(name, mode, fidelity, numbers):
    """Metrics, rates, evaluations and predictions: whatever the script makes of them."""
    original, ours = both(numbers, mode, name, fidelity)
    bound = 2 * getattr(SCRIPTS[name], fidelity)  # single predictions, which a loss averages
    for key in original.keys() - {"losses"}:
        largest = max(map(abs, original[key])) or 1.0
        found = [abs(one - other) / largest for one, other in zip(original[key], ours[key], strict=True)]
        beyond = next((place for place, deviation in enumerate(found) if not deviation <= bound), None)
        assert beyond is None, (
            f"{name} at {fidelity}, {mode}: {key} number {beyond + 1} of {len(found)} is beyond {bound}: "
            f"{original[key][beyond]} in TensorFlow, {ours[key][beyond]} in MindSpore; at most {max(found)}"
        )


@pytest.mark.parametrize("name", [name for name, script in SCRIPTS.items() if script.learns])
def test_the_network_learns(name, numbers):
    """A loss that stays where it was would compare nothing."""
    found = numbers["tensorflow", name]
    assert isinstance(found, dict), found
    losses = found["losses"]
    assert min(losses) < 0.7 * losses[0]


def test_every_script_is_in_the_table():
    projects = {one.name for one in (HERE / "projects").iterdir()}
    assert {one.stem for one in (HERE / "scripts").glob("*.py")} | projects == set(SCRIPTS)
