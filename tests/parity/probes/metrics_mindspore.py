"""The metrics of ``tf2ms_opt/runtime/metrics.py`` behind every update; prints JSON.

    python metrics_mindspore.py PYNATIVE|GRAPH FOLDER

FOLDER holds the composed module of the runtime.
"""

import json
import os
import sys

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
import numpy as np
from metric_cases import cases

MODE, FOLDER = sys.argv[1:]
sys.path.insert(0, FOLDER)
import tf2ms_runtime as losses
import tf2ms_runtime as metrics

ms.set_context(mode=ms.GRAPH_MODE if MODE == "GRAPH" else ms.PYNATIVE_MODE)


def built(case):
    if case.loss:
        return getattr(metrics, case.cls)(getattr(losses, case.loss)(**case.kwargs))
    return getattr(metrics, case.cls)(**case.kwargs)


def measured(case):
    metric = built(case)
    found = []
    for index, batch in enumerate(case.batches):
        metric.update(*(ms.Tensor(one) if index % 2 else one for one in batch))
        found.append(np.asarray(metric.eval()).tolist())
    if MODE == "GRAPH":
        return found
    metric.clear()
    again = built(case)
    for one in (metric, again):
        one.update(*case.batches[-1])
    assert np.allclose(metric.eval(), again.eval(), rtol=1e-6), f"{case.id}: clear() leaves something behind"
    return found


def refused(call):
    try:
        result = call()
    except Exception as error:  # noqa: BLE001 - which one is the question
        return type(error).__name__
    return f"no exception: {result}"


def ones(*shape):
    return np.ones(shape, np.float32)


REFUSED = {
    "ignore_class": lambda: metrics.MeanLoss(losses.SparseCategoricalCrossentropy(ignore_class=1)),
    "no reduction": lambda: metrics.EpochLoss(losses.MeanSquaredError(reduction="none")),
    "curve": lambda: metrics.AUC(curve="PRGAIN"),
    "method": lambda: metrics.AUC(summation_method="left"),
    "multi_label": lambda: metrics.AUC(multi_label=True),
    "class_id": lambda: metrics.Precision(class_id=1),
    "precision": lambda: metrics.Precision().update(ones(6, 2), ones(6)),
    "sparse": lambda: metrics.SparseCategoricalAccuracy().update(ones(6, 2), ones(6, 2)),
    "categorical": lambda: metrics.CategoricalAccuracy().update(ones(6, 2), ones(6)),
    "label too high": lambda: metrics.SparseTopKCategoricalAccuracy().update(ones(6, 2), ones(6) * 2),
}
COMPILED = ("MeanSquaredError", "SparseCategoricalCrossentropy")  # every size of a batch is compiled anew
chosen = [case for case in cases() if MODE == "PYNATIVE" or case.loss in COMPILED]
print(
    json.dumps(
        {
            "refused": {name: refused(call) for name, call in REFUSED.items()},
            **{one.id: measured(one) for one in chosen},
        }
    )
)
