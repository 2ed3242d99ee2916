"""Run scripts one after the other in this process, each as a program of its own, in one framework.

    python run_scripts.py FRAMEWORK RESULTS SCRIPT...

FRAMEWORK is ``tensorflow``, or ``mindspore`` with its mode: ``mindspore-GRAPH``, ``mindspore-PYNATIVE``.  The numbers of
each script go to ``RESULTS/<place of the script among the arguments>.json``; what it raised, to ``<place>.error``.
"""

import os
import runpy
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).parent
framework, results, *scripts = sys.argv[1:]
os.environ.update(GLOG_v="3", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
sys.path[0] = str(HERE)
sys.path.insert(0, str(HERE / f"{framework.partition('-')[0]}_side"))
if framework != "tensorflow":
    sys.modules.update(dict.fromkeys(("tensorflow", "keras", "tf_keras")))  # importing them is an error
    import mindspore as ms

    ms.set_context(mode=ms.GRAPH_MODE if framework.endswith("GRAPH") else ms.PYNATIVE_MODE)
    # for networks this small MindSpore's own threads cost ten times what they compute
    ms.set_context(pynative_synchronize=True, runtime_num_threads=1)
for place, script in enumerate(scripts):
    os.environ["NUMBERS"] = str(Path(results, f"{place}.json"))
    own = str(Path(script).parent)
    sys.modules.pop("tf2ms_runtime", None)  # each directory of converted scripts has its own
    sys.path.insert(0, own)
    try:
        runpy.run_path(script, run_name="__main__")
    except Exception:  # noqa: BLE001 -- the test tells, the other scripts go on
        Path(results, f"{place}.error").write_text(traceback.format_exc(), encoding="utf-8")
    sys.path.pop(0)
    for name, module in [*sys.modules.items()]:  # the next directory has modules of the same names
        if str(getattr(module, "__file__", None)).startswith(own + os.sep):
            sys.modules.pop(name)
