"""One step of MindSpore's RMSProp on 21 weights, so small that the place of epsilon shows; prints JSON.

python kernel.py PYNATIVE|GRAPH
"""

import json
import os
import sys

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
import numpy as np
from mindspore import nn, ops

SIZE, RATE, DECAY, EPSILON = 21, 0.1, 0.9, 1e-2

ms.set_context(mode=ms.GRAPH_MODE if sys.argv[1] == "GRAPH" else ms.PYNATIVE_MODE)
gradient = np.linspace(0.01, 0.05, SIZE, dtype=np.float32)
square = (1 - DECAY) * gradient.astype(np.float64) ** 2
mean = (1 - DECAY) * gradient.astype(np.float64)
found = {}
for centered in (False, True):
    weight = ms.Parameter(ms.Tensor(np.zeros(SIZE, np.float32)), name="weight")
    optimizer = nn.RMSProp([weight], learning_rate=RATE, decay=DECAY, epsilon=EPSILON, centered=centered)
    for mean_square in optimizer.ms:
        mean_square.set_data(ops.zeros_like(mean_square))
    optimizer((ms.Tensor(gradient),))
    step = -weight.asnumpy()
    variance = square - mean**2 if centered else square
    places = {
        "inside": RATE * gradient / np.sqrt(variance + EPSILON),
        "outside": RATE * gradient / (np.sqrt(variance) + EPSILON),
    }
    found["centered" if centered else "plain"] = [
        min(places, key=lambda place: abs(places[place][index] - step[index])) for index in range(SIZE)
    ]
print(json.dumps(found))
