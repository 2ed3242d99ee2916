"""MindSpore's end of the lab: trains with the emitted lines.

    python run_mindspore.py FOLDER SIDE MODE

The mode is ``PYNATIVE`` or ``GRAPH``.  The lines were written by the converter, from plain values; nothing of a user's
file is among them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
import numpy as np
from lab_job import Anything, Job, flat, read, run


def main() -> None:
    """Run every experiment of the job in one mode, ``GRAPH`` or ``PYNATIVE``."""
    folder, side, mode = sys.argv[1:]
    job = read(Path(folder))
    sys.path.insert(0, str(job.folder))  # where the runtime module is
    ms.set_context(mode=ms.GRAPH_MODE if mode == "GRAPH" else ms.PYNATIVE_MODE)
    ms.set_device(job.table["device"])
    known: dict[tuple[str, str], Anything] = {}

    def train(experiment: Mapping[str, Any]) -> Anything:
        """What several generations or fidelities become is one and the same here."""
        key = (experiment["kind"], experiment["lines"])
        if key not in known:
            known[key] = _train(experiment, job)
        return known[key]

    run(job, side, {"mindspore": ms.__version__}, train)


def _train(experiment: Mapping[str, Any], job: Job) -> Anything:
    """The weights after every step; for a schedule its value at every step."""
    parameters = [ms.Parameter(ms.Tensor(weight), name=f"layer{n}.weight") for n, weight in enumerate(job.weights)]
    names: dict[str, Any] = {"model": SimpleNamespace(trainable_params=lambda: parameters)}
    exec(experiment["lines"], names)  # noqa: S102 -- see the module's docstring
    if experiment["kind"] == "schedule":
        rate, steps = names["rate"], range(len(job.gradients))
        return np.array([rate(ms.Tensor(step, ms.int32)).asnumpy().ravel()[0] for step in steps], np.float32)
    optimizer = names["optimizer"]
    rows = []
    for row in job.gradients:
        optimizer(tuple(ms.Tensor(gradient) for gradient in row))
        rows.append(flat([parameter.asnumpy() for parameter in parameters]))
    return np.stack(rows)


main()
