"""The lab's runs that several tests look at, each made once, and probes: scripts for one framework that print JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tf2ms_opt.evidence import ROUNDING
from tf2ms_opt.lab import matrix
from tf2ms_opt.lab.experiments import Experiment, Inputs
from tf2ms_opt.lab.measure import Measured, measure
from tf2ms_opt.lab.processes import Bench, run
from tf2ms_opt.ruleset import load
from tf2ms_opt.runtime_module import compose, known
from tf2ms_opt.verify import by_row

PROBES = Path(__file__).parent / "probes"
Lab = Callable[..., tuple[Measured, ...]]
Probe = Callable[..., Any]


def in_lab(
    folder: Path, experiments: Sequence[Experiment], inputs: Inputs, bench: Bench, runtime: str
) -> tuple[Measured, ...]:
    """Run and measure ``experiments``; a missing framework raises ``LabError``: the tests fail, they do not skip."""
    reports = run(experiments, inputs, bench, runtime, folder, lambda: None)
    return measure(experiments, inputs, reports, folder, ROUNDING)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A run of the lab with whatever is given instead of the usual inputs, bench and runtime module."""

    def go(
        experiments: Sequence[Experiment], inputs: Inputs | None = None, bench: Bench | None = None,
        runtime: str | None = None,
    ) -> tuple[Measured, ...]:  # fmt: skip
        folder = tmp_path_factory.mktemp("lab")
        text = compose(known()) if runtime is None else runtime
        return in_lab(folder, experiments, inputs or Inputs(), bench or Bench(), text)

    return go


@pytest.fixture(scope="session")
def everything(lab: Lab) -> Mapping[tuple[str, str, str, str], tuple[Measured, ...]]:
    """The matrices of all rules: (rule, generation, setting, fidelity) -> the runs of that row."""
    rules = load()
    experiments = [one for rule in rules.rules.values() for one in matrix.experiments(rule, rules, matrix.LEVELS)]
    return {row[0].experiment.row: row for row in by_row(lab(experiments))}


@pytest.fixture(scope="session")
def runtime_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runtime module of everything."""
    folder = tmp_path_factory.mktemp("runtime")
    (folder / "tf2ms_runtime.py").write_text(compose(known()), "utf-8")
    return folder


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Probe:
    """Run a script of ``probes`` with every one of the given arguments, side by side; what each printed."""

    def go(name: str, *arguments: Sequence[str], stdin: str = "") -> list[Any]:
        folder = tmp_path_factory.mktemp("probe")  # MindSpore leaves files where it runs

        def one(given: Sequence[str]) -> Any:
            done = subprocess.run(
                [sys.executable, str(PROBES / name), *given],
                cwd=folder, input=stdin, capture_output=True, encoding="utf-8", check=False,
                env={**os.environ, "GLOG_v": "3"},
            )  # fmt: skip
            assert done.returncode == 0, f"{name} {' '.join(given)}:\n{done.stderr[-3000:]}"
            return json.loads(done.stdout.splitlines()[-1])

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(one, arguments))

    return go
