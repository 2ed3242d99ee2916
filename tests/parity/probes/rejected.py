"""What MindSpore's RMSProp says to values that TensorFlow takes; reads JSON from stdin, prints JSON.

The input is a list of dictionaries of Python expressions, the arguments beside params; the output what each raised.
"""

import json
import os
import sys

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms
import numpy as np
from mindspore import nn

found = []
for arguments in json.load(sys.stdin):
    weight = ms.Parameter(ms.Tensor(np.zeros(3, np.float32)), name="weight")
    given = {name: eval(text, {"np": np, "ms": ms}) for name, text in arguments.items()}  # noqa: S307
    try:
        nn.RMSProp([weight], **given)
        found.append(None)
    except Exception as error:  # noqa: BLE001
        found.append(type(error).__name__)
print(json.dumps(found))
