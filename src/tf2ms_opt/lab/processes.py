"""Runs a job in the interpreters that hold the frameworks, each in a process of its own, side by side.

It knows the folder that a job lives in and how to tell a missing framework; what the numbers mean is for others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tf2ms_opt import sides
from tf2ms_opt.lab import inputs as numbers
from tf2ms_opt.lab.experiments import Experiment, Inputs

#: the side that the others are compared with, and TensorFlow's other mode, which says how far it is from itself
TENSORFLOW = "TensorFlow"
ITSELF = "TensorFlow-itself"
MODES = ("PYNATIVE", "GRAPH")
TENSORFLOW_MODES = ("eager", "function")

_MARK = "tf2ms-lab "
_INSTALL = "pip install 'tf2ms-opt[verify]'"
_RUNTIME_FILE = "tf2ms_runtime.py"


class LabError(Exception):
    """The lab cannot run; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the experiments run: the interpreters, the modes of both frameworks, and MindSpore's device.

    ``itself`` also runs TensorFlow in its other mode, to see how far its own two modes are apart.
    """

    tensorflow_python: str = sys.executable
    mindspore_python: str = sys.executable
    modes: tuple[str, ...] = MODES
    device: str = "CPU"
    tensorflow_mode: str = "eager"
    itself: bool = False

    def ends(self) -> dict[str, tuple[str, str, str]]:
        """Side -> interpreter, script and mode."""
        found = {TENSORFLOW: (self.tensorflow_python, "run_tensorflow.py", self.tensorflow_mode)}
        if self.itself:
            (other,) = (mode for mode in TENSORFLOW_MODES if mode != self.tensorflow_mode)
            found[ITSELF] = (self.tensorflow_python, "run_tensorflow.py", other)
        return found | {mode: (self.mindspore_python, "run_mindspore.py", mode) for mode in self.modes}


@dataclass(frozen=True, slots=True)
class Report:
    """What came out of one framework's process: its versions, and the error of each experiment that raised one."""

    versions: dict[str, str]
    errors: dict[int, str]


def run(
    experiments: Sequence[Experiment],
    inputs: Inputs,
    bench: Bench,
    runtime: str,
    folder: Path,
    done: Callable[[], None],
) -> dict[str, Report]:
    """Run ``experiments`` by TensorFlow and by each mode of MindSpore; the weights of every step stay in ``folder``.

    ``runtime`` is the text of the runtime module, and ``done`` is called after each experiment of each process.
    Raises ``LabError``.
    """
    numbers.write(inputs, folder)
    (folder / _RUNTIME_FILE).write_text(runtime, encoding="utf-8")
    job = {
        "shapes": [tensor.shape for tensor in inputs.tensors()],
        "device": bench.device,
        "experiments": [experiment.as_json() for experiment in experiments],
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    ends = bench.ends()
    with ThreadPoolExecutor(len(ends)) as pool:
        waiting = {side: pool.submit(_run, side, end, folder, done) for side, end in ends.items()}
    return {side: result.result() for side, result in waiting.items()}


def _run(side: str, end: tuple[str, str, str], folder: Path, done: Callable[[], None]) -> Report:
    python, script, mode = end
    file = Path(sides.__file__).with_name(script)
    report = Report({}, {})
    log = folder / f"{side}.log"
    # What the frameworks say on stderr goes to a file: a pipe that nobody reads would stop them.
    with log.open("wb") as errors:
        try:
            process = subprocess.Popen(  # noqa: S603 -- the user's own interpreter, our own script
                [python, str(file), str(folder), side, mode],
                cwd=folder, env={**os.environ, "PYTHONIOENCODING": "utf-8"}, stdout=subprocess.PIPE, stderr=errors,
                encoding="utf-8", errors="replace",
            )  # fmt: skip
        except OSError as error:
            raise LabError(f"{python}: {error.strerror or error}") from error
        with process:
            for line in process.stdout or ():
                if line.startswith(_MARK):
                    _take(json.loads(line.removeprefix(_MARK)), report, done)
    if process.returncode:
        raise LabError(_failure(side, python, process.returncode, log.read_text(encoding="utf-8", errors="replace")))
    return report


def _take(message: dict[str, Any], report: Report, done: Callable[[], None]) -> None:
    report.versions.update(message.get("versions", {}))
    if "experiment" in message:
        if message["error"] is not None:
            report.errors[message["experiment"]] = message["error"]
        done()


def _failure(side: str, python: str, code: int, log: str) -> str:
    """Why a process ended early: a framework that is not there, or what it said last."""
    framework = TENSORFLOW if side.startswith(TENSORFLOW) else "MindSpore"
    option = "--tf-python" if side.startswith(TENSORFLOW) else "--ms-python"
    lines = [line for line in log.splitlines() if line.strip()]
    for line in reversed(lines):
        if line.startswith(("ModuleNotFoundError", "ImportError")):
            return (
                f"{framework} cannot be imported by {python} ({line.partition(': ')[2]}): "
                f"{_INSTALL}, or give the interpreter that has it with {option}"
            )
    last = lines[-1] if lines else "it said nothing"
    return f"{framework}'s process ({python}, {side}) ended with code {code}: {last}"
